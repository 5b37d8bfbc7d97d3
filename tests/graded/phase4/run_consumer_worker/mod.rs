//! Each promise of `run_consumer_worker`'s doc comment.

mod committing;
mod failing;
mod handing_over;
mod losing;
mod processing;
mod sharing;
mod stopping;
mod telling;
