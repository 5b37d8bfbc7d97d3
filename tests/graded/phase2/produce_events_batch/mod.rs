//! Each promise of `produce_events_batch`'s doc comment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::delivery::{BatchReport, DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_events_batch};
use rdkafka::error::RDKafkaErrorCode;
use testbed::probe::StoredRecord;
use testbed::{Cluster, Failure, Topic, Verdict, judge, within};

use crate::phase2::{is_record_of, mock_cluster, numbered};

mod failures;
mod lost_answers;
mod outcomes;
mod queue;

const LIMIT: Duration = Duration::from_secs(12);

const NEVER_RETURNS: &str = "Every record gets a delivery report sooner or later, if the producer is polled: one that is \
                             refused because the queue is full must be sent again while reports make room.";

async fn report(producer: &EventProducer, topic: &Topic, events: &[Event]) -> Verdict<BatchReport> {
    let sending = produce_events_batch(producer, &topic.name, events);
    let what = "`produce_events_batch` to return";
    let report = within(LIMIT, what, NEVER_RETURNS, sending).await?;
    judge(report.outcomes.len() == events.len(), || {
        Failure::new(
            format!(
                "{} outcomes for {} events",
                report.outcomes.len(),
                events.len()
            ),
            "one outcome for each event",
            "A failure is an outcome too: an early return, by ? or try_join_all, hides what became of all the others.",
        )
    })?;
    Ok(report)
}

/// Whether each outcome says of its event what the log says.
fn judge_outcomes(events: &[Event], report: &BatchReport, records: &[StoredRecord]) -> Verdict {
    let by_place: BTreeMap<(i32, i64), &StoredRecord> = records
        .iter()
        .map(|record| ((record.partition, record.offset), record))
        .collect();
    for (number, (event, outcome)) in events.iter().zip(&report.outcomes).enumerate() {
        let stored = records.iter().any(|record| is_record_of(record, event));
        let right = match outcome {
            Ok(delivery) => by_place
                .get(&(delivery.partition, delivery.offset))
                .is_some_and(|record| is_record_of(record, event)),
            Err(_) => !stored,
        };
        judge(right, || {
            let is_or_not = if stored { "is" } else { "is not" };
            Failure::new(
                format!(
                    "outcome {number} is {outcome:?}, and event {number} {is_or_not} in the log, not at that place"
                ),
                "outcome and event at the same index, with the place of the record or the reason why there is none",
                "A record that was accepted into the queue is not delivered yet: only its delivery report says where it \
                 is, or that it is nowhere. Keep reports and events in the same order.",
            )
        })?;
    }
    Ok(())
}

/// Sends an event to have the producer connected. With a short `message.timeout.ms` on a busy machine that may take more
/// than one.
async fn connect(producer: &EventProducer, topic: &Topic) -> Verdict {
    let begun = Instant::now();
    loop {
        let report = report(producer, topic, &[warm_up()]).await?;
        if report.outcomes[0].is_ok() || begun.elapsed() >= LIMIT {
            return Ok(());
        }
    }
}

/// A mock cluster whose answers take `round_trip`, and a producer that is connected to it already.
async fn slow_cluster(
    partitions: i32,
    round_trip: Duration,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let (cluster, topic, producer) = mock_cluster(partitions, settings).await?;
    connect(&producer, &topic).await?;
    cluster.faults()?.round_trip_time(round_trip);
    Ok((cluster, topic, producer))
}

/// The event that connects a producer. It is in the log too.
fn warm_up() -> Event {
    numbered(None, 1000)
}

fn code(outcome: &DeliveryOutcome) -> Option<RDKafkaErrorCode> {
    outcome.as_ref().err().and_then(DeliveryError::code)
}
