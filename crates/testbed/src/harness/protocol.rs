//! What the judge and a worker tell each other: one JSON object a line, over a socket that only these two have.
//!
//! The worker takes the socket from its standard input before any of the learner's code runs, and puts `/dev/null` in its
//! place. Each message carries the token of the attempt.

use report::ReasonKind;
use serde::{Deserialize, Serialize};

use crate::session::Connection;
use crate::verdict::Failure;

/// The argument that makes a process of this program a worker.
pub const WORKER_ARGUMENT: &str = "--kafkalings-worker";

/// What the judge tells a worker, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The name of the check to run.
    pub check: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The run that it belongs to.
    pub run: String,
    /// How to reach the Kafka of the run. `None`: the check needs none.
    pub connection: Option<Connection>,
    /// Marks the worker's messages.
    pub token: String,
    /// How much memory the worker may use, in bytes.
    pub memory_limit: u64,
}

/// What a worker tells the judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The token of the job.
    pub token: String,
    /// What it has to say.
    pub body: Body,
}

/// What a worker has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The check waits for the learner's code for the first time: its deadline begins.
    Begun,
    /// The first panic in the learner's code.
    Panicked(Panic),
    /// The process uses more memory than it may, in bytes. It waits to be ended.
    OutOfMemory(u64),
    /// The check is done. The process waits to be ended.
    Done {
        /// What the check came to.
        outcome: Outcome,
        /// How long the process has computed, in milliseconds, over all its threads.
        cpu_milliseconds: u64,
    },
}

/// A panic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panic {
    /// Where, as `file:line:column`.
    pub place: String,
    /// What it said.
    pub message: String,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The promise holds.
    Passed,
    /// It does not.
    Failed {
        /// Why, by kind.
        kind: ReasonKind,
        /// What was seen.
        seen: String,
        /// What the doc comment promises.
        expected: String,
        /// The likely misconception.
        concept: String,
    },
    /// The environment could not tell.
    NotGraded {
        /// Why, by kind.
        kind: ReasonKind,
        /// Why, in words.
        text: String,
    },
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        let Failure {
            kind,
            seen,
            expected,
            concept,
        } = failure;
        Self::Failed {
            kind,
            seen,
            expected,
            concept,
        }
    }
}
