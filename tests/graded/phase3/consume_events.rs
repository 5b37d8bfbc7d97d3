//! Each promise of `consume_events`' doc comment, and of `create_consumer`'s.
//!
//! - [`consumer`]: what `create_consumer` makes.
//! - [`handing_over`]: which events come, and in what order.
//! - [`commits`]: what is committed, and when.
//! - [`refusals`]: what happens when the handler refuses an event.
//! - [`idleness`]: that it ends when nothing comes, and what does not count as nothing.
//! - [`max_events`]: that it ends when so many were handled.
//! - [`stopping`]: that it ends when it is stopped.
//! - [`no_events`]: records that are no events.
//! - [`patience`]: that no time limit of its own ends it.
//! - [`errors`]: Kafka's errors, those that pass and those that do not.

mod commits;
mod consumer;
mod errors;
mod handing_over;
mod idleness;
mod max_events;
mod no_events;
mod patience;
mod refusals;
mod stopping;
