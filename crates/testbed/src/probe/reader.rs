//! A consumer of the check's own in a group, which does one step at a time.
//!
//! It is given its partitions and does not subscribe, so no rebalance can come in between. Where it starts is the group's
//! matter all the same: at the committed offset, or where `auto.offset.reset` says. As long as it is not told to go on it
//! does nothing, and it closes only when it is told to or dropped: until then it is as good as dead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::history::PartitionOffset;
use crate::verdict::Verdict;

/// A consumer of a group on partitions of one topic.
#[derive(Clone)]
pub struct GroupReader {
    consumer: Arc<BaseConsumer>,
    topic: String,
}

/// What a poll gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// A record.
    Record(PartitionOffset),
    /// The end of a partition: it has all that is there, and waits for more.
    PartitionEof,
    /// Nowhere to start, and no leave to choose a place: `auto.offset.reset=error`.
    NoInitialOffset,
}

impl Topic {
    /// A consumer of `group` on partition 0, with these settings. Unless they say otherwise it commits nothing by itself
    /// and starts at the first record where the group has no committed offset.
    ///
    /// # Errors
    /// Not graded, when librdkafka makes no client.
    pub async fn reader(&self, group: &str, settings: &[(&str, &str)]) -> Verdict<GroupReader> {
        let mut config = self.member(group);
        config
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "true")
            // The end of a partition is seen when the broker answers that it has nothing.
            .set("fetch.wait.max.ms", "50");
        for (name, value) in settings {
            config.set(*name, *value);
        }
        let topic = self.name.clone();
        blocking("a consumer of a group", move || {
            let consumer: BaseConsumer = config.create()?;
            consumer.assign(&at(&topic, 0, Offset::Stored)?)?;
            Ok(GroupReader {
                consumer: Arc::new(consumer),
                topic: topic.clone(),
            })
        })
        .await
    }
}

impl GroupReader {
    /// Polls until there is something.
    ///
    /// # Errors
    /// Not graded, when that takes longer than [`ANSWER_TIMEOUT`].
    pub async fn next(&self) -> Verdict<Polled> {
        let reader = self.clone();
        blocking("reading on", move || reader.poll()).await
    }

    /// Gets so many records and no more: where each was. Ends of partitions on the way are passed over.
    ///
    /// # Errors
    /// Not graded, when they do not come.
    pub async fn take(&self, count: usize) -> Verdict<Vec<PartitionOffset>> {
        let mut places = Vec::new();
        while places.len() < count {
            if let Polled::Record(place) = self.next().await? {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Gets all that is there: where each record was.
    ///
    /// # Errors
    /// Not graded, when the end does not come.
    pub async fn read_to_the_end(&self) -> Verdict<Vec<PartitionOffset>> {
        let mut places = Vec::new();
        while let Polled::Record(place) = self.next().await? {
            places.push(place);
        }
        Ok(places)
    }

    /// Takes one more partition, and keeps what it has.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub async fn take_partition(&self, partition: i32) -> Verdict {
        let reader = self.clone();
        blocking("taking a partition", move || {
            let more = at(&reader.topic, partition, Offset::Stored)?;
            reader.consumer.incremental_assign(&more)
        })
        .await
    }

    /// Stores this record as processed, for the next automatic commit.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub async fn store(&self, (partition, offset): PartitionOffset) -> Verdict {
        let reader = self.clone();
        blocking("storing an offset", move || {
            let next = at(&reader.topic, partition, Offset::Offset(offset + 1))?;
            reader.consumer.store_offsets(&next)
        })
        .await
    }

    /// Commits `next` as the offset at which the group goes on, and waits for the answer.
    ///
    /// # Errors
    /// Not graded, when the broker refuses.
    pub async fn commit(&self, partition: i32, next: i64) -> Verdict {
        let reader = self.clone();
        blocking("committing", move || {
            let next = at(&reader.topic, partition, Offset::Offset(next))?;
            reader.consumer.commit(&next, CommitMode::Sync)
        })
        .await
    }

    /// Closes it, and waits until that is done.
    ///
    /// # Errors
    /// Not graded, when the thread that does it breaks.
    pub async fn close(self) -> Verdict {
        let mut reader = Some(self);
        blocking("closing a consumer", move || {
            drop(reader.take());
            Ok(())
        })
        .await
    }

    fn poll(&self) -> KafkaResult<Polled> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        loop {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(record)) => {
                    return Ok(Polled::Record((record.partition(), record.offset())));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(Polled::PartitionEof),
                Some(Err(error)) if has_no_initial_offset(&error) => {
                    return Ok(Polled::NoInitialOffset);
                }
                // Errors on the way, such as a broken connection, pass or run into the deadline.
                Some(Err(_)) | None if Instant::now() < deadline => {}
                Some(Err(error)) => return Err(error),
                None => return Err(KafkaError::NoMessageReceived),
            }
        }
    }
}

fn has_no_initial_offset(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset)
}

fn at(topic: &str, partition: i32, offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}
