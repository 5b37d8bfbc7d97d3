//! The client commits by itself, but only what is stored, and that is stored after the work. `recv` is given short turns;
//! between them the loop looks at whatever may end it.

use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{ClientConfig, Message};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// The consumer to work with.
pub type EventConsumer = StreamConsumer;

/// A consumer that commits stored offsets in the background, subscribed to `topic`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let mut config = config.clone();
    config
        .set("enable.auto.commit", "true")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "smallest");
    let consumer: EventConsumer = config.create()?;
    consumer.subscribe(&[topic]).map(|()| consumer)
}

/// Stores the offset of each record that is processed, and commits what is stored once more at the end.
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
    let outcome = consume(consumer, options, &handler, &mut report).await;
    let committed = match consumer.commit_consumer_state(CommitMode::Sync) {
        Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => Ok(()),
        other => other,
    };
    outcome.and(committed.map_err(ConsumeError::from))?;
    Ok(report)
}

async fn consume(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: &Handler,
    report: &mut ConsumeReport,
) -> Result<(), ConsumeError> {
    let mut quiet_since = Instant::now();
    while report.handled < options.max_events.unwrap_or(usize::MAX) {
        if options.stop.is_cancelled() {
            report.ended = EndReason::Stopped;
            return Ok(());
        }
        match tokio::time::timeout(Duration::from_millis(100), consumer.recv()).await {
            Ok(Ok(record)) => {
                match ReceivedEvent::from_record(&record) {
                    Ok(event) => {
                        call(handler, &event)?;
                        report.handled += 1;
                    }
                    Err(no_event) => report.skipped.count(&no_event),
                }
                consumer.store_offset(record.topic(), record.partition(), record.offset())?;
                quiet_since = Instant::now();
            }
            Ok(Err(error)) if !is_transient(&error) => return Err(error.into()),
            _ => {}
        }
        if quiet_since.elapsed() > options.idle_timeout {
            report.ended = EndReason::Idle;
            return Ok(());
        }
    }
    Ok(())
}

/// Tells tokio that the handler may block.
fn call(handler: &Handler, event: &ReceivedEvent) -> Result<(), ConsumeError> {
    tokio::task::block_in_place(|| handler(event)).map_err(|source| ConsumeError::Handler {
        partition: event.partition,
        offset: event.offset,
        source,
    })
}
