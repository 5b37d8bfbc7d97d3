//! Events with the same key are sent one after the other, and different keys side by side: an order is promised within a
//! key only. `join_all` awaits the reports.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::OwnedMessage;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, future_producer};
use rdkafka::util::Timeout;

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

/// A producer that gives a future for each report.
pub type EventProducer = FutureProducer;

/// Makes the producer.
///
/// # Errors
/// When librdkafka does not take a setting.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    let mut config = config.clone();
    config.set("acks", "-1");
    config.set("enable.idempotence", "true");
    FutureProducer::from_config(&config)
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
    let record = record(topic, event, &value);
    let outcome = outcome(producer.send(record, Timeout::Never).await);
    on_delivery(&outcome);
    outcome
}

/// Sends a chain of events for each key, all chains at the same time.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    let begun = Instant::now();
    let mut chains: HashMap<Option<&str>, Vec<(usize, &Event)>> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        let chain = chains.entry(event.key.as_deref()).or_default();
        chain.push((index, event));
    }
    let chains = chains.into_values();
    let chains = chains.map(|chain| send_in_turn(producer, topic, chain));
    let mut outcomes: Vec<_> = join_all(chains).await.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    report(outcomes, begun.elapsed())
}

async fn send_in_turn(
    producer: &EventProducer,
    topic: &str,
    chain: Vec<(usize, &Event)>,
) -> Vec<(usize, DeliveryOutcome)> {
    let mut reports = Vec::new();
    for (index, event) in chain {
        let sent = enqueue(producer, topic, event).await;
        reports.push(async move {
            let outcome = match sent {
                Ok(report) => report.await.map_or(Err(DeliveryError::NoReport), outcome),
                Err(error) => Err(error.into()),
            };
            (index, outcome)
        });
    }
    join_all(reports).await
}

async fn enqueue(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
) -> Result<DeliveryFuture, KafkaError> {
    let value = event.value();
    let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
    loop {
        match producer.send_result(record(topic, event, &value)) {
            Err((error, _)) if error == full => {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            sent => return sent.map_err(|(error, _)| error),
        }
    }
}

fn outcome(
    report: Result<future_producer::Delivery, (KafkaError, OwnedMessage)>,
) -> DeliveryOutcome {
    match report {
        Ok(place) => Ok(Delivery {
            partition: place.partition,
            offset: place.offset,
        }),
        Err((error, _)) => Err(DeliveryError::from(error)),
    }
}

fn record<'a>(topic: &'a str, event: &'a Event, value: &'a [u8]) -> FutureRecord<'a, str, [u8]> {
    let mut record = FutureRecord::to(topic);
    record.payload = Some(value);
    record.key = event.key.as_deref();
    record.timestamp = Some(event.timestamp);
    record
}

fn report(outcomes: Vec<DeliveryOutcome>, elapsed: Duration) -> BatchReport {
    let mut report = BatchReport {
        outcomes,
        delivered: 0,
        failed: 0,
        per_partition: BTreeMap::new(),
        elapsed,
    };
    for outcome in &report.outcomes {
        if let Ok(delivery) = outcome {
            report.delivered += 1;
            *report.per_partition.entry(delivery.partition).or_default() += 1;
        } else {
            report.failed += 1;
        }
    }
    report
}
