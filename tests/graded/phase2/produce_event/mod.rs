//! Each promise of `produce_event`'s doc comment.

mod failure;
mod patience;
mod place;
mod record;
mod repeating;
mod report;
