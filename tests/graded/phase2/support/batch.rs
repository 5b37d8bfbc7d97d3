//! Calls of `produce_events_batch`, each with a limit.

use std::time::{Duration, Instant};

use event_log::delivery::{BatchReport, DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_events_batch};
use rdkafka::error::RDKafkaErrorCode;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Topic, Verdict, judge, within};

use super::events::numbered;
use super::producer::mock_cluster;

pub const LIMIT: Duration = Duration::from_secs(8);

pub const NEVER_RETURNS: &str = "Every record gets a delivery report sooner or later, if the producer is polled: one that is \
                             refused because the queue is full must be sent again while reports make room.";

/// Of records that are not in the log.
pub const DROPPED_UNSENT: &str = "Records in the queue are gone when the producer is dropped, and unknown until they are reported. \
                              Flush and await every delivery report.";

/// Of events that failed because another one did.
pub const STOPPED_EARLY: &str = "Each record has its own fate. Stopping at the first failure leaves the rest unsent or unreported.";

pub async fn report(
    producer: &EventProducer,
    topic: &Topic,
    events: &[Event],
) -> Verdict<BatchReport> {
    let what = "`produce_events_batch` to return";
    report_within(LIMIT, what, NEVER_RETURNS, producer, topic, events).await
}

pub async fn report_within(
    limit: Duration,
    what: &str,
    concept: &str,
    producer: &EventProducer,
    topic: &Topic,
    events: &[Event],
) -> Verdict<BatchReport> {
    let sending = produce_events_batch(producer, &topic.name, events);
    let report = within(limit, what, concept, sending).await?;
    judge(report.outcomes.len() == events.len(), || {
        Failure::new(
            format!(
                "{} outcomes for {} events",
                report.outcomes.len(),
                events.len()
            ),
            "one outcome for each event",
            "A failure is an outcome too: an early return, by ? or try_join_all, hides what became of all the others. \
             No event is skipped, and none is put together with another.",
        )
    })?;
    Ok(report)
}

pub fn code(outcome: &DeliveryOutcome) -> Option<RDKafkaErrorCode> {
    outcome.as_ref().err().and_then(DeliveryError::code)
}

/// Whether the event was sent to a partition that the topic does not have.
pub fn has_no_such_partition(outcome: &DeliveryOutcome) -> bool {
    code(outcome) == Some(RDKafkaErrorCode::UnknownPartition)
}

/// Sends an event to have the producer connected. With a short `message.timeout.ms` on a busy machine that may take more
/// than one.
async fn connect(producer: &EventProducer, topic: &Topic) -> Verdict {
    let begun = Instant::now();
    loop {
        let report = report(producer, topic, &[warm_up()]).await?;
        if report.outcomes[0].is_ok() {
            return Ok(());
        }
        judge(begun.elapsed() < LIMIT, || {
            Failure::new(
                format!(
                    "a batch of one event, sent for {} again and again: {:?}",
                    seconds(LIMIT),
                    report.outcomes
                ),
                "Ok with the partition and the offset that the broker gave",
                "Nothing is wrong with this record or this broker, so it was given up on the way, as records in the queue \
                 are when their producer is dropped.",
            )
        })?;
    }
}

/// A mock cluster whose answers take `round_trip`, and a producer that is connected to it already.
pub async fn slow_cluster(
    partitions: i32,
    round_trip: Duration,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let (cluster, topic, producer) = mock_cluster(partitions, settings).await?;
    connect(&producer, &topic).await?;
    cluster.faults()?.round_trip_time(round_trip)?;
    Ok((cluster, topic, producer))
}

/// The event that connects a producer. It is in the log too.
fn warm_up() -> Event {
    numbered(None, 1000)
}
