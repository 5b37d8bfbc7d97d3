//! What the judge has to know about the exercises in order to talk to a learner. The testbed itself knows none.

use report::diagnosis::Patterns;
use report::{Exercise, Exercises};

/// The exercises behind the checks of a program.
#[derive(Debug)]
pub struct Course {
    /// The facts about them.
    pub exercises: Exercises,
    /// What the bank knows of wrong answers, for the order of the failures.
    pub patterns: Patterns,
    /// The command that runs the checks, such as `cargo test`.
    pub command: &'static str,
    /// Where a failure of the check with this name sends the learner.
    pub look: fn(&str) -> String,
    /// Where the stub of an exercise still stands; `None` once the exercise is written.
    pub stub: fn(&Exercise) -> Option<Stub>,
}

/// An exercise that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// Where its function begins, as `file:line`.
    pub function: String,
    /// Where its `todo!()` stands, as `file:line`.
    pub todo: String,
}

impl Course {
    /// The course of a program whose checks grade no exercise.
    pub fn without_exercises(look: fn(&str) -> String) -> Self {
        Self {
            exercises: Exercises::default(),
            patterns: Patterns::default(),
            command: "cargo test",
            look,
            stub: |_| None,
        }
    }
}
