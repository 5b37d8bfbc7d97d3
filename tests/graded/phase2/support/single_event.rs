//! Calls of `produce_event`, each with a limit.

use std::time::{Duration, Instant};

use event_log::delivery::{Delivery, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_event};
use testbed::{Cluster, Failure, Topic, Verdict, within};

use super::events::numbered;
use super::producer::mock_cluster;
use super::time_limits::MESSAGE_TIMEOUT;

pub const LIMIT: Duration = Duration::from_secs(8);

pub const NEVER_RETURNS: &str = "The delivery report comes only if the record is handed to the producer and the producer is \
                             polled: FutureProducer polls by itself, BaseProducer must be polled by you. A failure is \
                             an outcome too: sending again until it works may never end.";

pub const NO_ROOM_EVER: &str = "A record leaves the queue when its delivery report is taken, so there will be room only if the \
                            producer is polled while you wait for room: FutureProducer polls by itself, BaseProducer \
                            must be polled by you.";

/// Of a place that is none.
pub const NO_PLACE: &str = "Both are in the delivery report. An offset of -1001 or -1 means that no broker was asked: the report \
                        was not awaited, or acks=0 asks for no answer.";

pub async fn outcome(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
) -> Verdict<DeliveryOutcome> {
    outcome_with(producer, topic, event, |_| {}).await
}

pub async fn outcome_with(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> Verdict<DeliveryOutcome> {
    let sending = produce_event(producer, &topic.name, event, on_delivery);
    within(LIMIT, "`produce_event` to return", NEVER_RETURNS, sending).await
}

/// The outcome of an event to which no broker answers.
pub async fn outcome_without_an_answer(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
) -> Verdict<DeliveryOutcome> {
    let sending = produce_event(producer, &topic.name, event, |_| {});
    within(LIMIT, "`produce_event` to return", MESSAGE_TIMEOUT, sending).await
}

pub async fn delivered(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
) -> Verdict<Delivery> {
    let outcome = outcome(producer, topic, event).await?;
    Ok(outcome.map_err(|error| {
        Failure::new(
            format!("`produce_event` returned the error «{error}»"),
            "Ok with the partition and the offset that the broker gave",
            "Nothing is wrong with this record or this broker, so the error was made on the way.",
        )
    })?)
}

/// Sends an event to have the producer connected. With a short `message.timeout.ms` on a busy machine that may take more
/// than one.
async fn connect(producer: &EventProducer, topic: &Topic) -> Verdict {
    let begun = Instant::now();
    loop {
        match delivered(producer, topic, &numbered(None, 1000)).await {
            Ok(_) => return Ok(()),
            Err(failure) if begun.elapsed() >= LIMIT => return Err(failure),
            Err(_not_yet) => {}
        }
    }
}

/// A mock cluster whose answers take `round_trip`, and a producer that is connected to it already.
pub async fn slow_cluster(
    round_trip: Duration,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let (cluster, topic, producer) = mock_cluster(1, settings).await?;
    connect(&producer, &topic).await?;
    cluster.faults()?.round_trip_time(round_trip)?;
    Ok((cluster, topic, producer))
}
