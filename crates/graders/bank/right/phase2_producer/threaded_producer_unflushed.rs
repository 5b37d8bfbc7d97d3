//! A `ThreadedProducer` whose context sends delivery reports over a channel, one channel for a whole batch, each with its
//! event's index. It flushes nothing: when every report is in, nothing waits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext, Message};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

/// A producer with a polling thread of its own.
pub type EventProducer = ThreadedProducer<Reports>;

/// Sends each report to where its record came from.
pub struct Reports;

/// Which event of its batch a record is, and where its report goes.
pub struct Ticket {
    index: usize,
    reports: UnboundedSender<(usize, DeliveryOutcome)>,
}

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, report: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let outcome = report
            .as_ref()
            .map(|record| Delivery {
                partition: record.partition(),
                offset: record.offset(),
            })
            .map_err(|(error, _)| error.clone().into());
        let _ = ticket.reports.send((ticket.index, outcome));
    }
}

/// Makes the producer.
///
/// # Errors
/// When librdkafka does not take a setting.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    config
        .clone()
        // Implies acks=all.
        .set("enable.idempotence", "true")
        .create_with_context(Reports)
}

/// A batch of one.
///
/// # Errors
/// When it was not delivered.
pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    let batch = std::slice::from_ref(event);
    let mut report = produce_events_batch(producer, topic, batch).await;
    let outcome = report
        .outcomes
        .pop()
        .unwrap_or(Err(DeliveryError::NoReport));
    on_delivery(&outcome);
    outcome
}

/// Sends all events, then takes the reports as they come.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    let begun = Instant::now();
    let mut outcomes = vec![Err(DeliveryError::NoReport); events.len()];
    let (reports, mut incoming) = unbounded_channel();
    for (index, event) in events.iter().enumerate() {
        let reports = reports.clone();
        if let Err(error) = enqueue(producer, topic, event, Ticket { index, reports }).await {
            outcomes[index] = Err(error);
        }
    }
    // The channel closes when the last ticket has been used.
    drop(reports);
    while let Some((index, outcome)) = incoming.recv().await {
        outcomes[index] = outcome;
    }
    let (delivered, failed): (Vec<_>, Vec<_>) = outcomes.iter().partition(|o| o.is_ok());
    BatchReport {
        delivered: delivered.len(),
        failed: failed.len(),
        per_partition: count(&outcomes),
        elapsed: begun.elapsed(),
        outcomes,
    }
}

async fn enqueue(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    ticket: Ticket,
) -> Result<(), DeliveryError> {
    let value = event.value();
    let mut record = BaseRecord::with_opaque_to(topic, Box::new(ticket))
        .payload(value.as_slice())
        .timestamp(event.timestamp);
    if let Some(key) = event.key.as_deref() {
        record = record.key(key);
    }
    while let Err((error, refused)) = producer.send(record) {
        if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
            return Err(error.into());
        }
        record = refused;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn count(outcomes: &[DeliveryOutcome]) -> BTreeMap<i32, usize> {
    let mut counts = BTreeMap::new();
    for delivery in outcomes.iter().flatten() {
        counts
            .entry(delivery.partition)
            .and_modify(|n| *n += 1)
            .or_insert(1);
    }
    counts
}
