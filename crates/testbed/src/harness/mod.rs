//! Runs the checks and gives three verdicts. Two kinds of processes of the same program take part.
//!
//! The judge owns Kafka, knows the selected checks before any of the learner's code runs, prints, writes the report and sets
//! the exit code. A worker runs one check, and tells the judge what came of it. What the learner's code does to its process
//! is a verdict on that check alone.
//!
//! - [`registry`]: the checks, as `#[testbed::test]` registers them.
//! - [`Course`]: what the judge knows of the exercises.
//! - `arguments`, `selection`: which checks a run is about.
//! - `judge`, `worker`, and `protocol` for what these two tell each other.
//! - `output`: what a person sees.
//! - `hold`: a Kafka for several runs.

use std::process::ExitCode;

use crate::cleanup;

mod arguments;
mod course;
mod exit_code;
mod hold;
mod judge;
mod output;
mod protocol;
pub mod registry;
mod selection;
mod worker;

pub use arguments::Arguments;
pub use course::{Course, Stub};
pub use exit_code::{FAILED, NOT_GRADED};
pub use registry::SLOW_WAIT;

/// Does what this process was started for: runs the checks that the command line selects, or takes one of the other parts.
/// Returns the exit code: 0 when all that could be graded passed, [`FAILED`] when a check failed, [`NOT_GRADED`] when the
/// environment broke.
pub fn main(course: &Course) -> ExitCode {
    if let Some(task) = cleanup::Task::of_this_process() {
        return task.run();
    }
    if worker::is_wanted() {
        return worker::work();
    }
    if hold::is_wanted() {
        return hold::hold();
    }
    judge::judge(course, &Arguments::of_this_process())
}
