//! Compiles answers in place of the reference and runs the checks on them.
//!
//! - [`workspace`]: a copy of the kit in which an answer takes the reference's place.
//! - [`batch`]: several answers in one program.
//! - [`kafka`]: the Kafka that all runs share.
//! - [`lock`]: one command at a time compiles.
//! - [`process`]: one run of the compiled checks, with a time limit.
//! - [`pool`]: compiles one answer while others run.

pub mod batch;
pub mod kafka;
pub mod lock;
pub mod pool;
pub mod process;
pub mod workspace;

use std::time::Duration;

use report::Verdict;

use crate::run::Run;

/// An implementation to run the checks on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it is called in tables: `produce_event/no_key`.
    pub id: String,
    /// The file of the solutions that it stands for, from the repository's root; `None` for the reference as it is.
    pub file: Option<String>,
    /// The file's text.
    pub source: String,
}

impl Answer {
    /// The reference itself.
    pub fn reference() -> Self {
        Self {
            id: "reference".to_owned(),
            file: None,
            source: String::new(),
        }
    }
}

/// What to run on an answer.
#[derive(Debug, Clone)]
pub struct Job {
    /// The answer.
    pub answer: Answer,
    /// The checks whose name contains this.
    pub filter: String,
    /// Checks with a name that begins like this get a container of their own where the shared Kafka cannot grade them.
    pub own_container: Option<String>,
    /// Which of the slow checks run.
    pub slow: Slow,
    /// Whether the first failure is all there is to know.
    pub until_first_failure: bool,
}

/// Which slow checks run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slow {
    /// All of them.
    All,
    /// Those with a name that begins like this: to wait for any other would tell nothing.
    Only(String),
}

/// A run of the checks on an answer.
#[derive(Debug)]
pub struct Ran {
    /// What the checks came to.
    pub run: Run,
    /// How long the run on the shared Kafka took, compiling not included.
    pub elapsed: Duration,
}

impl Ran {
    /// Whether it ended without a complete report.
    pub fn was_aborted(&self) -> bool {
        self.run.report.is_none()
    }

    /// The checks that failed, by name.
    pub fn failed(&self) -> Vec<String> {
        let checks = self.run.checks().iter();
        checks
            .filter(|check| check.verdict == Verdict::Failed)
            .map(|check| check.name.clone())
            .collect()
    }
}

/// Why there are no verdicts.
#[derive(Debug, thiserror::Error)]
pub enum NoRun {
    /// The answer is no Rust, or its types do not fit.
    #[error("does not compile:\n{0}")]
    Compile(String),
    /// The run had to be ended.
    #[error("still running after {} s", .0.as_secs())]
    Late(Duration),
    /// The machine did not do as told.
    #[error("cannot run it: {0}")]
    Machine(std::io::Error),
}

/// The message contains the cause. As a `source` it would appear twice in a printed chain.
impl From<std::io::Error> for NoRun {
    fn from(error: std::io::Error) -> Self {
        Self::Machine(error)
    }
}

/// What became of a job.
pub type JobResult = Result<Ran, NoRun>;

/// A run of one exercise's checks is to end within this, whatever the answer: waiting teaches nothing. The slowest answer of the
/// bank took 58 s, on a machine so busy that its checks had a second attempt.
pub const RUN_LIMIT: Duration = Duration::from_mins(2);
