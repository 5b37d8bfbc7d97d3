//! Each promise of `produce_event`'s doc comment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use event_log::delivery::{Delivery, DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_event};
use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::probe::StoredRecord;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Topic, Verdict, judge, within};

use super::{is_record_of, numbered, producer};

const LIMIT: Duration = Duration::from_secs(10);

const NEVER_RETURNS: &str = "The delivery report comes only if the record is handed to the producer and the producer is \
                             polled: FutureProducer polls by itself, BaseProducer must be polled by you.";

async fn outcome(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
) -> Verdict<DeliveryOutcome> {
    outcome_with(producer, topic, event, |_| {}).await
}

async fn outcome_with(
    producer: &EventProducer,
    topic: &Topic,
    event: &Event,
    on_delivery: impl Fn(&DeliveryOutcome) + Send + Sync + 'static,
) -> Verdict<DeliveryOutcome> {
    let sending = produce_event(producer, &topic.name, event, on_delivery);
    within(LIMIT, "`produce_event` to return", NEVER_RETURNS, sending).await
}

async fn delivered(producer: &EventProducer, topic: &Topic, event: &Event) -> Verdict<Delivery> {
    let outcome = outcome(producer, topic, event).await?;
    Ok(outcome.map_err(|error| {
        Failure::new(
            format!("`produce_event` returned the error «{error}»"),
            "Ok with the partition and the offset that the broker gave",
            "Nothing is wrong with this record or this broker, so the error was made on the way.",
        )
    })?)
}

/// Sends one event to a new topic and reads back the one record that should be there.
async fn stored(event: &Event) -> Verdict<StoredRecord> {
    let topic = Cluster::shared()?.topic(3).await?;
    let producer = producer(&topic.client)?;
    delivered(&producer, &topic, event).await?;
    let mut records = topic.records().await?;
    judge(records.len() == 1, || {
        Failure::new(
            format!("{} records on the topic after one event", records.len()),
            "one record for one event",
            "Handing a record to the producer only puts it into a queue. Awaiting the delivery report tells that it \
             left, and sending it again makes a second record.",
        )
    })?;
    Ok(records.remove(0))
}

/// The event's key is the record's key.
#[rstest]
#[testbed::test]
async fn keeps_the_key() -> Verdict {
    let record = stored(&numbered(Some("customer-7"), 1)).await?;
    judge(record.key.as_deref() == Some(b"customer-7"), || {
        Failure::new(
            format!("a record with {}", record.key_text()),
            "the key \"customer-7\"",
            "The key is a field of the record beside the value. Without it, records of one customer end up in different \
             partitions and lose their order.",
        )
    })
}

/// No key stays no key, which is not an empty key.
#[rstest]
#[testbed::test]
async fn no_key_stays_no_key() -> Verdict {
    let record = stored(&numbered(None, 1)).await?;
    judge(record.key.is_none(), || {
        Failure::new(
            format!("a record with the key {}", record.key_text()),
            "a record without a key",
            "An empty key is a key: every such record counts as the same thing, for the partitioner and for compaction. \
             Leave the key out when there is none.",
        )
    })
}

/// The record's value is the event's payload as JSON, as `Event::value` writes it.
#[rstest]
#[testbed::test]
async fn keeps_the_value() -> Verdict {
    let event = Event {
        payload: json!({"text": "größer", "nested": [1, null, {"deep": true}]}),
        ..numbered(Some("k"), 1)
    };
    let record = stored(&event).await?;
    judge(is_record_of(&record, &event), || {
        Failure::new(
            format!("the value {}", record.value_text()),
            format!("the value {:?}", event.payload.to_string()),
            "The value is what Event::value gives; key and timestamp have fields of their own.",
        )
    })
}

/// The record's timestamp is the event's, not the time of sending.
#[rstest]
#[testbed::test]
async fn keeps_the_timestamp() -> Verdict {
    let event = numbered(None, 1);
    let record = stored(&event).await?;
    judge(record.timestamp == Some(event.timestamp), || {
        Failure::new(
            format!("the timestamp {:?}", record.timestamp),
            format!("the timestamp {} of the event", event.timestamp),
            "Unless told, the client stamps a record with the time of sending. When it happened is the event's to say.",
        )
    })
}

/// The partitioner of the producer's settings chooses the partition, whichever it is.
#[rstest]
#[case::librdkafkas_default("consistent_random")]
#[case::javas_default("murmur2_random")]
#[testbed::test]
async fn leaves_the_partition_to_the_partitioner(#[case] partitioner: &str) -> Verdict {
    let cluster = Cluster::shared()?;
    let (topic, control) = (cluster.topic(4).await?, cluster.topic(4).await?);
    let mut config = topic.client.clone();
    config.set("partitioner", partitioner);
    let producer = producer(&config)?;

    let keys: Vec<String> = (0..8).map(|number| format!("key-{number}")).collect();
    let mut chosen = Vec::new();
    for key in &keys {
        let event = numbered(Some(key), 1);
        chosen.push(delivered(&producer, &topic, &event).await?.partition);
    }
    let expected = control.partitions_chosen_by(&config, &keys).await?;

    judge(chosen == expected, || {
        Failure::new(
            format!("partitions {chosen:?} for the keys {keys:?}"),
            format!("partitions {expected:?}, as the partitioner {partitioner} chooses"),
            "Leave the partition out and the partitioner chooses it from the key. Choosing it yourself, fixed or by a \
             formula, parts from what other producers of the topic do.",
        )
    })
}

/// It returns the partition and the offset that the broker gave the record.
#[rstest]
#[testbed::test]
async fn returns_what_the_broker_gave() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let producer = producer(&topic.client)?;
    for number in 0..6 {
        let event = numbered(Some(["a", "b"][number % 2]), number);
        let delivery = delivered(&producer, &topic, &event).await?;
        let records = topic.records().await?;
        let place = records
            .iter()
            .find(|record| is_record_of(record, &event))
            .map(|record| (record.partition, record.offset));
        judge(place == Some((delivery.partition, delivery.offset)), || {
            Failure::new(
                format!("{delivery:?} returned, and the record is at {place:?} on the broker"),
                "the partition and the offset of the record",
                "Both are in the delivery report. An offset of -1001 or -1 means that no broker was asked: the report \
                 was not awaited, or acks=0 asks for no answer.",
            )
        })?;
    }
    Ok(())
}

/// A mock cluster whose answers take `round_trip`, and a producer that is connected to it already.
async fn slow_cluster(
    round_trip: Duration,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    let mut config: ClientConfig = topic.client.clone();
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let producer = producer(&config)?;
    delivered(&producer, &topic, &numbered(None, 1000)).await?;
    cluster.faults()?.round_trip_time(round_trip);
    Ok((cluster, topic, producer))
}

/// It does not return before the broker has answered.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_the_delivery_report() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;

    let begun = Instant::now();
    outcome(&producer, &topic, &numbered(None, 1)).await?.ok();
    let took = begun.elapsed();

    judge(took >= round_trip, || {
        Failure::new(
            format!("returned after {}", seconds(took)),
            format!(
                "at least {}, which is what the broker takes to answer",
                seconds(round_trip)
            ),
            "Sending only puts the record into the producer's queue. Await the delivery future: before the report is \
             there, nobody knows whether the record is in the log.",
        )
    })
}

/// What a delivery callback was called with, and when.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(Instant, DeliveryOutcome)>>>);

impl Calls {
    fn callback(&self) -> impl Fn(&DeliveryOutcome) + Send + Sync + 'static {
        let calls = self.clone();
        move |outcome| calls.lock().push((Instant::now(), outcome.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, DeliveryOutcome)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outcomes(&self) -> Vec<DeliveryOutcome> {
        self.lock()
            .iter()
            .map(|(_, outcome)| outcome.clone())
            .collect()
    }
}

/// The delivery callback is called once, with the outcome that is returned, be it good or bad.
#[rstest]
#[case::delivered(None)]
#[case::refused(Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED))]
#[testbed::test(mock)]
async fn calls_back_once_with_the_outcome(#[case] refusal: Option<RDKafkaRespErr>) -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &[]).await?;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Produce, refusal.as_slice());
    let calls = Calls::default();

    let event = numbered(None, 1);
    let returned = outcome_with(&producer, &topic, &event, calls.callback()).await?;

    judge(calls.outcomes() == [returned.clone()], || {
        Failure::new(
            format!(
                "{} calls: {:?}; {returned:?} was returned",
                calls.outcomes().len(),
                calls.outcomes()
            ),
            "one call, with what is returned",
            "The callback reports delivery, good or bad: one report for each record, after it has come and not when the \
             record is put into the queue.",
        )
    })
}

/// The callback is called when the report is there, not before.
#[rstest]
#[testbed::test(mock)]
async fn calls_back_when_the_report_is_there() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;
    let calls = Calls::default();

    let begun = Instant::now();
    let event = numbered(None, 1);
    outcome_with(&producer, &topic, &event, calls.callback())
        .await?
        .ok();
    let first_call = calls.lock().first().map(|(at, _)| at.duration_since(begun));

    judge(first_call.is_some_and(|after| after >= round_trip), || {
        Failure::new(
            match first_call {
                Some(after) => format!("called back {} after sending", seconds(after)),
                None => "never called back".to_owned(),
            },
            format!(
                "at least {}, which is what the broker takes to answer",
                seconds(round_trip)
            ),
            "A record in the queue is not delivered: call back with the delivery report in hand.",
        )
    })
}

fn judge_code(outcome: &DeliveryOutcome, expected: RDKafkaErrorCode) -> Verdict {
    let code = outcome.as_ref().err().and_then(DeliveryError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!("{outcome:?}"),
            format!("Err with Kafka's code {expected:?}"),
            "A flush that ends, a send that is accepted or an outer Ok say nothing of this record. The delivery report \
             does, and its error code tells what to do about it: pass it on.",
        )
    })
}

/// A record that the broker refuses is an error with the broker's code.
#[rstest]
#[case::no_right(
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::TopicAuthorizationFailed
)]
#[case::bad_record(
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RDKafkaErrorCode::InvalidRecord
)]
#[testbed::test(mock)]
async fn keeps_the_code_of_a_refusal(
    #[case] refusal: RDKafkaRespErr,
    #[case] expected: RDKafkaErrorCode,
) -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &[]).await?;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Produce, &[refusal]);
    let outcome = outcome(&producer, &topic, &numbered(None, 1)).await?;
    judge_code(&outcome, expected)
}

/// A record that the client itself refuses, here for its size, is an error with the client's code.
#[rstest]
#[testbed::test]
async fn keeps_the_code_of_a_record_too_large() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let mut config = topic.client.clone();
    config.set("message.max.bytes", "2000");
    let event = Event {
        payload: json!("x".repeat(5000)),
        ..numbered(None, 1)
    };
    let outcome = outcome(&producer(&config)?, &topic, &event).await?;
    judge_code(&outcome, RDKafkaErrorCode::MessageSizeTooLarge)
}

/// When no broker answers within `message.timeout.ms`, the code says so.
#[rstest]
#[testbed::test(mock)]
async fn keeps_the_code_of_a_timeout() -> Verdict {
    let settings = [("message.timeout.ms", "1000")];
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &settings).await?;
    cluster.faults()?.down();
    let outcome = outcome(&producer, &topic, &numbered(None, 1)).await?;
    judge_code(&outcome, RDKafkaErrorCode::MessageTimedOut)
}

/// When the producer's queue is full, it waits for room.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_room_in_the_queue() -> Verdict {
    let settings = [("queue.buffering.max.messages", "1")];
    let (_cluster, topic, producer) = slow_cluster(Duration::from_millis(200), &settings).await?;
    let events: Vec<Event> = (0..3).map(|number| numbered(None, number)).collect();

    let outcomes = tokio::try_join!(
        outcome(&producer, &topic, &events[0]),
        outcome(&producer, &topic, &events[1]),
        outcome(&producer, &topic, &events[2]),
    )?;

    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    judge(outcomes.iter().all(Result::is_ok), || {
        Failure::new(
            format!("three events at the same time, and room for one: {outcomes:?}"),
            "three deliveries, one after the other",
            "A full queue is back-pressure: the record was not taken and nothing was lost. The time-out of \
             FutureProducer::send is how long to wait for room, not how long delivery may take.",
        )
    })
}

/// No time limit of the learner's own ends the wait, however long: `message.timeout.ms` does.
///
/// It runs on a clock that jumps to the next timer whenever there is nothing else to do, so a limit of an hour would end
/// the wait as soon as one of a second.
#[rstest]
#[testbed::test(mock)]
async fn leaves_the_time_limit_to_the_client() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::from_millis(800), &[]).await?;
    let name = topic.name.clone();
    let on_a_jumping_clock = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.map(|runtime| {
            runtime.block_on(produce_event(&producer, &name, &numbered(None, 1), |_| {}))
        })
    };
    let sending = tokio::task::spawn_blocking(on_a_jumping_clock);
    let outcome = within(LIMIT, "`produce_event` to return", NEVER_RETURNS, sending).await?;
    cluster.faults()?.round_trip_time(Duration::ZERO);
    let stored = topic.records().await?.len() - 1;

    judge(matches!(outcome, Ok(Ok(Ok(_)))), || {
        Failure::new(
            format!("{outcome:?}, while the log has {stored} record of the event"),
            "Ok: the broker is slow, and message.timeout.ms is five minutes",
            "A time limit around the wait does not stop the record: it is delivered all the same, and reported as \
             failed. How long delivery may take is message.timeout.ms; the time-out of send is about room in the queue.",
        )
    })
}

/// It sends with the producer it is given: connecting anew for each record costs several round trips.
#[rstest]
#[testbed::test(mock)]
async fn uses_the_producer_it_is_given() -> Verdict {
    let round_trip = Duration::from_millis(200);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;
    let mut quickest = Duration::MAX;
    for number in 0..4 {
        let begun = Instant::now();
        delivered(&producer, &topic, &numbered(None, number)).await?;
        quickest = quickest.min(begun.elapsed());
    }
    let round_trips = quickest.as_secs_f64() / round_trip.as_secs_f64();

    judge(round_trips < 2.5, || {
        Failure::new(
            format!("the quickest of 4 events took {round_trips:.1} round trips"),
            "about one round trip for each event",
            "A producer connects, asks for versions, metadata and a producer id before its first record. Make one for \
             the whole program and hand it around.",
        )
    })
}
