//! What a person sees of a run. Programs read the report instead.
//!
//! - `summary`: what the end of a run is told from.
//! - `console`: standard output, and a line for each check.
//! - `failures`: the failures at the end, the likeliest cause first.
//! - `unwritten`: the exercises that are still stubs.
//! - `reasons`: what was not graded or skipped, and why.
//! - `successes`: what checks that passed have printed.
//! - `table`: the checks by exercise.
//! - `next_step`: the one line that says what to do.

mod console;
mod failures;
mod next_step;
mod reasons;
mod successes;
mod summary;
mod table;
mod unwritten;

pub use console::Console;
pub use summary::Summary;
