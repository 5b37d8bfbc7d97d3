//! What the report says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::delivery::DeliveryOutcome;
use event_log::event::Event;
use rstest::rstest;
use serde_json::json;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase2::support::batch::{
    DROPPED_UNSENT, STOPPED_EARLY, has_no_such_partition, report, slow_cluster,
};
use crate::phase2::support::events::{is_record_of, numbered, numbered_events};
use crate::phase2::support::outcomes::judge_outcomes;
use crate::phase2::support::partitioner::{CHOSEN_PARTITION, PartitionerChoice};
use crate::phase2::support::producer::producer;

const A_RECORD_FOR_EACH: &str = "Each event is a record of its own: librdkafka makes requests of many records by itself. Sending \
                                 once more what was sent already makes another record: Kafka does not compare them.";

/// One outcome for each event, in the order given, with the place of the record.
#[rstest]
#[testbed::test]
async fn reports_every_event_in_the_order_given() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let mut events = numbered_events(&["a", "b", "c", "d", "e"], 40);
    // The same thing can happen twice.
    events[39] = events[34].clone();
    let report = report(&producer(&topic.client)?, &topic, &events).await?;
    let records = topic.records().await?;
    judge(records.len() == events.len(), || {
        Failure::new(
            format!("{} records for {} events", records.len(), events.len()),
            "one record for each event",
            match &report.outcomes {
                outcomes if outcomes.iter().any(has_no_such_partition) => CHOSEN_PARTITION,
                _ if records.is_empty() => DROPPED_UNSENT,
                _ => A_RECORD_FOR_EACH,
            },
        )
    })?;
    judge_outcomes(&events, &report, &records)
}

/// The partitioner of the producer's settings chooses the partition of each record, as for a single event.
#[rstest]
#[case::javas_default("murmur2_random")]
#[case::one_place_for_all_without_a_key("murmur2")]
#[testbed::test]
async fn leaves_the_partitions_to_the_partitioner(#[case] partitioner: &str) -> Verdict {
    let choice = PartitionerChoice::of(partitioner).await?;
    let report = report(&producer(&choice.config)?, &choice.topic, &choice.events).await?;
    let partition =
        |outcome: &DeliveryOutcome| outcome.as_ref().map_or(-1, |there| there.partition);
    let chosen: Vec<i32> = report.outcomes.iter().map(partition).collect();
    choice.judge(&chosen)
}

/// The report is of the events given, also while another batch is under way with the same producer.
#[rstest]
#[testbed::test]
async fn keeps_batches_apart_that_are_under_way_together() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let producer = producer(&topic.client)?;
    let events = numbered_events(&["a", "b", "c", "d", "e"], 50);
    let (one, other) = events.split_at(30);
    let reports = tokio::join!(
        report(&producer, &topic, one),
        report(&producer, &topic, other)
    );
    let records = topic.records().await?;
    let concept = match records.len() {
        0 => DROPPED_UNSENT,
        50 => {
            "A producer is shared: what belongs to one call, such as which report is whose, belongs into the call or travels \
             with the record, and not into the producer."
        }
        _ => A_RECORD_FOR_EACH,
    };
    for (events, report) in [(one, reports.0?), (other, reports.1?)] {
        // Which of the outcomes are another's is chance.
        judge_outcomes(events, &report, &records).map_err(|not_passed| {
            not_passed.map_failure(|_| Failure::new(
                format!(
                    "two batches under way with one producer: not every outcome of the {} events is that of its own record",
                    events.len()
                ),
                "outcome and event at the same index, whatever else the producer sends",
                concept,
            ))
        })?;
    }
    Ok(())
}

/// The records are made as in `produce_event`: key or none, value, timestamp.
#[rstest]
#[testbed::test]
async fn makes_the_records_as_produce_event_does() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let nothing = Event {
        payload: json!(null),
        ..numbered(Some("customer-7"), 3)
    };
    let events = [numbered(Some("customer-7"), 1), numbered(None, 2), nothing];
    report(&producer(&topic.client)?, &topic, &events).await?;
    let records = topic.records().await?;

    for event in &events {
        let key = event.key.as_ref().map(String::as_bytes);
        let record = records.iter().find(|record| is_record_of(record, event));
        let right = record.is_some_and(|record| {
            record.key.as_deref() == key && record.timestamp == Some(event.timestamp)
        });
        judge(right, || {
            Failure::new(
                format!("for {event:?}: {record:?}"),
                "a record with the event's key or none, its value and its timestamp",
                "A record has fields for key, value and timestamp; a batch fills them as a single send does. A timestamp \
                 that is left out becomes the time of sending, and null is a value, while a record without one is a tombstone.",
            )
        })?;
    }
    Ok(())
}

/// `delivered`, `failed` and `per_partition` count the outcomes.
#[rstest]
#[testbed::test]
async fn counts_the_outcomes() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    let mut config = topic.client.clone();
    config.set("message.max.bytes", "2000");
    // Three keys leave at least one of four partitions empty.
    let mut events = numbered_events(&["a", "b", "c"], 25);
    events[3].payload = json!("x".repeat(5000));
    let report = report(&producer(&config)?, &topic, &events).await?;

    let mut per_partition: BTreeMap<i32, usize> = BTreeMap::new();
    for record in topic.records().await? {
        *per_partition.entry(record.partition).or_default() += 1;
    }
    let counts = (report.delivered, report.failed, &report.per_partition);
    judge(counts == (24, 1, &per_partition), || {
        Failure::new(
            format!("delivered, failed and per_partition are {counts:?}"),
            format!("24, 1 and {per_partition:?}: one of 25 events is too large"),
            if report
                .outcomes
                .iter()
                .filter(|outcome| outcome.is_err())
                .count()
                > 1
            {
                STOPPED_EARLY
            } else {
                "Count the delivery reports, the good ones and the bad ones apart, and not the records put into the queue. A \
                 record that was not delivered is in no partition, and a partition that got none is not counted."
            },
        )
    })
}

/// `elapsed` goes from the first send to the last delivery report.
#[rstest]
#[testbed::test(mock)]
async fn times_the_batch() -> Verdict {
    let round_trip = Duration::from_millis(200);
    // With room for one record, sending takes nearly as long as waiting for the reports.
    let settings = [("queue.buffering.max.messages", "1")];
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &settings).await?;
    let at_least = round_trip * 3;
    let begun = Instant::now();
    let report = report(&producer, &topic, &numbered_events(&["a"], 3)).await?;
    let took = begun.elapsed();

    judge((at_least..=took).contains(&report.elapsed), || {
        Failure::new(
            format!("elapsed is {}", seconds(report.elapsed)),
            format!(
                "at least {}, which is what the broker takes to answer three times, and at most the {} of the whole call",
                seconds(at_least),
                seconds(took)
            ),
            "A batch begins with the first send, before the queue has taken anything, and is done when the last delivery report is in, not when the last record is in the queue.",
        )
    })
}

/// `elapsed` goes to the last delivery report, which need not be that of the last event.
#[rstest]
#[testbed::test(mock)]
async fn times_the_batch_to_the_last_report() -> Verdict {
    let round_trip = Duration::from_millis(400);
    let settings = [("message.max.bytes", "2000")];
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &settings).await?;
    let mut events = numbered_events(&["a"], 2);
    // What is too large is known at once.
    events[1].payload = json!("x".repeat(5000));
    let report = report(&producer, &topic, &events).await?;

    judge(report.elapsed >= round_trip, || {
        Failure::new(
            format!("elapsed is {}", seconds(report.elapsed)),
            format!(
                "at least {}, which is what the broker takes to answer for the first event; the second was refused at once",
                seconds(round_trip)
            ),
            "Delivery reports come in an order of their own: the batch is done when the last one is in, whichever event's that \
             is.",
        )
    })
}

/// An empty batch makes an empty report.
#[rstest]
#[testbed::test]
async fn an_empty_batch_makes_an_empty_report() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let report = report(&producer(&topic.client)?, &topic, &[]).await?;
    let counts = (report.delivered, report.failed, report.per_partition.len());
    judge(counts == (0, 0, 0), || {
        Failure::new(
            format!("{report:?}"),
            "nothing delivered, nothing failed, no partition",
            "A batch can be empty: nothing to wait for, nothing to divide by.",
        )
    })
}
