//! Takes what is there as a batch of up to a hundred records, works through it, and commits once for the batch, also when
//! the handler refuses in the middle of it.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::OwnedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use tokio::time::{Instant, timeout_at};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// The consumer to work with.
pub type EventConsumer = StreamConsumer;

const MOST: usize = 100;
const LINGER: Duration = Duration::from_millis(20);

/// A consumer without auto-commit, subscribed to `topic`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let consumer: StreamConsumer = config
        .clone()
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// Batch after batch.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut report = ConsumeReport {
        handled: 0,
        skipped: SkippedRecords::default(),
        ended: EndReason::MaxEvents,
    };
    loop {
        let left = options.max_events.map(|most| most - report.handled);
        if left == Some(0) {
            return Ok(report);
        }
        let idle_at = Instant::now() + options.idle_timeout;
        let taken = tokio::select! {
            taken = batch(consumer, idle_at, left.unwrap_or(MOST).min(MOST)) => taken?,
            () = options.stop.cancelled() => {
                report.ended = EndReason::Stopped;
                return Ok(report);
            }
        };
        if taken.is_empty() {
            report.ended = EndReason::Idle;
            return Ok(report);
        }
        let mut next = HashMap::new();
        let worked = work_through(&taken, &handler, &mut report, &mut next);
        let committed = commit(consumer, taken[0].topic(), &next);
        worked?;
        committed?;
    }
}

/// The records that are there, at most `most`, or none when none came until `idle_at`. Once the first is taken it does not
/// wait for more than a moment, and it never waits while it holds any: dropping it in between would lose them.
async fn batch(
    consumer: &EventConsumer,
    idle_at: Instant,
    most: usize,
) -> Result<Vec<OwnedMessage>, KafkaError> {
    let first = loop {
        match timeout_at(idle_at, consumer.recv()).await {
            Err(_elapsed) => return Ok(Vec::new()),
            Ok(Err(error)) if is_transient(&error) => {}
            Ok(first) => break first?.detach(),
        }
    };
    let mut records = vec![first];
    let until = std::time::Instant::now() + LINGER;
    while records.len() < most && std::time::Instant::now() < until {
        match futures::FutureExt::now_or_never(consumer.recv()) {
            Some(Ok(record)) => records.push(record.detach()),
            Some(Err(error)) if is_transient(&error) => {}
            // What it is comes again or shows with the next batch; these records are here.
            Some(Err(_)) | None => break,
        }
    }
    Ok(records)
}

fn work_through(
    records: &[OwnedMessage],
    handler: &Handler,
    report: &mut ConsumeReport,
    next: &mut HashMap<i32, i64>,
) -> Result<(), ConsumeError> {
    for record in records {
        match ReceivedEvent::from_record(record) {
            Ok(event) => {
                handler(&event).map_err(|source| ConsumeError::Handler {
                    partition: record.partition(),
                    offset: record.offset(),
                    source,
                })?;
                report.handled += 1;
            }
            Err(reason) => report.skipped.count(&reason),
        }
        next.insert(record.partition(), record.offset() + 1);
    }
    Ok(())
}

fn commit(consumer: &EventConsumer, topic: &str, next: &HashMap<i32, i64>) -> KafkaResult<()> {
    if next.is_empty() {
        return Ok(());
    }
    let mut list = TopicPartitionList::with_capacity(next.len());
    for (&partition, &offset) in next {
        list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    }
    consumer.commit(&list, CommitMode::Sync)
}
