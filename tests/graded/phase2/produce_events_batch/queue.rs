//! The producer's queue: back-pressure, order, flushing.

use std::collections::BTreeSet;
use std::time::Duration;

use event_log::event::Event;
use event_log::phase2_producer::produce_event;
use rdkafka::types::RDKafkaApiKey;
use rstest::rstest;
use serde_json::{Value, json};
use testbed::{Cluster, Failure, SLOW_WAIT, Topic, Verdict, history, judge};

use crate::phase2::support::batch::{
    DROPPED_UNSENT, LIMIT, NEVER_RETURNS, has_no_such_partition, report, report_within,
    slow_cluster,
};
use crate::phase2::support::events::{numbered, numbered_events};
use crate::phase2::support::partitioner::CHOSEN_PARTITION;
use crate::phase2::support::producer::producer;
use crate::phase2::support::time_limits::LATE_ANSWER;

/// It does not wait for one report before it sends the next record.
#[rstest]
#[testbed::test(mock, long)]
async fn sends_without_waiting_for_each() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &[]).await?;
    // It takes about three. A wait after each five hundred takes twelve.
    let limit = round_trip * 10;
    let events = numbered_events(&["a"], 6000);
    let what = "`produce_events_batch` to return with 6000 outcomes";
    report_within(limit, what, PAYS_ROUND_TRIPS, &producer, &topic, &events).await?;
    Ok(())
}

const PAYS_ROUND_TRIPS: &str = "An answer takes 0.3 s here, and records travel together: all of them take a few round trips. \
                                Awaiting a delivery, or some hundred, before the next send makes the rest pay a whole round \
                                trip each time. An async function does nothing until it is polled, so futures that are \
                                collected and awaited in turn do that too: send all, then await the reports.";

/// Settings under which only five records fit into the producer's queue.
const SMALL_QUEUE: &[(&str, &str)] = &[("queue.buffering.max.messages", "5")];

/// A full queue is back-pressure: every event gets its turn.
#[rstest]
#[testbed::test(mock)]
async fn takes_a_full_queue_for_back_pressure() -> Verdict {
    let round_trip = Duration::from_millis(60);
    let (_cluster, topic, producer) = slow_cluster(3, round_trip, SMALL_QUEUE).await?;
    let report = report(&producer, &topic, &numbered_events(&["a", "b", "c"], 40)).await?;
    let codes: BTreeSet<String> = report
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .map(ToString::to_string)
        .collect();

    judge(codes.is_empty(), || {
        let failed = report.outcomes.iter().filter(|o| o.is_err()).count();
        Failure::new(
            format!("{failed} of 40 events failed, with room for 5 in the queue: {codes:?}"),
            "40 deliveries",
            if report.outcomes.iter().any(has_no_such_partition) {
                CHOSEN_PARTITION
            } else {
                "QueueFull means «not now»: the record was not taken, nothing is lost. Wait until delivery reports have made \
                 room, then send the same record again."
            },
        )
    })
}

/// A full queue is back-pressure, whoever has filled it.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_room_that_others_have_taken() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let room_for_one = [("queue.buffering.max.messages", "1")];
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &room_for_one).await?;
    let (other, events) = (numbered(None, 900), numbered_events(&["a"], 2));
    // The other event is in the queue when the batch begins.
    let (_, report) = tokio::join!(
        produce_event(&producer, &topic.name, &other, |_| {}),
        report(&producer, &topic, &events)
    );
    let report = report?;

    judge(report.outcomes.iter().all(Result::is_ok), || {
        Failure::new(
            format!(
                "two events, and room for one, which an event of another call had taken: {:?}",
                report.outcomes
            ),
            "two deliveries",
            "QueueFull means «not now», also when no record in the queue is the batch's own: a producer is shared, and the \
             reports that make room may be others'. Wait, then send the same record again.",
        )
    })
}

/// A full queue is back-pressure, also where it stays full for seconds.
#[rstest]
#[testbed::test(mock, long)]
async fn waits_seconds_for_room() -> Verdict {
    judge_waiting_for_late_room(LATE_ANSWER, "three seconds").await
}

/// The same where it takes longer than many a time limit.
#[rstest]
#[testbed::test(mock, slow, deadline = 30)]
async fn has_patience_for_room() -> Verdict {
    judge_waiting_for_late_room(SLOW_WAIT, "twelve seconds").await
}

/// The queue is full for `delay`, which is `full_for` in words.
async fn judge_waiting_for_late_room(delay: Duration, full_for: &str) -> Verdict {
    let room_for_one = [("queue.buffering.max.messages", "1")];
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, &room_for_one).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, delay)?;
    let limit = delay + LIMIT / 2;
    let events = numbered_events(&["a"], 3);
    let what = "`produce_events_batch` to return";
    let report = report_within(limit, what, NEVER_RETURNS, &producer, &topic, &events).await?;

    judge(report.outcomes.iter().all(Result::is_ok), || {
        Failure::new(
            format!(
                "three events, and room for one, which was taken for {full_for}: {:?}",
                report.outcomes
            ),
            "three deliveries",
            "QueueFull means «not now»: the record was not taken, nothing is lost. A wait for room has no end but room: \
             how long the records before may take is message.timeout.ms.",
        )
    })
}

/// Events with the same key are in the log in the order given, a full queue or not.
#[rstest]
#[case::room_enough("100000")]
#[case::full_queue("10")]
#[testbed::test(mock)]
async fn keeps_the_order_within_a_key(#[case] room: &str) -> Verdict {
    // Answers come at once, so that room comes and goes while the batch is still being sent.
    let settings = [("queue.buffering.max.messages", room), ("linger.ms", "0")];
    let (_cluster, topic, producer) = slow_cluster(3, Duration::ZERO, &settings).await?;
    let events = numbered_events(&["a", "b", "c", "d"], 300);
    report(&producer, &topic, &events).await?;

    judge_order(&topic, &events).await
}

/// Events with the same key are in the log in the order given, even when a later one would find room earlier.
#[rstest]
#[testbed::test(mock, long)]
async fn keeps_the_order_when_only_small_records_fit() -> Verdict {
    // Room for one large record and many small ones.
    let settings = [("queue.buffering.max.kbytes", "1"), ("linger.ms", "0")];
    let round_trip = Duration::from_millis(100);
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &settings).await?;
    let mut events = numbered_events(&["a"], 6);
    for event in events.iter_mut().step_by(2) {
        event.payload["text"] = json!("x".repeat(600));
    }
    report(&producer, &topic, &events).await?;
    judge_order(&topic, &events).await
}

async fn judge_order(topic: &Topic, events: &[Event]) -> Verdict {
    let sent: Vec<(String, String)> = events.iter().map(key_and_event).collect();
    let stored: Vec<(String, String)> = topic
        .records()
        .await?
        .into_iter()
        .filter(|record| record.key.is_some())
        .map(|record| (text(record.key), event_label(&text(record.value))))
        .collect();
    let counter_example = history::out_of_order_within_key(&sent, &stored);
    judge(counter_example.is_none(), || {
        Failure::new(
            counter_example.unwrap_or_default(),
            "the events of each key in the order given, each once",
            "Order comes from putting the records into the queue one after the other. What goes on while an event waits \
             for room overtakes it: sends that run at the same time do, and so does whatever is sent before an event that \
             the full queue has refused.",
        )
    })
}

fn key_and_event(event: &Event) -> (String, String) {
    (
        event.key.clone().unwrap_or_default(),
        event_label(&event.payload.to_string()),
    )
}

fn text(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

/// An event in a failure: by its number, whatever else it carries.
fn event_label(payload: &str) -> String {
    let event: Option<Value> = serde_json::from_str(payload).ok();
    match event.and_then(|event| event["number"].as_u64()) {
        Some(number) => format!("event {number}"),
        None => format!("{payload:.24}"),
    }
}

/// When it returns, nothing waits in the queue any more, whatever `linger.ms` says.
#[rstest]
#[testbed::test]
async fn leaves_nothing_in_the_queue() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let mut config = topic.client.clone();
    config.set("linger.ms", "1500");
    let events = numbered_events(&["a", "b", "c"], 12);
    let report = report(&producer(&config)?, &topic, &events).await?;
    let stored: i64 = topic.end_offsets().await?.values().sum();

    judge(stored == 12 && report.delivered == 12, || {
        Failure::new(
            format!(
                "{stored} of 12 events in the log, {} reported as delivered",
                report.delivered
            ),
            "12 of 12: linger.ms holds records back for 1.5 s, and the batch waits for them",
            DROPPED_UNSENT,
        )
    })
}
