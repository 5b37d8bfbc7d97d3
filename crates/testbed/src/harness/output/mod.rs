//! What a person sees of a run. Programs read the report instead.
//!
//! - `console`: standard output, and a line for each check.
//! - `failures`: the failures at the end, in the order of the path.
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
mod table;
mod unwritten;

use std::time::Duration;

use report::Report;

use super::arguments::Arguments;
use super::course::Course;

pub use console::Console;

/// What the end of a run is told from.
#[derive(Debug)]
pub struct Summary<'a> {
    /// The exercises.
    pub course: &'a Course,
    /// What the run was asked to do.
    pub arguments: &'a Arguments,
    /// What came of it.
    pub report: &'a Report,
    /// How many checks the filters left out.
    pub filtered_out: usize,
    /// What was said when Kafka was opened.
    pub notice: Option<&'a str>,
    /// The longest stall that made an attempt void.
    pub stall: Option<Duration>,
}

/// `1 check`, `2 checks`.
fn count_of(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// Further lines of a text stand below its first one.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n            ")
}
