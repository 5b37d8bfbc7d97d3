//! What became of records that were sent: the words of phase 2.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

/// Where the broker put a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The partition that the partitioner chose.
    pub partition: i32,
    /// The offset that the broker gave the record in that partition.
    pub offset: i64,
}

/// Why a record was not delivered, or why nobody can say whether it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// Kafka's own error code, from the broker or from librdkafka.
    #[error("not delivered: {0}")]
    Kafka(RDKafkaErrorCode),
    /// The producer went away before a delivery report came.
    #[error("no delivery report: the producer was dropped first")]
    NoReport,
}

impl DeliveryError {
    /// Kafka's error code, if Kafka gave one.
    pub fn code(&self) -> Option<RDKafkaErrorCode> {
        match self {
            Self::Kafka(code) => Some(*code),
            Self::NoReport => None,
        }
    }
}

impl From<KafkaError> for DeliveryError {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(code) => Self::Kafka(code),
            None => Self::NoReport,
        }
    }
}

/// What a delivery report says of one record.
pub type DeliveryOutcome = Result<Delivery, DeliveryError>;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchReport {
    /// One outcome for each event, in the order in which the events were given.
    pub outcomes: Vec<DeliveryOutcome>,
    /// How many the broker acknowledged.
    pub delivered: usize,
    /// How many it did not.
    pub failed: usize,
    /// How many were delivered to each partition. Partitions that got none are left out.
    pub per_partition: BTreeMap<i32, usize>,
    /// From the first send to the last delivery report.
    pub elapsed: Duration,
}
