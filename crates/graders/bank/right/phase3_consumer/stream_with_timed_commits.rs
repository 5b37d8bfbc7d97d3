//! `consumer.stream()` ended by the stop token, with a ticker for the commits. The commit list itself is what is
//! remembered of the work: it is set after each record, sent without waiting at each tick, and with waiting at the end.

use std::time::Duration;

use futures::StreamExt;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use tokio::time::{Instant, MissedTickBehavior};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// The consumer to work with.
pub type EventConsumer = StreamConsumer;

/// A consumer without auto-commit, subscribed to `topic`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let consumer: StreamConsumer = config
        .clone()
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "beginning")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// Works through the stream of records until something ends it.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut work = Work {
        handler,
        handled: 0,
        skipped: SkippedRecords::default(),
        done: TopicPartitionList::new(),
    };
    let ended = work.go_through(consumer, options).await;
    let committed = work.commit(consumer, CommitMode::Sync);
    match (ended, committed) {
        (Ok(ended), Ok(())) => Ok(ConsumeReport {
            handled: work.handled,
            skipped: work.skipped,
            ended,
        }),
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
    }
}

struct Work {
    handler: Handler,
    handled: usize,
    skipped: SkippedRecords,
    /// The next offset of each partition in which something was processed.
    done: TopicPartitionList,
}

impl Work {
    async fn go_through(
        &mut self,
        consumer: &EventConsumer,
        options: &ConsumeOptions,
    ) -> Result<EndReason, ConsumeError> {
        let stopped = Box::pin(options.stop.cancelled());
        let mut records = Box::pin(consumer.stream().take_until(stopped));
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut idle_at = Instant::now() + options.idle_timeout;
        loop {
            if options.max_events.is_some_and(|most| self.handled == most) {
                return Ok(EndReason::MaxEvents);
            }
            tokio::select! {
                next = records.next() => match next {
                    None => return Ok(EndReason::Stopped),
                    Some(Ok(record)) => {
                        self.process(&record).await?;
                        idle_at = Instant::now() + options.idle_timeout;
                    }
                    Some(Err(error)) => pass_over(error)?,
                },
                _ = tick.tick() => {
                    if let Err(error) = self.commit(consumer, CommitMode::Async) {
                        pass_over(error)?;
                    }
                }
                () = tokio::time::sleep_until(idle_at) => return Ok(EndReason::Idle),
            }
        }
    }

    async fn process(&mut self, record: &BorrowedMessage<'_>) -> Result<(), ConsumeError> {
        match ReceivedEvent::from_record(record) {
            Ok(event) => {
                self.handle(event).await?;
                self.handled += 1;
            }
            Err(reason) => self.skipped.count(&reason),
        }
        let (topic, partition) = (record.topic(), record.partition());
        let next = Offset::Offset(record.offset() + 1);
        if self.done.find_partition(topic, partition).is_none() {
            self.done.add_partition(topic, partition);
        }
        self.done.set_partition_offset(topic, partition, next)?;
        Ok(())
    }

    async fn handle(&self, event: ReceivedEvent) -> Result<(), ConsumeError> {
        let handler = self.handler.clone();
        let (partition, offset) = (event.partition, event.offset);
        let accepted = tokio::task::spawn_blocking(move || handler(&event))
            .await
            .unwrap_or_else(|panicked| Err(panicked.into()));
        accepted.map_err(|source| ConsumeError::Handler {
            partition,
            offset,
            source,
        })
    }

    fn commit(&self, consumer: &EventConsumer, mode: CommitMode) -> KafkaResult<()> {
        match self.done.count() {
            0 => Ok(()),
            _ => consumer.commit(&self.done, mode),
        }
    }
}

/// Lives through what passes by itself.
fn pass_over(error: KafkaError) -> Result<(), ConsumeError> {
    if is_transient(&error) {
        Ok(())
    } else {
        Err(error.into())
    }
}
