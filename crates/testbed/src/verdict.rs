//! Pass, fail, or not graded.

use std::fmt;

use report::ReasonKind;
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

impl NotPassed {
    /// The same, with another failure. What could not be graded stays as it is.
    #[must_use]
    pub fn map_failure(self, change: impl FnOnce(Failure) -> Failure) -> Self {
        match self {
            Self::Failed(failure) => change(failure).into(),
            not_graded @ Self::NotGraded(_) => not_graded,
        }
    }

    /// The same, with the misconception that this check is about: a helper that failed names a general one.
    #[must_use]
    pub fn with_concept(self, concept: &str) -> Self {
        self.map_failure(|failure| Failure {
            concept: concept.to_owned(),
            ..failure
        })
    }
}

/// Why a check could not be graded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotGraded {
    /// The run is on a mock cluster, which behaves differently where this check looks.
    #[error(
        "needs a real broker, and this run is on librdkafka's mock cluster. Start Docker, or set KAFKA_BOOTSTRAP_SERVERS"
    )]
    NeedsRealBroker,
    /// The check disturbs its broker, and the broker of this run is not the run's own.
    #[error("{0}")]
    NeedsOwnBroker(String),
    /// Kafka could not be started, or stopped answering.
    #[error("{0}")]
    Environment(String),
    /// The machine or the broker stood still at every attempt.
    #[error("{0}")]
    TooBusy(String),
    /// The fault that the check is about could not be injected, or did not take effect.
    #[error("{0}")]
    FaultNotInjected(String),
    /// The check itself is wrong.
    #[error("{0}")]
    KitDefect(String),
}

impl NotGraded {
    /// Something went wrong with the environment, such as an error that the check's own client met.
    pub fn broken(what: &str, error: &dyn fmt::Display) -> NotPassed {
        NotPassed::NotGraded(Self::Environment(format!("{what}: {error}")))
    }

    /// A fault that was not injected, or did not take effect. It says nothing about the learner's code.
    pub fn no_fault(what: &str, error: &dyn fmt::Display) -> NotPassed {
        NotPassed::NotGraded(Self::FaultNotInjected(format!("{what}: {error}")))
    }

    /// The machine was too busy for what the check needs.
    pub fn too_busy(what: impl Into<String>) -> NotPassed {
        NotPassed::NotGraded(Self::TooBusy(what.into()))
    }

    /// The kind in the report.
    pub fn kind(&self) -> ReasonKind {
        match self {
            Self::NeedsRealBroker => ReasonKind::NeedsRealBroker,
            Self::NeedsOwnBroker(_) => ReasonKind::NeedsOwnBroker,
            Self::Environment(_) => ReasonKind::Environment,
            Self::TooBusy(_) => ReasonKind::TooBusy,
            Self::FaultNotInjected(_) => ReasonKind::FaultNotInjected,
            Self::KitDefect(_) => ReasonKind::KitDefect,
        }
    }
}

/// What a learner reads when a check fails. The harness adds a fourth line: where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the check came to it.
    pub kind: ReasonKind,
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
            kind: ReasonKind::Judged,
            seen: seen.into(),
            expected: expected.into(),
            concept: concept.into(),
        }
    }

    /// The same failure, of another kind.
    #[must_use]
    pub fn of_kind(self, kind: ReasonKind) -> Self {
        Self { kind, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seen,
            expected,
            concept,
            ..
        } = self;
        write!(f, "{seen}. Expected: {expected}. {concept}")
    }
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

/// Whether a step of a check passed, where its failure is only a part of what the check judges.
///
/// # Errors
/// Not graded, when the step could not be graded.
pub fn has_passed(step: Verdict) -> Verdict<bool> {
    match step {
        Ok(()) => Ok(true),
        Err(NotPassed::Failed(_)) => Ok(false),
        Err(not_graded @ NotPassed::NotGraded(_)) => Err(not_graded),
    }
}
