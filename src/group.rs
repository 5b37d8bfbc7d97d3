//! A worker of a consumer group, and a rebalance planned step by step: the words of phase 4.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

use crate::event::ReceivedEvent;

/// Which worker, counted from 1 in the order in which the workers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u32);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker-{}", self.0)
    }
}

/// What a worker does with an event. It cannot fail, and it may block for as long as it works.
pub type Work = Arc<dyn Fn(&ReceivedEvent) + Send + Sync>;

/// What every worker of a group is started with.
#[derive(Clone)]
pub struct WorkerConfig {
    /// Client settings: `bootstrap.servers`, `group.id`, the session's times, the assignor. The workers of one group
    /// share one `group.id`.
    pub client: ClientConfig,
    /// What to do with each event.
    pub work: Work,
}

/// What a worker did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkerReport {
    /// How many events it worked on.
    pub processed: usize,
    /// How many records were no events and were passed over.
    pub skipped: usize,
}

/// Why a worker had to end.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// Kafka said something that does not pass by itself, see [`crate::errors::is_transient`].
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The worker's task panicked or was aborted.
    #[error("the worker's task ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl WorkerError {
    /// Kafka's error code, if it was Kafka that said no.
    pub fn code(&self) -> Option<RDKafkaErrorCode> {
        match self {
            Self::Kafka(error) => error.rdkafka_error_code(),
            Self::Task(_) => None,
        }
    }
}

/// How `demonstrate_rebalancing` goes about it.
#[derive(Debug, Clone, Copy)]
pub struct RebalancePlan {
    /// How many workers to start, one after the other.
    pub workers: u32,
    /// How many partitions the topic has.
    pub partitions: i32,
    /// How many events the topic was seeded with: the workers stop only when all are processed.
    pub seeded: usize,
    /// How long each step may take: a rebalance, or working off what is left.
    pub step_timeout: Duration,
}

/// What a demonstration came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebalanceReport {
    /// What each worker did, in the order in which they were started.
    pub workers: Vec<(WorkerId, WorkerReport)>,
    /// How many different events were processed.
    pub processed: usize,
    /// How many were processed again: at-least-once allows it, a tidy handover avoids it.
    pub repeated: usize,
}

/// Why a demonstration had to end. All its workers are stopped by then.
#[derive(Debug, Error)]
pub enum RebalanceError {
    /// A worker failed.
    #[error("{0} failed: {1}")]
    Worker(WorkerId, #[source] WorkerError),
    /// A step took longer than [`RebalancePlan::step_timeout`].
    #[error("gave up after {waited:?} while waiting for {waiting_for}")]
    StepTimeout {
        /// What did not happen.
        waiting_for: String,
        /// How long it was waited for.
        waited: Duration,
    },
}
