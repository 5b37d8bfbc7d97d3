//! What the record carries.

use event_log::event::Event;
use rstest::rstest;
use serde_json::{Value, json};
use testbed::probe::StoredRecord;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase2::support::events::{is_record_of, numbered};
use crate::phase2::support::producer::{mock_cluster, producer};
use crate::phase2::support::single_event::{delivered, outcome};

/// Sends one event to a new topic and reads back the one record that should be there.
async fn stored(event: &Event) -> Verdict<StoredRecord> {
    let topic = Cluster::shared()?.topic(3).await?;
    let producer = producer(&topic.client)?;
    delivered(&producer, &topic, event).await?;
    let mut records = topic.records().await?;
    judge(records.len() == 1, || {
        let concept = if records.is_empty() {
            "Handing a record to the producer only puts it into a queue. Await the delivery report: only then is the record in \
             the log, or is it known that it is not."
        } else {
            "Each send makes a record of its own: sending an event again, to be sure, makes a second one."
        };
        Failure::new(
            format!("{} records on the topic after one event", records.len()),
            "one record for one event",
            concept,
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
            "An empty key is a key: readers and compaction take all records with it for news of one and the same thing. Leave \
             the key out when there is none.",
        )
    })
}

/// An empty key stays an empty key, which is not the same as none.
#[rstest]
#[testbed::test]
async fn an_empty_key_stays_an_empty_key() -> Verdict {
    let record = stored(&numbered(Some(""), 1)).await?;
    judge(record.key.as_deref() == Some(b""), || {
        Failure::new(
            format!("a record with {}", record.key_text()),
            "the key \"\"",
            "Whether there is a key is for the event to say: one that is empty is still there, and readers and \
             compaction treat it unlike none.",
        )
    })
}

/// The record's value is the event's payload as JSON, as `Event::value` writes it.
#[rstest]
#[case::object(json!({"text": "größer", "nested": [1, null, {"deep": true}]}))]
#[case::text(json!("größer"))]
#[case::null(json!(null))]
#[testbed::test]
async fn keeps_the_value(#[case] payload: Value) -> Verdict {
    let event = Event {
        payload,
        ..numbered(Some("k"), 1)
    };
    let record = stored(&event).await?;
    judge(is_record_of(&record, &event), || {
        Failure::new(
            format!("the record has {}", record.value_text()),
            format!("the value {:?}", event.payload.to_string()),
            "The value is what Event::value gives, whatever the payload is: a text has its quotes, and null is a value, \
             while a record without one is a tombstone. Key and timestamp have fields of their own.",
        )
    })
}

/// How large a record may be is for the settings to say, and not for a limit of one's own.
#[rstest]
#[testbed::test(mock)]
async fn takes_a_large_event_where_the_settings_do() -> Verdict {
    let settings = [("message.max.bytes", "4000000")];
    let (_cluster, topic, producer) = mock_cluster(1, &settings).await?;
    let event = Event {
        payload: json!("x".repeat(2_000_000)),
        ..numbered(Some("k"), 1)
    };
    let outcome = outcome(&producer, &topic, &event).await?;
    judge(outcome.is_ok(), || {
        Failure::new(
            format!("an event of 2 MB, where message.max.bytes is 4 MB: {outcome:?}"),
            "a delivery",
            "A megabyte is the default of message.max.bytes, and no law: the client refuses what is too large for its \
             settings, and the broker what is too large for the topic's. A limit of one's own refuses what both would take.",
        )
    })
}

/// The record's timestamp is the event's, not the time of sending.
#[rstest]
#[testbed::test]
async fn keeps_the_timestamp() -> Verdict {
    judge_timestamp(&numbered(None, 1)).await
}

/// It is also where the clock of whoever sent the event is ahead.
#[rstest]
#[testbed::test]
async fn keeps_a_timestamp_that_is_to_come() -> Verdict {
    let ten_minutes = 600_000;
    let now = Event::now(None, json!({ "number": 1 }));
    let timestamp = now.timestamp + ten_minutes;
    judge_timestamp(&Event { timestamp, ..now }).await
}

async fn judge_timestamp(event: &Event) -> Verdict {
    let record = stored(event).await?;
    judge(record.timestamp == Some(event.timestamp), || {
        Failure::new(
            format!("the timestamp {:?}", record.timestamp),
            format!("the timestamp {} of the event", event.timestamp),
            "Unless told, the client stamps a record with the time of sending. When it happened is the event's \
             to say, in milliseconds since 1970.",
        )
    })
}
