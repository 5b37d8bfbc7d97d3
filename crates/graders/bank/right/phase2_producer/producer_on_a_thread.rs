//! A `BaseProducer` that lives on a thread of its own. The functions hand events to the thread over a channel and get
//! outcomes back; the thread sends, polls and calls back.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::util::Timeout;
use rdkafka::{ClientConfig, ClientContext, Message};
use tokio::sync::oneshot;

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

/// The way to the thread of the producer. The thread flushes and ends when the last of these is gone.
#[derive(Debug, Clone)]
pub struct EventProducer {
    orders: Sender<Order>,
}

type WhenReported = Box<dyn FnOnce(DeliveryOutcome) + Send + Sync>;

struct Order {
    topic: String,
    event: Event,
    when_reported: WhenReported,
}

struct CallsBack;

impl ClientContext for CallsBack {}

impl ProducerContext for CallsBack {
    type DeliveryOpaque = Box<WhenReported>;

    fn delivery(&self, report: &DeliveryResult<'_>, when_reported: Self::DeliveryOpaque) {
        when_reported(match report {
            Ok(record) => Ok(Delivery {
                partition: record.partition(),
                offset: record.offset(),
            }),
            Err((error, _)) => Err(error.clone().into()),
        });
    }
}

/// Makes the producer and starts its thread.
///
/// # Errors
/// When librdkafka does not take a setting.
pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    let producer: BaseProducer<CallsBack> = config
        .clone()
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .create_with_context(CallsBack)?;
    let (orders, incoming) = channel();
    std::thread::spawn(move || work(&producer, &incoming));
    Ok(EventProducer { orders })
}

/// Has one event sent.
///
/// # Errors
/// When it was not delivered.
pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    let (sender, outcome) = oneshot::channel();
    order(producer, topic, event, move |outcome| {
        on_delivery(&outcome);
        let _ = sender.send(outcome);
    });
    outcome.await.unwrap_or(Err(DeliveryError::NoReport))
}

/// Has all events sent, in the order given.
pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    let begun = Instant::now();
    let mut reports = Vec::new();
    for event in events {
        let (sender, outcome) = oneshot::channel();
        order(producer, topic, event, |outcome| drop(sender.send(outcome)));
        reports.push(outcome);
    }
    let mut batch = BatchReport {
        outcomes: Vec::new(),
        delivered: 0,
        failed: 0,
        per_partition: BTreeMap::new(),
        elapsed: Duration::ZERO,
    };
    for report in reports {
        let outcome = report.await.unwrap_or(Err(DeliveryError::NoReport));
        match &outcome {
            Ok(delivery) => {
                batch.delivered += 1;
                *batch.per_partition.entry(delivery.partition).or_default() += 1;
            }
            Err(_) => batch.failed += 1,
        }
        batch.outcomes.push(outcome);
    }
    batch.elapsed = begun.elapsed();
    batch
}

fn order(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    when_reported: impl FnOnce(DeliveryOutcome) + Send + Sync + 'static,
) {
    // An order that nobody takes is dropped, and whoever waits for it told so.
    let _ = producer.orders.send(Order {
        topic: topic.to_owned(),
        event: event.clone(),
        when_reported: Box::new(when_reported),
    });
}

fn work(producer: &BaseProducer<CallsBack>, incoming: &Receiver<Order>) {
    loop {
        match incoming.recv_timeout(Duration::from_millis(2)) {
            Ok(order) => send(producer, order),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        producer.poll(Duration::ZERO);
    }
    let _ = producer.flush(Timeout::Never);
}

fn send(producer: &BaseProducer<CallsBack>, order: Order) {
    let value = order.event.value();
    let mut record =
        BaseRecord::<str, [u8], _>::with_opaque_to(&order.topic, Box::new(order.when_reported))
            .payload(&value)
            .timestamp(order.event.timestamp);
    record.key = order.event.key.as_deref();
    while let Err((error, refused)) = producer.send(record) {
        if error == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
            producer.poll(Duration::from_millis(5));
            record = refused;
        } else {
            let when_reported = *refused.delivery_opaque;
            return when_reported(Err(error.into()));
        }
    }
}
