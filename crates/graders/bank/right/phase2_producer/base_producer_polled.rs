//! A `BaseProducer` that the functions poll themselves, on the caller's thread. The producer's context completes a oneshot
//! channel that travels with each record.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Message};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

/// A producer that brings delivery reports when it is polled.
pub type EventProducer = BaseProducer<Postman>;

/// Hands each delivery report to whoever waits for it.
pub struct Postman;

impl ClientContext for Postman {}

impl ProducerContext for Postman {
    type DeliveryOpaque = Box<oneshot::Sender<DeliveryOutcome>>;

    fn delivery(&self, report: &DeliveryResult<'_>, reply: Self::DeliveryOpaque) {
        let outcome = match report {
            Ok(record) => Ok(Delivery {
                partition: record.partition(),
                offset: record.offset(),
            }),
            Err((error, _)) => Err(DeliveryError::from(error.clone())),
        };
        // Whoever waited may have gone.
        let _ = reply.send(outcome);
    }
}

/// Makes the producer.
///
/// # Errors
/// When librdkafka does not take a setting.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    let mut config = config.clone();
    config.set("acks", "all").set("enable.idempotence", "true");
    config.create_with_context(Postman)
}

/// Sends one event, and polls until its report is there.
///
/// # Errors
/// When it was not delivered.
pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    let outcome = match enqueue(producer, topic, event).await {
        Ok(reply) => wait(producer, reply).await,
        Err(error) => Err(error),
    };
    on_delivery(&outcome);
    outcome
}

/// Sends all events, and polls until all reports are there.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    let begun = Instant::now();
    let mut replies = Vec::new();
    for event in events {
        replies.push(enqueue(producer, topic, event).await);
        producer.poll(Duration::ZERO);
    }
    while producer.in_flight_count() > 0 {
        poll_a_little(producer).await;
    }
    let mut outcomes = Vec::new();
    for reply in replies {
        outcomes.push(match reply {
            Ok(reply) => wait(producer, reply).await,
            Err(error) => Err(error),
        });
    }
    report(outcomes, begun.elapsed())
}

/// Puts one event into the queue. Polling makes room when there is none.
async fn enqueue(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
) -> Result<oneshot::Receiver<DeliveryOutcome>, DeliveryError> {
    let value = event.value();
    let (sender, reply) = oneshot::channel();
    let mut record = BaseRecord::<str, [u8], _>::with_opaque_to(topic, Box::new(sender))
        .payload(&value)
        .timestamp(event.timestamp);
    record.key = event.key.as_deref();
    loop {
        record = match producer.send(record) {
            Ok(()) => return Ok(reply),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), record)) => record,
            Err((error, _)) => return Err(error.into()),
        };
        poll_a_little(producer).await;
    }
}

async fn wait(
    producer: &EventProducer,
    mut reply: oneshot::Receiver<DeliveryOutcome>,
) -> DeliveryOutcome {
    loop {
        match reply.try_recv() {
            Ok(outcome) => return outcome,
            Err(TryRecvError::Closed) => return Err(DeliveryError::NoReport),
            Err(TryRecvError::Empty) => poll_a_little(producer).await,
        }
    }
}

/// Polling blocks, so it is done in small portions and lets others run in between.
async fn poll_a_little(producer: &EventProducer) {
    producer.poll(Duration::from_millis(10));
    tokio::task::yield_now().await;
}

fn report(outcomes: Vec<DeliveryOutcome>, elapsed: Duration) -> BatchReport {
    let mut per_partition = BTreeMap::new();
    for delivery in outcomes.iter().flatten() {
        *per_partition.entry(delivery.partition).or_insert(0) += 1;
    }
    let delivered = per_partition.values().sum();
    BatchReport {
        failed: outcomes.len() - delivered,
        delivered,
        per_partition,
        elapsed,
        outcomes,
    }
}
