//! What the end of a run is told from, and how numbers are told.

use std::time::Duration;

use report::Report;

use super::super::arguments::Arguments;
use super::super::course::Course;

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
pub fn count_of(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// Further lines of a text stand below its first one.
pub fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n            ")
}
