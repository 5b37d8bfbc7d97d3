//! The records of a topic, read back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::verdict::Verdict;

/// A record as the broker has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key; `None` is no key, which is not an empty one.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its timestamp, in milliseconds since 1970.
    pub timestamp: Option<i64>,
}

impl StoredRecord {
    /// The key as text, for a failure's `seen`.
    pub fn key_text(&self) -> String {
        text_or(self.key.as_deref(), "no key")
    }

    /// The value as text, for a failure's `seen`.
    pub fn value_text(&self) -> String {
        text_or(self.value.as_deref(), "no value")
    }
}

fn text_or(bytes: Option<&[u8]>, none: &str) -> String {
    match bytes {
        None => none.to_owned(),
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
    }
}

impl Topic {
    /// All records of the topic, by partition and offset.
    ///
    /// # Errors
    /// Not graded, when the broker does not hand them over.
    pub async fn records(&self) -> Verdict<Vec<StoredRecord>> {
        let topic = self.clone();
        blocking("reading the topic back", move || read_all(&topic)).await
    }

    /// The records as a consumer gets them that turns to one partition after the other, in this order.
    ///
    /// # Errors
    /// Not graded, when the broker does not hand them over.
    pub async fn records_visiting(&self, order: &[i32]) -> Verdict<Vec<StoredRecord>> {
        let (topic, order) = (self.clone(), order.to_vec());
        blocking("reading partition after partition", move || {
            read_visiting(&topic, &order)
        })
        .await
    }

    /// The offset that the next record of each partition will get.
    ///
    /// # Errors
    /// Not graded, when the broker does not tell.
    pub async fn end_offsets(&self) -> Verdict<BTreeMap<i32, i64>> {
        let topic = self.clone();
        blocking("asking for end offsets", move || {
            end_offsets(&reader(&topic.client)?, &topic)
        })
        .await
    }

    /// The first offset that is still there in a partition, and the one that its next record will get.
    ///
    /// # Errors
    /// Not graded, when the broker does not tell.
    pub async fn bounds(&self, partition: i32) -> Verdict<(i64, i64)> {
        let topic = self.clone();
        blocking("asking where a partition begins and ends", move || {
            reader(&topic.client)?.fetch_watermarks(&topic.name, partition, ANSWER_TIMEOUT)
        })
        .await
    }
}

fn reader(client: &ClientConfig) -> KafkaResult<BaseConsumer> {
    client
        .clone()
        .set("group.id", "kafkalings-probe")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create()
}

fn end_offsets(reader: &BaseConsumer, topic: &Topic) -> KafkaResult<BTreeMap<i32, i64>> {
    (0..topic.partitions)
        .map(|partition| {
            let (_, end) = reader.fetch_watermarks(&topic.name, partition, ANSWER_TIMEOUT)?;
            Ok((partition, end))
        })
        .collect()
}

fn read_all(topic: &Topic) -> KafkaResult<Vec<StoredRecord>> {
    let reader = reader(&topic.client)?;
    let ends = end_offsets(&reader, topic)?;
    let mut records = read_until(&reader, topic, ends)?;
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

fn read_visiting(topic: &Topic, order: &[i32]) -> KafkaResult<Vec<StoredRecord>> {
    let reader = reader(&topic.client)?;
    let mut ends = end_offsets(&reader, topic)?;
    let mut records = Vec::new();
    for partition in order {
        let end = ends.remove_entry(partition).into_iter().collect();
        records.extend(read_until(&reader, topic, end)?);
    }
    Ok(records)
}

/// The records of some partitions from the beginning until these end offsets, in the order in which they come.
fn read_until(
    reader: &BaseConsumer,
    topic: &Topic,
    mut ends: BTreeMap<i32, i64>,
) -> KafkaResult<Vec<StoredRecord>> {
    ends.retain(|_, end| *end > 0);
    let mut partitions = TopicPartitionList::new();
    for &partition in ends.keys() {
        partitions.add_partition_offset(&topic.name, partition, Offset::Beginning)?;
    }
    reader.assign(&partitions)?;
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    let mut records = Vec::new();
    while !ends.is_empty() {
        match reader.poll(Duration::from_millis(100)) {
            Some(Ok(record)) => {
                let stored = stored(&record);
                if ends.get(&stored.partition) == Some(&(stored.offset + 1)) {
                    ends.remove(&stored.partition);
                }
                records.push(stored);
            }
            // Errors on the way, such as a broken connection, pass or run into the deadline.
            Some(Err(_)) | None if Instant::now() < deadline => {}
            Some(Err(error)) => return Err(error),
            None => return Err(KafkaError::NoMessageReceived),
        }
    }
    Ok(records)
}

fn stored(record: &impl Message) -> StoredRecord {
    StoredRecord {
        partition: record.partition(),
        offset: record.offset(),
        key: record.key().map(<[u8]>::to_vec),
        value: record.payload().map(<[u8]>::to_vec),
        timestamp: record.timestamp().to_millis(),
    }
}
