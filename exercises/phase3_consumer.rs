//! Phase 3: the consumer.
//!
//! A consumer reads a partition from an offset onwards. Where it is now is its *position*; where its group would
//! continue is the *committed offset*, kept by the broker. The two move apart while you work and meet when you commit.
//! Commit before the work is done, and a crash loses events; commit after, and a crash brings some again. The second is
//! called at-least-once, and it is what this phase is about.

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaResult;

use crate::consuming::{ConsumeError, ConsumeOptions, ConsumeReport, Handler};

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
    // These lines make way for your code. The first only keeps the compiler from warning about what is not used yet.
    let _ = (consumer, options, handler);
    // The chapter: docs/phase3.md#consume_events; hints: HINTS.md#consume_events.
    todo!("phase 3, exercise consume_events: write it in exercises/phase3_consumer.rs")
}
