//! How a consumer is told to work, and what it reports: the words of phase 3.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::event::{DecodeError, ReceivedEvent};

/// What a consumer does with an event. It may block for as long as it works.
pub type Handler = Arc<dyn Fn(&ReceivedEvent) -> Result<(), HandlerError> + Send + Sync>;

/// Why a handler could not do its work: the application's own error.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// When `consume_events` ends.
#[derive(Debug, Clone)]
pub struct ConsumeOptions {
    /// End when no record came for this long. Joining the group takes time too and is part of the wait; the handler's work
    /// is not. Some years at most, for it is added to a point in time.
    pub idle_timeout: Duration,
    /// End after this many events were handled.
    pub max_events: Option<usize>,
    /// End when this is cancelled.
    pub stop: CancellationToken,
}

/// What `consume_events` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumeReport {
    /// How many events the handler accepted.
    pub handled: usize,
    /// Records that are no events and were passed over.
    pub skipped: SkippedRecords,
    /// Why it ended.
    pub ended: EndReason,
}

/// Records that are no events, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkippedRecords {
    /// Records without a value.
    pub tombstones: usize,
    /// Records whose key or value is not UTF-8.
    pub not_utf8: usize,
    /// Records whose value is not JSON.
    pub not_json: usize,
}

impl SkippedRecords {
    /// Counts one record that could not be read.
    pub fn count(&mut self, reason: &DecodeError) {
        match reason {
            DecodeError::Tombstone => self.tombstones += 1,
            DecodeError::NotUtf8 => self.not_utf8 += 1,
            DecodeError::NotJson(_) => self.not_json += 1,
        }
    }
}

/// Why a consumer ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// No record came for [`ConsumeOptions::idle_timeout`].
    Idle,
    /// [`ConsumeOptions::max_events`] were handled.
    MaxEvents,
    /// [`ConsumeOptions::stop`] was cancelled.
    Stopped,
}

/// Why a consumer had to end.
#[derive(Debug, Error)]
pub enum ConsumeError {
    /// The handler failed. The event is not committed: whoever continues gets it again.
    #[error("the handler failed at partition {partition}, offset {offset}: {source}")]
    Handler {
        /// The event's partition.
        partition: i32,
        /// The event's offset.
        offset: i64,
        /// What the handler said.
        source: HandlerError,
    },
    /// Kafka said something that does not pass by itself, see [`crate::errors::is_transient`].
    #[error(transparent)]
    Kafka(#[from] KafkaError),
}

impl ConsumeError {
    /// Kafka's error code, if it was Kafka that said no.
    pub fn code(&self) -> Option<RDKafkaErrorCode> {
        match self {
            Self::Handler { .. } => None,
            Self::Kafka(error) => error.rdkafka_error_code(),
        }
    }
}
