//! An event of the log, and its way into a Kafka record and back.
//!
//! Kafka knows bytes only: a record has a key, a value, a timestamp and headers, and the broker never looks inside.
//! What the bytes mean is agreed between producer and consumer. Here the value is JSON and the key is UTF-8 text.

use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What the event is about, such as a customer or an order. Records with the same key go to the same partition
    /// and so keep their order. `None` means that order does not matter.
    pub key: Option<String>,
    /// When it happened, in milliseconds since 1970-01-01 UTC: the unit of Kafka's `CreateTime`.
    /// librdkafka takes 0, the first of them, for «not given», and gives the record the time of sending.
    pub timestamp: i64,
    /// What happened.
    pub payload: Value,
}

impl Event {
    /// An event that happens now.
    pub fn now(key: Option<&str>, payload: Value) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            key: key.map(str::to_owned),
            timestamp: i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX),
            payload,
        }
    }

    /// The bytes of the record's value: the payload as JSON. Key and timestamp travel in the record's own fields.
    pub fn value(&self) -> Vec<u8> {
        self.payload.to_string().into_bytes()
    }

    /// Reads an event from a record.
    ///
    /// # Errors
    /// When the record is a tombstone, or key or value are not what [`Event::value`] writes. The record itself is
    /// fine as far as Kafka is concerned: reading it again gives the same error.
    pub fn from_record(record: &impl Message) -> Result<Self, DecodeError> {
        let key = match record.key() {
            Some(bytes) => Some(text(bytes)?.to_owned()),
            None => None,
        };
        let value = record.payload().ok_or(DecodeError::Tombstone)?;
        Ok(Self {
            key,
            timestamp: record.timestamp().to_millis().unwrap_or_default(),
            payload: serde_json::from_str(text(value)?)?,
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)
}

/// An event together with the place it has in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// The event.
    pub event: Event,
    /// The partition it was read from.
    pub partition: i32,
    /// Its offset in that partition.
    pub offset: i64,
}

impl ReceivedEvent {
    /// Reads an event and its place from a record.
    ///
    /// # Errors
    /// As [`Event::from_record`].
    pub fn from_record(record: &impl Message) -> Result<Self, DecodeError> {
        Ok(Self {
            event: Event::from_record(record)?,
            partition: record.partition(),
            offset: record.offset(),
        })
    }
}

/// Why a record is no event.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The record has no value. In a compacted topic that says «forget this key».
    #[error("a tombstone: the record has no value")]
    Tombstone,
    /// Key or value are not UTF-8.
    #[error("key or value are not UTF-8")]
    NotUtf8,
    /// The value is text, but not JSON.
    #[error("the value is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
}
