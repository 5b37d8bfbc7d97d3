//! The report of a graded run: one JSON object a line, written by the judge, read by everything else.
//!
//! # Layout
//!
//! - [`run`]: the lines of a report and every field in them.
//! - [`file`]: writes a report, reads it back, and refuses one that is incomplete.
//! - [`exercises`]: the facts about the exercises, from `exercises.toml`.
//! - [`diagnosis`]: which failure a learner should read first.
//! - [`tally`]: the checks of a run counted by exercise.
//! - [`junit`]: a report as JUnit XML.
//! - [`variables`]: the environment variables that the kit's programs share.

pub mod diagnosis;
pub mod exercises;
pub mod file;
pub mod junit;
pub mod run;
pub mod tally;
pub mod variables;

pub use exercises::{Exercise, Exercises};
pub use file::{ReadError, Report};
pub use run::{
    Check, Counts, Failure, Finding, Header, Kafka, Line, Process, Reason, ReasonKind, Trailer,
    VERSION, Verdict,
};
