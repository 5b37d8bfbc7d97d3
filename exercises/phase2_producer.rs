//! Phase 2: the producer.
//!
//! A producer does not send a record when you hand it over: it puts it into a queue of its own. librdkafka's threads
//! take it from there, gather it with others into a batch for its partition, send the batch to the broker that leads
//! the partition, and repeat what fails. Much later, in computer terms, the broker's answer comes back as the record's
//! *delivery report*. Until then nobody knows whether the record is in the log.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::producer::FutureProducer;

use crate::delivery::{BatchReport, DeliveryOutcome};
use crate::event::Event;

/// The producer to work with. `FutureProducer` gives a future for each delivery report. A `ThreadedProducer` or
/// `BaseProducer` with a context of your own does too: change the alias and [`create_producer`] if you like.
pub type EventProducer = FutureProducer;

/// Makes a producer for [`produce_event`] and [`produce_events_batch`]. Given; make one and use it for every record:
/// connecting takes several round trips, sending takes one.
///
/// # Errors
/// When a setting is unknown or has a value that librdkafka does not take.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    config
        .clone()
        // A report of success shall mean that every in-sync replica has the record, not only the leader.
        .set("acks", "all")
        // librdkafka sends again what got no answer. With sequence numbers the broker can tell a repetition, so the
        // record is there once and in order (KIP-98).
        .set("enable.idempotence", "true")
        .create()
}

/// Sends one event as one record and waits until the broker has it.
///
/// - The record carries the event's key, its timestamp and its [`value`](Event::value). An event without a key makes a
///   record without a key, which is not the same as an empty key.
/// - The partitioner chooses the partition.
/// - It waits for the delivery report, however long that takes: `message.timeout.ms` ends the wait, not a time limit of
///   your own. If the producer's queue is full, it waits for room.
/// - It calls `on_delivery` exactly once, with the outcome, when the delivery report is there. A record that the client
///   refuses, as one that is too large, gets no report: that is its outcome.
/// - It returns the partition and the offset that the broker gave the record.
/// - It sends the event once and leaves repeating to librdkafka: a record that timed out may be in the log all the same.
///
/// # Errors
/// With Kafka's own error code when the record was not delivered. It never panics.
pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    // These lines make way for your code. The first only keeps the compiler from warning about what is not used yet.
    let _ = (producer, topic, event, on_delivery);
    // The chapter: docs/phase2.md#produce_event; hints: HINTS.md#produce_event.
    todo!("phase 2, exercise produce_event: write it in exercises/phase2_producer.rs")
}

/// Sends many events without waiting for each, and reports what became of every one.
///
/// - The records are made as in [`produce_event`].
/// - It does not wait for one delivery report before it sends the next record.
/// - A full queue is back-pressure, not a failure: it waits for room and goes on with the same event.
/// - Events with the same key are in the log in the order given.
/// - It flushes: when it returns, no record of the batch waits in the queue, and every delivery report is in.
/// - The report has one outcome for each event, in the order given, with the partition and offset from the broker or
///   Kafka's error code. A failure says nothing about the other events: all are sent and all are reported.
/// - It sends each event once and leaves repeating to librdkafka: a record that timed out may be in the log all the same.
/// - `delivered`, `failed` and `per_partition` count the outcomes; `elapsed` is the time from the first send to the last
///   delivery report.
/// - An empty batch makes an empty report.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    // These lines make way for your code. The first only keeps the compiler from warning about what is not used yet.
    let _ = (producer, topic, events);
    // The chapter: docs/phase2.md#produce_events_batch; hints: HINTS.md#produce_events_batch.
    todo!("phase 2, exercise produce_events_batch: write it in exercises/phase2_producer.rs")
}
