//! A `BaseConsumer` polled in short turns, on a thread where blocking is allowed. What is processed is kept as a map from
//! partition to the next offset, and committed as a list every hundred records and at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// Shared, so that it can be polled on another thread.
pub type EventConsumer = Arc<BaseConsumer>;

const TURN: Duration = Duration::from_millis(50);
const COMMIT_EVERY: usize = 100;

/// A polled consumer without auto-commit, subscribed to `topic`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let mut config = config.clone();
    config.set("enable.auto.commit", "false");
    config.set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer = config.create()?;
    consumer.subscribe(&[topic])?;
    Ok(Arc::new(consumer))
}

/// Consumes on a thread for blocking work.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut session = Session {
        consumer: Arc::clone(consumer),
        options: options.clone(),
        handler,
        handled: 0,
        skipped: SkippedRecords::default(),
        topic: String::new(),
        next: BTreeMap::new(),
    };
    let working = tokio::task::spawn_blocking(move || session.run());
    match working.await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

struct Session {
    consumer: EventConsumer,
    options: ConsumeOptions,
    handler: Handler,
    handled: usize,
    skipped: SkippedRecords,
    topic: String,
    /// Partition to next offset, of what was processed since the last commit.
    next: BTreeMap<i32, i64>,
}

impl Session {
    fn run(&mut self) -> Result<ConsumeReport, ConsumeError> {
        let ended = self.poll_until_it_ends();
        let committed = self.commit();
        let ended = ended?;
        committed?;
        Ok(ConsumeReport {
            handled: self.handled,
            skipped: self.skipped,
            ended,
        })
    }

    fn poll_until_it_ends(&mut self) -> Result<EndReason, ConsumeError> {
        let consumer = Arc::clone(&self.consumer);
        let mut last_record = Instant::now();
        let mut uncommitted = 0;
        loop {
            if self.options.max_events == Some(self.handled) {
                return Ok(EndReason::MaxEvents);
            }
            if self.options.stop.is_cancelled() {
                return Ok(EndReason::Stopped);
            }
            match consumer.poll(TURN) {
                Some(Ok(record)) => {
                    self.process(&record)?;
                    uncommitted += 1;
                    last_record = Instant::now();
                }
                Some(Err(error)) if !is_transient(&error) => return Err(error.into()),
                Some(Err(_)) | None => {
                    if last_record.elapsed() >= self.options.idle_timeout {
                        return Ok(EndReason::Idle);
                    }
                }
            }
            if uncommitted >= COMMIT_EVERY {
                self.commit()?;
                uncommitted = 0;
            }
        }
    }

    fn process(&mut self, record: &BorrowedMessage<'_>) -> Result<(), ConsumeError> {
        match ReceivedEvent::from_record(record) {
            Ok(event) => {
                (self.handler)(&event).map_err(|source| ConsumeError::Handler {
                    partition: event.partition,
                    offset: event.offset,
                    source,
                })?;
                self.handled += 1;
            }
            Err(reason) => self.skipped.count(&reason),
        }
        record.topic().clone_into(&mut self.topic);
        self.next.insert(record.partition(), record.offset() + 1);
        Ok(())
    }

    fn commit(&mut self) -> KafkaResult<()> {
        if self.next.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (partition, next) in std::mem::take(&mut self.next) {
            list.add_partition_offset(&self.topic, partition, Offset::Offset(next))?;
        }
        self.consumer.commit(&list, CommitMode::Sync)
    }
}
