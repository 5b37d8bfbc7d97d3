//! The simplest that is correct: each record is committed by itself and waited for before the next one is taken, so there
//! is nothing left to commit at the end. The handler runs where it is called.

use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaResult;

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
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// Takes a record, handles it, commits it, and takes the next.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut handled = 0;
    let mut skipped = SkippedRecords::default();
    let idle = tokio::time::sleep(options.idle_timeout);
    tokio::pin!(idle);
    let ended = loop {
        if options.max_events.is_some_and(|most| handled >= most) {
            break EndReason::MaxEvents;
        }
        let record = tokio::select! {
            () = options.stop.cancelled() => break EndReason::Stopped,
            () = &mut idle => break EndReason::Idle,
            received = consumer.recv() => match received {
                Ok(record) => record,
                Err(error) if is_transient(&error) => continue,
                Err(error) => return Err(ConsumeError::Kafka(error)),
            },
        };
        match ReceivedEvent::from_record(&record) {
            Err(reason) => skipped.count(&reason),
            Ok(event) => match handler(&event) {
                Ok(()) => handled += 1,
                Err(source) => {
                    let ReceivedEvent {
                        partition, offset, ..
                    } = event;
                    return Err(ConsumeError::Handler {
                        partition,
                        offset,
                        source,
                    });
                }
            },
        }
        consumer.commit_message(&record, CommitMode::Sync)?;
        idle.as_mut()
            .reset(tokio::time::Instant::now() + options.idle_timeout);
    };
    Ok(ConsumeReport {
        handled,
        skipped,
        ended,
    })
}
