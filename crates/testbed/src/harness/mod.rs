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
use std::time::Duration;

use crate::cluster;

mod arguments;
mod course;
mod hold;
mod judge;
mod output;
mod protocol;
pub mod registry;
mod selection;
mod worker;

pub use arguments::Arguments;
pub use course::{Course, Stub};

/// Exit code when a check failed, as of Rust's own harness.
pub const FAILED: u8 = 101;

/// Exit code when a check could not be graded because the environment broke, and none failed.
pub const NOT_GRADED: u8 = 3;

/// How long a slow check waits: longer than the 5 or 10 s that many time limits have.
pub const SLOW_WAIT: Duration = Duration::from_secs(12);

/// Does what this process was started for: runs the checks that the command line selects, or takes one of the other parts.
/// Returns the exit code: 0 when all that could be graded passed, [`FAILED`] when a check failed, [`NOT_GRADED`] when the
/// environment broke.
pub fn main(course: &Course) -> ExitCode {
    if let Some(task) = cluster::reaper::Task::of_this_process() {
        return task.reap();
    }
    if worker::is_wanted() {
        return worker::work();
    }
    if hold::is_wanted() {
        return hold::hold();
    }
    judge::judge(course, &Arguments::of_this_process())
}
