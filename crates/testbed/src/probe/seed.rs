//! Records that a check puts on the broker itself, byte for byte.

use std::time::Duration;

use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::context::unique_name;
use crate::verdict::Verdict;

/// A record to put on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The partition to put it in.
    pub partition: i32,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` makes a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its timestamp, in milliseconds since 1970; `None` makes it the time of sending.
    pub timestamp: Option<i64>,
}

impl Seed {
    /// A record with text for a value and no key.
    pub fn text(partition: i32, value: impl Into<String>) -> Self {
        Self {
            partition,
            key: None,
            value: Some(value.into().into_bytes()),
            timestamp: None,
        }
    }
}

impl Topic {
    /// Puts the records on the broker, in this order. They are there when it returns.
    ///
    /// # Errors
    /// Not graded, when the broker does not take them.
    pub async fn seed(&self, seeds: Vec<Seed>) -> Verdict {
        let topic = self.clone();
        blocking("seeding the topic", move || send_all(&topic, &seeds)).await
    }
}

impl Topic {
    /// Sends records in a transaction to this partition and aborts it: their offsets are used up, and so is one more for the
    /// mark that ends it, and nobody who reads what is committed is handed any of them. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not take part.
    pub async fn seed_aborted(&self, seeds: Vec<Seed>) -> Verdict {
        let topic = self.clone();
        blocking("aborting a transaction", move || {
            let producer: BaseProducer = topic
                .client
                .clone()
                .set("transactional.id", unique_name("transaction"))
                .create()?;
            producer.init_transactions(ANSWER_TIMEOUT)?;
            producer.begin_transaction()?;
            send_with(&producer, &topic, &seeds)?;
            producer.abort_transaction(ANSWER_TIMEOUT)
        })
        .await
    }
}

fn send_all(topic: &Topic, seeds: &[Seed]) -> KafkaResult<()> {
    let producer: BaseProducer = topic
        .client
        .clone()
        // Keeps the order as idempotence would, which takes half a second to begin with.
        .set("max.in.flight", "1")
        .create()?;
    send_with(&producer, topic, seeds)
}

fn send_with(producer: &BaseProducer, topic: &Topic, seeds: &[Seed]) -> KafkaResult<()> {
    for seed in seeds {
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(&topic.name).partition(seed.partition);
        record.key = seed.key.as_deref();
        record.payload = seed.value.as_deref();
        record.timestamp = seed.timestamp;
        producer.send(record).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(ANSWER_TIMEOUT)
}
