//! Phase 3: the consumer.
//!
//! A consumer reads a partition from an offset onwards. Where it is now is its *position*; where its group would
//! continue is the *committed offset*, kept by the broker. The two move apart while you work and meet when you commit.
//! Commit before the work is done, and a crash loses events; commit after, and a crash brings some again. The second is
//! called at-least-once, and it is what this phase is about.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use tokio::time::{Instant, MissedTickBehavior};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// The consumer to work with. `StreamConsumer` gives each record as a future; a `BaseConsumer` is polled. Change the
/// alias and [`create_consumer`] if you like.
pub type EventConsumer = StreamConsumer;

/// Makes a consumer for [`consume_events`] and subscribes it to `topic`. Given; `config` names the cluster and the
/// group.
///
/// # Errors
/// When a setting is unknown or has a value that librdkafka does not take, such as a missing `group.id`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let consumer: EventConsumer = config
        .clone()
        // By default librdkafka commits every five seconds whatever it has handed out, done or not.
        .set("enable.auto.commit", "false")
        // By default a record counts as done as soon as it is handed out. Here it counts when `store_offset` says so.
        .set("enable.auto.offset.store", "false")
        // A group without committed offsets starts at the first record there is, not at the next to come.
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// Hands each event of the consumer's topic to `handler`, and commits what was handled.
///
/// - Every event is handed over at least once. The events of a partition come in the order of their offsets.
/// - An event's offset is committed only after the handler has accepted the event. In every partition the committed
///   offset is the last processed offset + 1: the next one to read.
/// - It commits what was processed before it returns, on every way out, and waits for the broker's answer. That there is
///   nothing to commit (`NoOffset`) is no error.
/// - It ends when no record came for `options.idle_timeout`, when `options.max_events` were handled, or promptly when
///   `options.stop` is cancelled; the report says which. An event in work is finished first.
/// - Records that are no events (tombstones, key or value not UTF-8, value not JSON) are counted in the report, passed
///   over, and count as processed. They do not count towards `max_events`.
/// - An error that comes in place of a record, and for which [`is_transient`](crate::errors::is_transient) holds, does not end
///   it. The end of a partition is no record and no end.
/// - A commit that the broker refuses has committed nothing: it is made again, or the refusal returned.
///
/// # Errors
/// - [`ConsumeError::Handler`] when the handler refuses an event: no further event is handed over, and the refused one
///   stays uncommitted, so that it comes again.
/// - [`ConsumeError::Kafka`] with Kafka's error code for any other error from Kafka, and for the broker's refusal of the
///   last commit, for whatever reason. It never panics.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut report = ConsumeReport {
        handled: 0,
        skipped: SkippedRecords::default(),
        ended: EndReason::Idle,
    };
    let ended = poll_loop(consumer, options, &handler, &mut report).await;
    let committed = commit_processed(consumer, CommitMode::Sync);
    report.ended = ended?;
    committed?;
    Ok(report)
}

/// How much work a crash may repeat at most, in time. Auto-commit has the same interval.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);

async fn poll_loop(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: &Handler,
    report: &mut ConsumeReport,
) -> Result<EndReason, ConsumeError> {
    let mut idle_at = Instant::now() + options.idle_timeout;
    let mut commits = tokio::time::interval(COMMIT_INTERVAL);
    // A handler that takes longer than the interval is not followed by a commit for each one that it missed.
    commits.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while options.max_events.is_none_or(|most| report.handled < most) {
        let received = tokio::select! {
            biased;
            () = options.stop.cancelled() => return Ok(EndReason::Stopped),
            _ = commits.tick() => {
                // Whether it worked is seen at the next commit, and for sure at the last one, which waits for the answer.
                commit_processed(consumer, CommitMode::Async)?;
                continue;
            }
            // `recv` may be dropped at any time without losing a record.
            received = tokio::time::timeout_at(idle_at, consumer.recv()) => received,
        };
        let record = match received {
            Err(_elapsed) => return Ok(EndReason::Idle),
            Ok(Err(error)) if is_transient(&error) => continue,
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(record)) => record,
        };
        match ReceivedEvent::from_record(&record) {
            Ok(event) => {
                handle(handler, event).await?;
                report.handled += 1;
            }
            Err(reason) => report.skipped.count(&reason),
        }
        // From here on the next commit includes this record; it sets the offset + 1.
        consumer.store_offset_from_message(&record)?;
        idle_at = Instant::now() + options.idle_timeout;
    }
    Ok(EndReason::MaxEvents)
}

/// Calls the handler where it may block. The consumer's heartbeats go on meanwhile: librdkafka sends them from a thread
/// of its own.
async fn handle(handler: &Handler, event: ReceivedEvent) -> Result<(), ConsumeError> {
    let handler = Arc::clone(handler);
    let (partition, offset) = (event.partition, event.offset);
    match tokio::task::spawn_blocking(move || handler(&event)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(source)) => Err(ConsumeError::Handler {
            partition,
            offset,
            source,
        }),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Commits the stored offsets. That there is none, because nothing was processed since the last commit, is no error.
fn commit_processed(consumer: &EventConsumer, mode: CommitMode) -> KafkaResult<()> {
    match consumer.commit_consumer_state(mode) {
        Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => Ok(()),
        result => result,
    }
}
