//! Each promise of `produce_events_batch`'s doc comment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::delivery::{BatchReport, Delivery, DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_events_batch};
use rdkafka::error::RDKafkaErrorCode;
use testbed::probe::StoredRecord;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Topic, Verdict, judge, within};

use crate::phase2::{is_record_of, mock_cluster, numbered};

mod failures;
mod lost_answers;
mod outcomes;
mod queue;

const LIMIT: Duration = Duration::from_secs(8);

const NEVER_RETURNS: &str = "Every record gets a delivery report sooner or later, if the producer is polled: one that is \
                             refused because the queue is full must be sent again while reports make room.";

async fn report(producer: &EventProducer, topic: &Topic, events: &[Event]) -> Verdict<BatchReport> {
    let what = "`produce_events_batch` to return";
    report_within(LIMIT, what, NEVER_RETURNS, producer, topic, events).await
}

async fn report_within(
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

const ONLY_THE_REPORT_SAYS: &str = "A record that was accepted into the queue, or flushed out of it, is not delivered yet: \
                                    only its delivery report says where it is, or that it is nowhere.";

const IN_THE_SAME_ORDER: &str = "Reports come in an order of their own, by partition and by request, and failures before \
                                 or after the rest: keep each outcome at the same index as its event.";

/// Whether each outcome says of its event what the log says.
fn judge_outcomes(events: &[Event], report: &BatchReport, records: &[StoredRecord]) -> Verdict {
    let by_place: BTreeMap<(i32, i64), &StoredRecord> = records
        .iter()
        .map(|record| ((record.partition, record.offset), record))
        .collect();
    judge_one_place_each(events, report, &by_place)?;
    for (number, (event, outcome)) in events.iter().zip(&report.outcomes).enumerate() {
        let stored = records.iter().any(|record| is_record_of(record, event));
        let right = match outcome {
            Ok(delivery) => by_place
                .get(&(delivery.partition, delivery.offset))
                .is_some_and(|record| is_record_of(record, event)),
            Err(_) => !stored,
        };
        judge(right, || {
            // A place that several outcomes name, or that holds nothing, was not given by the broker.
            let of_another = |d: &Delivery| {
                by_place.contains_key(&(d.partition, d.offset))
                    && report.outcomes.iter().filter(|o| *o == outcome).count() == 1
            };
            let (seen, concept) = match outcome {
                Ok(delivery) if of_another(delivery) => {
                    ("and another record is there", IN_THE_SAME_ORDER)
                }
                Ok(_) => ("and the record is not there", ONLY_THE_REPORT_SAYS),
                Err(DeliveryError::NoReport) => {
                    ("and the record is in the log", ONLY_THE_REPORT_SAYS)
                }
                Err(_) => ("and the record is in the log", IN_THE_SAME_ORDER),
            };
            Failure::new(
                format!("the outcome of event {number} is {outcome:?}, {seen}"),
                "outcome and event at the same index, with the place of the record or the reason why there is none",
                concept,
            )
        })?;
    }
    Ok(())
}

/// Events that are equal have records of their own, and so have their outcomes.
fn judge_one_place_each(
    events: &[Event],
    report: &BatchReport,
    by_place: &BTreeMap<(i32, i64), &StoredRecord>,
) -> Verdict {
    let mut first_with: BTreeMap<(i32, i64), usize> = BTreeMap::new();
    for (number, outcome) in report.outcomes.iter().enumerate() {
        let Ok(delivery) = outcome else { continue };
        let place = (delivery.partition, delivery.offset);
        let Some(first) = first_with.insert(place, number) else {
            continue;
        };
        let equal = events[first] == events[number] && by_place.contains_key(&place);
        judge(!equal, || {
            Failure::new(
                format!(
                    "the outcomes of events {first} and {number}, which are equal, are both {delivery:?}"
                ),
                "a place for each of the two records",
                "What two events say does not tell them apart: the same thing can happen twice. Keep for each send the \
                 report that belongs to it.",
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
async fn slow_cluster(
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

fn code(outcome: &DeliveryOutcome) -> Option<RDKafkaErrorCode> {
    outcome.as_ref().err().and_then(DeliveryError::code)
}
