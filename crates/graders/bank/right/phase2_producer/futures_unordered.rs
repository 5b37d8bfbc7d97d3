//! A `FutureProducer` whose reports are taken in the order in which they come, by `FuturesUnordered`, and put at their
//! event's index. A full queue gets room by taking the next report, whichever it is. The callback runs in a task.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer};

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

/// A producer that gives a future for each report.
pub type EventProducer = FutureProducer;

const QUEUE_FULL: KafkaError = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);

/// Makes the producer.
///
/// # Errors
/// When librdkafka does not take a setting.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    config.clone().set("enable.idempotence", "true").create()
}

/// Sends one event and awaits its report.
///
/// # Errors
/// When it was not delivered.
pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    let value = event.value();
    let mut record = record(topic, event, &value);
    let outcome = loop {
        match producer.send_result(record) {
            Ok(report) => break outcome(report).await,
            Err((QUEUE_FULL, refused)) => {
                record = refused;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err((error, _)) => break Err(error.into()),
        }
    };
    let reported = outcome.clone();
    tokio::spawn(async move { on_delivery(&reported) });
    outcome
}

/// Sends all events and takes reports whenever there is no room, and in the end.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    let begun = Instant::now();
    let mut pending = FuturesUnordered::new();
    let mut outcomes = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let value = event.value();
        let mut sent = producer.send_result(record(topic, event, &value));
        while let Err((QUEUE_FULL, refused)) = sent {
            match pending.next().await {
                Some((index, outcome)) => drop(outcomes.insert(index, outcome)),
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
            sent = producer.send_result(refused);
        }
        match sent {
            Ok(report) => pending.push(async move { (index, outcome(report).await) }),
            Err((error, _)) => drop(outcomes.insert(index, Err(error.into()))),
        }
    }
    while producer.in_flight_count() > 0 {
        let producer = producer.clone();
        let flushing = move || producer.flush(Duration::from_millis(50));
        // A flush that ran out of time is only a reason for the next.
        let _ = tokio::task::spawn_blocking(flushing).await;
    }
    outcomes.extend(pending.collect::<Vec<_>>().await);
    report(outcomes.into_values().collect(), begun)
}

async fn outcome(report: DeliveryFuture) -> DeliveryOutcome {
    let report = report.await.map_err(|_| DeliveryError::NoReport)?;
    let delivered = report.map_err(|(error, _)| error)?;
    Ok(Delivery {
        partition: delivered.partition,
        offset: delivered.offset,
    })
}

fn record<'a>(topic: &'a str, event: &'a Event, value: &'a [u8]) -> FutureRecord<'a, str, [u8]> {
    FutureRecord {
        key: event.key.as_deref(),
        ..FutureRecord::to(topic)
    }
    .payload(value)
    .timestamp(event.timestamp)
}

fn report(outcomes: Vec<DeliveryOutcome>, begun: Instant) -> BatchReport {
    let deliveries: Vec<&Delivery> = outcomes.iter().flatten().collect();
    let delivered = deliveries.len();
    let mut per_partition = BTreeMap::new();
    for delivery in deliveries {
        *per_partition.entry(delivery.partition).or_default() += 1;
    }
    BatchReport {
        delivered,
        failed: outcomes.len() - delivered,
        per_partition,
        elapsed: begun.elapsed(),
        outcomes,
    }
}
