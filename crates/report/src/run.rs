//! The lines of a report: a header, one line a check, a trailer.
//!
//! A reader refuses a report of another [`VERSION`]. A new field with a default keeps the version; every other change raises
//! it.

use serde::{Deserialize, Serialize};

/// The version of the format.
pub const VERSION: u32 = 1;

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Header(Header),
    /// One for each selected check, in the order of the path through the exercises.
    Check(Check),
    /// The last line. A report without it is that of a run that did not end.
    Trailer(Trailer),
}

/// What was known before the first check ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format, [`VERSION`].
    pub version: u32,
    /// The version of the kit, such as `0.1.0`.
    pub kit: String,
    /// The Kafka of the run.
    pub kafka: Kafka,
    /// The names of the selected checks. Each of them has a line.
    pub selected: Vec<String>,
    /// The exercises of which every check is selected. Only these can earn points.
    pub complete: Vec<String>,
}

/// The Kafka of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kafka {
    /// The cluster that the environment names.
    External {
        /// Its address.
        bootstrap_servers: String,
    },
    /// A container of the run.
    Docker {
        /// The image, with its tag.
        image: String,
    },
    /// librdkafka's mock cluster.
    Mock,
    /// None was needed: no check that needs the broker of the run was going to run.
    NotNeeded,
    /// None could be had.
    Missing {
        /// Why, and what to do.
        reason: String,
    },
}

/// What became of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name, such as `phase2::produce_event::record::keeps_the_key`.
    pub name: String,
    /// Its phase.
    pub phase: u32,
    /// The exercise that it grades. `None`: it checks what is given.
    pub exercise: Option<String>,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, unless it passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The four parts of a failure, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How long its last attempt took, in milliseconds.
    pub milliseconds: u64,
    /// How many attempts there were. 0: it did not run.
    pub attempts: u32,
    /// How the process of its last attempt ended. `None`: it did not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// What its last attempt printed, the middle left out if that was long.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The promise holds.
    Passed,
    /// It does not.
    Failed,
    /// The environment could not tell.
    NotGraded,
    /// It is slow, and the run was not asked for slow checks.
    Skipped,
}

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The kind, for programs.
    pub kind: ReasonKind,
    /// The same in words, for people.
    pub text: String,
}

/// Why a check did not pass, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// Failed: the check judged what it saw.
    Judged,
    /// Failed: the learner's code did not finish in time.
    Deadline,
    /// Failed: the learner's code panicked.
    Panicked,
    /// Failed: the learner's code ended its own process, or had to be ended.
    ProcessEnded,
    /// Failed: the exercise still is its stub, so the check did not run.
    Unwritten,
    /// Not graded: the run is on a mock cluster, and only a real broker can tell.
    NeedsRealBroker,
    /// Not graded: the check disturbs its broker, and the broker of this run is not the run's own.
    NeedsOwnBroker,
    /// Not graded: Kafka could not be started, or stopped answering.
    Environment,
    /// Not graded: the machine or the broker stood still at every attempt.
    TooBusy,
    /// Not graded: the fault that the check is about could not be injected.
    FaultNotInjected,
    /// Not graded: the kit has a defect.
    KitDefect,
    /// Not graded: the run ended before the check was done.
    NotReached,
    /// Skipped: the check is slow.
    Slow,
}

impl ReasonKind {
    /// Whether it says that the environment broke, so that another run may tell.
    pub fn is_broken_environment(self) -> bool {
        matches!(
            self,
            Self::Environment
                | Self::TooBusy
                | Self::FaultNotInjected
                | Self::KitDefect
                | Self::NotReached
        )
    }
}

/// What a learner reads when a check fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was seen, with numbers.
    pub seen: String,
    /// What the doc comment promises.
    pub expected: String,
    /// What is true of Kafka, and what to change.
    pub concept: String,
    /// Where to go: the function, its hints, its chapter.
    pub look: String,
}

/// How the process of a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum Process {
    /// It gave a verdict, and the judge ended it.
    AfterVerdict,
    /// It ended itself without a verdict.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it before it gave a verdict.
    Signalled {
        /// The signal, such as `SIGABRT`.
        signal: String,
    },
    /// The judge ended it before it gave a verdict.
    Stopped {
        /// Why: it computed past its deadline, used too much memory, or printed too much.
        why: String,
    },
}

/// What is known after the last check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// The checks by verdict.
    #[serde(flatten)]
    pub counts: Counts,
    /// The exit code of the run.
    pub exit_code: u8,
    /// How long the run took, in milliseconds.
    pub milliseconds: u64,
    /// The failures by text, the likeliest cause first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What the run could not remove, such as a topic on a cluster that stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// How many hundredths apart two causes are that count as about equally likely.
const ABOUT_EQUAL: u8 = 3;

/// A text of a run, and the checks that failed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The exercise. `None`: what failed is given.
    pub exercise: Option<String>,
    /// The first check with this text, in the order of the contract.
    pub check: String,
    /// The other checks with this text.
    pub also: Vec<String>,
    /// How well the text explains all failures of the exercise, in hundredths.
    pub score: u8,
}

impl Finding {
    /// Whether this cause is about as likely as `likelier` one of the same exercise.
    pub fn is_about_as_likely_as(&self, likelier: &Self) -> bool {
        self.exercise == likelier.exercise
            && likelier.score.saturating_sub(self.score) <= ABOUT_EQUAL
    }
}

/// Checks by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not graded.
    pub not_graded: usize,
    /// Skipped.
    pub skipped: usize,
}

impl Counts {
    /// Counts these checks.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut counts = Self::default();
        for check in checks {
            match check.verdict {
                Verdict::Passed => counts.passed += 1,
                Verdict::Failed => counts.failed += 1,
                Verdict::NotGraded => counts.not_graded += 1,
                Verdict::Skipped => counts.skipped += 1,
            }
        }
        counts
    }

    /// All of them.
    pub fn all(&self) -> usize {
        self.passed + self.failed + self.not_graded + self.skipped
    }
}

impl Check {
    /// The kind of its reason, if it has one.
    pub fn kind(&self) -> Option<ReasonKind> {
        self.reason.as_ref().map(|reason| reason.kind)
    }

    /// Why it did not pass, in words.
    pub fn reason_text(&self) -> &str {
        self.reason.as_ref().map_or("", |reason| &reason.text)
    }

    /// Whether it was not graded because the environment broke, so that another run may tell.
    pub fn environment_broke(&self) -> bool {
        self.kind().is_some_and(ReasonKind::is_broken_environment)
    }
}
