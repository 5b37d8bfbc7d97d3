//! A broker answers, and what the system writes can be read back.

use event_log::event::Event;
use pretty_assertions::Comparison;
use rstest::rstest;
use serde_json::json;
use testbed::probe::Seed;
use testbed::{Cluster, Failure, Verdict, judge};

/// A record that is put on the broker is there when it is read back.
#[rstest]
#[testbed::test]
async fn a_record_comes_back() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(vec![Seed::text(2, "{}")]).await?;

    let records = topic.records().await?;

    judge(records.len() == 1 && records[0].partition == 2, || {
        Failure::new(
            format!("{records:?}"),
            "one record, in partition 2",
            "Nothing here is yours to write: the broker of this run does not keep what it acknowledges.",
        )
    })
}

/// The given serialisation keeps everything that an event says.
#[rstest]
#[case::with_a_key(Some("customer-7"))]
#[case::without_a_key(None)]
#[testbed::test]
async fn an_event_keeps_its_meaning(#[case] key: Option<&str>) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let event = Event::now(key, json!({"kind": "signed-up", "name": "Zoë"}));
    topic
        .seed(vec![Seed {
            key: key.map(|key| key.as_bytes().to_vec()),
            value: Some(event.value()),
            ..Seed::text(0, "")
        }])
        .await?;

    let stored = topic.records().await?.remove(0);
    let value = serde_json::from_slice(stored.value.as_deref().unwrap_or_default());
    let read = Event {
        key: stored.key.and_then(|key| String::from_utf8(key).ok()),
        timestamp: event.timestamp,
        payload: value.unwrap_or_default(),
    };

    judge(read == event, || {
        Failure::new(
            Comparison::new(&read, &event).to_string(),
            "the event as it was written",
            "Nothing here is yours to write: src/event.rs no longer writes what it reads.",
        )
    })
}
