//! Each promise of `produce_events_batch`'s doc comment.

mod failures;
mod lost_answers;
mod outcomes;
mod queue;
