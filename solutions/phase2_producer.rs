//! Phase 2: the producer.
//!
//! A producer does not send a record when you hand it over: it puts it into a queue of its own. librdkafka's threads
//! take it from there, gather it with others into a batch for its partition, send the batch to the broker that leads
//! the partition, and repeat what fails. Much later, in computer terms, the broker's answer comes back as the record's
//! *delivery report*. Until then nobody knows whether the record is in the log.

use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use rdkafka::util::Timeout;

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
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
    let value = event.value();
    // `Timeout::Never` is about room in the queue. How long delivery may take is up to `message.timeout.ms`.
    let outcome = match producer
        .send(record(topic, event, &value), Timeout::Never)
        .await
    {
        Ok(delivered) => Ok(Delivery {
            partition: delivered.partition,
            offset: delivered.offset,
        }),
        Err((error, _record)) => Err(error.into()),
    };
    on_delivery(&outcome);
    outcome
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
    let begun = Instant::now();
    let mut reports = Vec::with_capacity(events.len());
    for event in events {
        let report = enqueue(producer, topic, event, &mut reports).await;
        reports.push(report);
    }
    // Once every report is in, nothing of the batch is in the queue any more. `flush` would wait for other callers' records
    // too, and whether it went well says nothing of single records.
    let mut outcomes = Vec::with_capacity(events.len());
    for report in reports {
        outcomes.push(report.outcome().await);
    }
    summary(outcomes, begun)
}

/// A delivery report that is still to come, or came already.
enum Report {
    Pending(DeliveryFuture),
    Known(DeliveryOutcome),
}

impl Report {
    async fn outcome(self) -> DeliveryOutcome {
        match self {
            Self::Known(outcome) => outcome,
            Self::Pending(report) => match report.await {
                // The outer result says whether the producer lived to report, the inner one what the broker said.
                Ok(Ok(delivered)) => Ok(Delivery {
                    partition: delivered.partition,
                    offset: delivered.offset,
                }),
                Ok(Err((error, _record))) => Err(error.into()),
                Err(_producer_dropped) => Err(DeliveryError::NoReport),
            },
        }
    }
}

/// Puts one event into the producer's queue. While the queue is full it waits for the oldest report of this batch:
/// a record leaves the queue when its report is there. Sending the events one after the other keeps their order.
async fn enqueue(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    earlier: &mut [Report],
) -> Report {
    let value = event.value();
    let mut record = record(topic, event, &value);
    loop {
        match producer.send_result(record) {
            Ok(report) => return Report::Pending(report),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                record = refused;
                wait_for_room(earlier).await;
            }
            Err((error, _record)) => return Report::Known(Err(error.into())),
        }
    }
}

async fn wait_for_room(earlier: &mut [Report]) {
    let oldest = earlier
        .iter_mut()
        .find(|report| matches!(report, Report::Pending(_)));
    match oldest {
        Some(report) => {
            let pending = std::mem::replace(report, Report::Known(Err(DeliveryError::NoReport)));
            *report = Report::Known(pending.outcome().await);
        }
        // The records that fill the queue are not of this batch: nothing to wait for but time.
        None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
    }
}

fn record<'a>(topic: &'a str, event: &'a Event, value: &'a [u8]) -> FutureRecord<'a, str, [u8]> {
    let record = FutureRecord::to(topic)
        .payload(value)
        .timestamp(event.timestamp);
    match &event.key {
        Some(key) => record.key(key),
        None => record,
    }
}

fn summary(outcomes: Vec<DeliveryOutcome>, begun: Instant) -> BatchReport {
    let mut report = BatchReport {
        delivered: 0,
        failed: 0,
        per_partition: std::collections::BTreeMap::new(),
        elapsed: begun.elapsed(),
        outcomes: Vec::new(),
    };
    for outcome in &outcomes {
        match outcome {
            Ok(delivery) => {
                report.delivered += 1;
                *report.per_partition.entry(delivery.partition).or_default() += 1;
            }
            Err(_) => report.failed += 1,
        }
    }
    report.outcomes = outcomes;
    report
}
