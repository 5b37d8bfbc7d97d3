//! A batch goes into the queue through several lanes; a key has one lane, and so keeps its order.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;

use crate::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use crate::event::Event;

pub type EventProducer = FutureProducer;

pub fn create_producer(config: &ClientConfig) -> KafkaResult<EventProducer> {
    let mut config = config.clone();
    config.set("acks", "all").set("enable.idempotence", "true");
    config.create()
}

pub async fn produce_event(
    producer: &EventProducer,
    topic: &str,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> DeliveryOutcome {
    let (outcome, _) = match post(producer, topic, event).await {
        Posted::UnderWay(report) => arrival(report).await,
        Posted::Refused(outcome, at) => (outcome, at),
    };
    on_delivery(&outcome);
    outcome
}

pub async fn produce_events_batch(
    producer: &EventProducer,
    topic: &str,
    events: &[Event],
) -> BatchReport {
    const LANES: usize = 8;
    let hash = RandomState::new();
    let mut lanes: [Vec<usize>; LANES] = Default::default();
    for (index, event) in events.iter().enumerate() {
        let lane = match &event.key {
            Some(key) => hash.hash_one(key) as usize,
            None => index,
        };
        lanes[lane % LANES].push(index);
    }
    let started = Instant::now();
    let posting = lanes.iter().map(|lane| async move {
        let mut posted = Vec::with_capacity(lane.len());
        for &index in lane {
            posted.push((index, post(producer, topic, &events[index]).await));
        }
        posted
    });
    let posted = join_all(posting).await;
    let flushing = async {
        if !events.is_empty() {
            let producer = producer.clone();
            let flush = move || producer.flush(Timeout::Never);
            let _ = tokio::task::spawn_blocking(flush).await;
        }
    };
    let arriving = async {
        let mut arrived = Vec::with_capacity(events.len());
        for (index, posted) in posted.into_iter().flatten() {
            let (outcome, at) = match posted {
                Posted::UnderWay(report) => arrival(report).await,
                Posted::Refused(outcome, at) => (outcome, at),
            };
            arrived.push((index, outcome, at));
        }
        arrived
    };
    let (mut arrived, ()) = tokio::join!(arriving, flushing);
    arrived.sort_unstable_by_key(|&(index, ..)| index);
    let last = arrived.iter().map(|&(_, _, at)| at).max();
    let outcomes: Vec<DeliveryOutcome> =
        arrived.into_iter().map(|(_, outcome, _)| outcome).collect();
    let per_partition = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .fold(BTreeMap::new(), |mut counts, delivery| {
            *counts.entry(delivery.partition).or_insert(0) += 1;
            counts
        });
    BatchReport {
        delivered: outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        failed: outcomes.iter().filter(|outcome| outcome.is_err()).count(),
        per_partition,
        elapsed: last.map_or(Duration::ZERO, |last| last - started),
        outcomes,
    }
}

/// A record on its way, or one that the client did not take.
enum Posted {
    UnderWay(DeliveryFuture),
    Refused(DeliveryOutcome, Instant),
}

async fn post(producer: &EventProducer, topic: &str, event: &Event) -> Posted {
    loop {
        let value = event.value();
        let record = FutureRecord {
            topic,
            partition: None,
            payload: Some(&value),
            key: event.key.as_ref(),
            timestamp: Some(event.timestamp),
            headers: None,
        };
        match producer.send_result(record) {
            Ok(report) => return Posted::UnderWay(report),
            Err((error, _)) => {
                if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                    return Posted::Refused(Err(error.into()), Instant::now());
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

async fn arrival(report: DeliveryFuture) -> (DeliveryOutcome, Instant) {
    let outcome = match report.await {
        Ok(Ok(delivery)) => Ok(Delivery {
            partition: delivery.partition,
            offset: delivery.offset,
        }),
        Ok(Err((error, _))) => Err(error.into()),
        Err(_) => Err(DeliveryError::NoReport),
    };
    (outcome, Instant::now())
}
