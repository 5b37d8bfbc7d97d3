//! Pass, fail, or not graded.

use std::fmt;

use thiserror::Error;

/// What a check comes to. `Ok` is a pass.
pub type Verdict<T = ()> = Result<T, NotPassed>;

/// Why a check did not pass.
#[derive(Debug, Error)]
pub enum NotPassed {
    /// The learner's code broke a promise.
    #[error("{0}")]
    Failed(Failure),
    /// The environment could not tell. Never the learner's fault, and never a pass.
    #[error("not graded: {0}")]
    NotGraded(NotGraded),
}

/// Why a check could not be graded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotGraded {
    /// The run is on a mock cluster, which behaves differently where this check looks.
    #[error(
        "needs a real broker, and this run is on librdkafka's mock cluster. Start Docker, or set KAFKA_BOOTSTRAP_SERVERS"
    )]
    NeedsRealBroker,
    /// The broker of this run is one that the check must not or cannot disturb.
    #[error("{0}")]
    NotHere(String),
    /// Kafka could not be started, or stopped answering.
    #[error("{0}")]
    Broken(String),
}

impl NotGraded {
    /// Something went wrong with the environment, such as an error that the check's own client met.
    pub fn broken(what: &str, error: &dyn fmt::Display) -> NotPassed {
        NotPassed::NotGraded(Self::Broken(format!("{what}: {error}")))
    }

    /// A few words, for the line of the check.
    pub fn short(&self) -> &'static str {
        match self {
            Self::NeedsRealBroker => "not graded: needs a real broker",
            Self::NotHere(_) => "not graded: not on this broker",
            Self::Broken(_) => "not graded: the environment broke",
        }
    }
}

/// What a learner reads when a check fails. The harness adds a fourth line: where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was seen, with numbers.
    pub seen: String,
    /// What the doc comment promises.
    pub expected: String,
    /// One sentence that names the likely misconception.
    pub concept: String,
}

impl Failure {
    /// A failure in three lines.
    pub fn new(
        seen: impl Into<String>,
        expected: impl Into<String>,
        concept: impl Into<String>,
    ) -> Self {
        Self {
            seen: seen.into(),
            expected: expected.into(),
            concept: concept.into(),
        }
    }

    /// The failure as text, with the fourth line.
    pub fn render(&self, look: &str) -> String {
        format!("{self}\n  look      {look}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  seen      {}", indented(&self.seen))?;
        writeln!(f, "  expected  {}", indented(&self.expected))?;
        write!(f, "  concept   {}", indented(&self.concept))
    }
}

/// Further lines of a text stand below its first one.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n            ")
}

impl From<Failure> for NotPassed {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Fails with `failure` unless `holds`.
///
/// # Errors
/// The failure.
pub fn judge(holds: bool, failure: impl FnOnce() -> Failure) -> Verdict {
    if holds { Ok(()) } else { Err(failure().into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_failure_has_four_lines_and_further_ones_are_indented() {
        let failure = Failure::new("one\ntwo", "three", "four");
        assert_eq!(
            failure.render("here"),
            "  seen      one\n            two\n  expected  three\n  concept   four\n  look      here"
        );
    }
}
