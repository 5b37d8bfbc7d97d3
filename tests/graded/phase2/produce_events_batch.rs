//! Each promise of `produce_events_batch`'s doc comment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use event_log::delivery::{BatchReport, DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_events_batch};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::probe::StoredRecord;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Topic, Verdict, history, judge, within};

use super::{is_record_of, numbered, numbered_events, producer};

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

/// A mock cluster with one connected producer, whose answers take `round_trip` from now on.
async fn slow_cluster(
    partitions: i32,
    round_trip: Duration,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(partitions).await?;
    let mut config = topic.client.clone();
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let producer = producer(&config)?;
    report(&producer, &topic, &[warm_up()]).await?;
    cluster.faults()?.round_trip_time(round_trip);
    Ok((cluster, topic, producer))
}

/// The event that connects a producer. It is in the log too.
fn warm_up() -> Event {
    numbered(None, 1000)
}

/// One outcome for each event, in the order given, with the place of the record.
#[rstest]
#[testbed::test]
async fn reports_every_event_in_the_order_given() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let events = numbered_events(&["a", "b", "c", "d", "e"], 40);
    let report = report(&producer(&topic.client)?, &topic, &events).await?;
    let records = topic.records().await?;
    judge_outcomes(&events, &report, &records)?;
    judge(records.len() == events.len(), || {
        Failure::new(
            format!("{} records for {} events", records.len(), events.len()),
            "one record for each event",
            "Sending once more what was sent already makes another record: Kafka does not compare them.",
        )
    })
}

/// The records are made as in `produce_event`: key or none, value, timestamp.
#[rstest]
#[testbed::test]
async fn makes_the_records_as_produce_event_does() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let events = [numbered(Some("customer-7"), 1), numbered(None, 2)];
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
                "A record has fields for key, value and timestamp; a batch fills them as a single send does.",
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
    let mut events = numbered_events(&["a", "b", "c", "d", "e", "f", "g"], 25);
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
            "Count delivery reports, not records put into the queue.",
        )
    })
}

/// `elapsed` goes from the first send to the last delivery report.
#[rstest]
#[testbed::test(mock)]
async fn times_the_batch() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &[]).await?;
    let begun = Instant::now();
    let report = report(&producer, &topic, &numbered_events(&["a"], 3)).await?;
    let took = begun.elapsed();

    judge((round_trip..=took).contains(&report.elapsed), || {
        Failure::new(
            format!("elapsed is {}", seconds(report.elapsed)),
            format!(
                "at least {}, which is what the broker takes to answer, and at most the {} of the whole call",
                seconds(round_trip),
                seconds(took)
            ),
            "A batch is done when the last delivery report is in, not when the last record is in the queue.",
        )
    })
}

/// It does not wait for one report before it sends the next record.
#[rstest]
#[testbed::test(mock)]
async fn sends_without_waiting_for_each() -> Verdict {
    let round_trip = Duration::from_millis(150);
    let (_cluster, topic, producer) = slow_cluster(1, round_trip, &[]).await?;
    let begun = Instant::now();
    report(&producer, &topic, &numbered_events(&["a"], 30)).await?;
    let round_trips = begun.elapsed().as_secs_f64() / round_trip.as_secs_f64();

    judge(round_trips < 15.0, || {
        Failure::new(
            format!("30 events took as long as {round_trips:.0} round trips"),
            "a few round trips: records travel together",
            "Awaiting each delivery before the next send makes every record pay a whole round trip. Send all, then \
             await the reports: that is what lets librdkafka make batches.",
        )
    })
}

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
            "QueueFull means «not now»: the record was not taken, nothing is lost. Wait until delivery reports have made \
             room, then send the same record again.",
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

    let sent: Vec<(String, String)> = events.iter().map(key_and_value).collect();
    let stored: Vec<(String, String)> = topic
        .records()
        .await?
        .into_iter()
        .filter(|record| record.key.is_some())
        .map(|record| (text(record.key), text(record.value)))
        .collect();
    let counter_example = history::out_of_order_within_key(&sent, &stored);
    judge(counter_example.is_none(), || {
        Failure::new(
            counter_example.unwrap_or_default(),
            "the events of each key in the order given, each once",
            "Order comes from putting the records into the queue one after the other. Sends that run at the same time and \
             each wait for room on their own overtake one another when the queue is full.",
        )
    })
}

fn key_and_value(event: &Event) -> (String, String) {
    (
        event.key.clone().unwrap_or_default(),
        event.payload.to_string(),
    )
}

fn text(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
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
            "Records in the queue are gone when the producer is dropped, and unknown until they are reported. Flush and \
             await every delivery report.",
        )
    })
}

/// One failure hides no other event: all are sent, all are reported.
#[rstest]
#[testbed::test]
async fn one_failure_hides_no_other() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut config = topic.client.clone();
    config.set("message.max.bytes", "2000");
    let mut events = numbered_events(&["a", "b", "c"], 10);
    events[4].payload = json!("x".repeat(5000));
    let report = report(&producer(&config)?, &topic, &events).await?;

    judge_outcomes(&events, &report, &topic.records().await?)?;
    let codes: Vec<Option<RDKafkaErrorCode>> = report.outcomes.iter().map(code).collect();
    let mut expected = vec![None; 10];
    expected[4] = Some(RDKafkaErrorCode::MessageSizeTooLarge);
    judge(codes == expected, || {
        Failure::new(
            format!("error codes {codes:?}"),
            "MessageSizeTooLarge for event 4 and no other",
            "Each record has its own fate. Stopping at the first failure leaves the rest unsent or unreported.",
        )
    })
}

fn code(outcome: &DeliveryOutcome) -> Option<RDKafkaErrorCode> {
    outcome.as_ref().err().and_then(DeliveryError::code)
}

/// What the broker refuses is reported as failed, with its code; what it took, as delivered.
#[rstest]
#[testbed::test(mock)]
async fn reports_what_the_broker_refused() -> Verdict {
    let settings = [("linger.ms", "50")];
    let (cluster, topic, producer) = slow_cluster(3, Duration::ZERO, &settings).await?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::Produce, &[refusal]);
    let events = numbered_events(&["a", "b", "c", "d", "e", "f"], 24);
    let report = report(&producer, &topic, &events).await?;

    judge_outcomes(&events, &report, &topic.records().await?)?;
    let refused = Some(RDKafkaErrorCode::TopicAuthorizationFailed);
    let with_code = report
        .outcomes
        .iter()
        .filter(|o| code(o) == refused)
        .count();
    let counted = report.delivered + report.failed;
    judge(
        with_code > 0 && with_code == report.failed && counted == 24,
        || {
            Failure::new(
                format!(
                    "{with_code} outcomes with {refused:?}, failed = {}, delivered = {}",
                    report.failed, report.delivered
                ),
                "the events of the refused request as failed, all others as delivered, 24 together",
                "A flush that returns Ok says that the queue is empty, not that the broker took what was in it.",
            )
        },
    )
}

/// When no broker answers, every event is reported as timed out.
#[rstest]
#[testbed::test(mock)]
async fn reports_every_event_when_no_broker_answers() -> Verdict {
    let settings = [("message.timeout.ms", "1000")];
    let (cluster, topic, producer) = slow_cluster(2, Duration::ZERO, &settings).await?;
    cluster.faults()?.down();
    let report = report(&producer, &topic, &numbered_events(&["a", "b"], 8)).await?;

    let timed_out = Some(RDKafkaErrorCode::MessageTimedOut);
    judge(
        report.outcomes.iter().all(|o| code(o) == timed_out) && report.failed == 8,
        || {
            Failure::new(
                format!("failed = {}, outcomes {:?}", report.failed, report.outcomes),
                "8 failed, each with MessageTimedOut",
                "Each record waits for message.timeout.ms and is then reported. A flush that gives up earlier, and goes \
             unnoticed, leaves the records without an outcome.",
            )
        },
    )
}

/// It sends each event once: a record that timed out may be in the log all the same.
#[rstest]
#[testbed::test(mock)]
async fn sends_no_event_again() -> Verdict {
    let settings = [("message.timeout.ms", "1000")];
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, &settings).await?;
    // The records are in the log at once, and the answer that says so comes when the client has given up.
    let too_late = Duration::from_secs(4);
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, too_late);
    let events = numbered_events(&["a"], 3);
    report(&producer, &topic, &events).await?;

    let copies = copies_in_the_log(&topic, &events).await?;
    judge(copies.iter().all(|&copies| copies == 1), || {
        Failure::new(
            format!(
                "{copies:?} records of the three events, whose answer came after message.timeout.ms"
            ),
            "one record for each event",
            "MessageTimedOut means that no answer came in time, not that the record is not there. Sending it again makes \
             a duplicate that no idempotence can recognise: it is a new record.",
        )
    })
}

/// A lost answer makes no duplicate: librdkafka repeats the request, and the broker recognises it.
#[rstest]
#[testbed::test(mock)]
async fn a_lost_answer_makes_no_duplicate() -> Verdict {
    let settings = [("socket.timeout.ms", "500")];
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, &settings).await?;
    let lost = Duration::from_secs(4);
    cluster.faults()?.delay_next(RDKafkaApiKey::Produce, lost);
    let events = numbered_events(&["a"], 5);
    report(&producer, &topic, &events).await?;

    let copies = copies_in_the_log(&topic, &events).await?;
    judge(copies.iter().all(|&copies| copies == 1), || {
        Failure::new(
            format!(
                "{copies:?} records of the five events, after the answer to the first request was lost"
            ),
            "one record for each event",
            "Repeating what got no answer is librdkafka's work, and enable.idempotence lets the broker recognise a \
             repetition. Without it, a lost answer is a duplicate.",
        )
    })
}

async fn copies_in_the_log(topic: &Topic, events: &[Event]) -> Verdict<Vec<usize>> {
    let records = topic.records().await?;
    let copies = |event: &Event| records.iter().filter(|r| is_record_of(r, event)).count();
    Ok(events.iter().map(copies).collect())
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
