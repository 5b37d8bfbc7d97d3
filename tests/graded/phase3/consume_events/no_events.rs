//! Records that are no events: they are counted, passed over, and count as processed.

use event_log::consuming::{ConsumeReport, SkippedRecords};
use rstest::rstest;
use testbed::probe::Seed;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{judge_any_handed, judge_committed, judge_committed_or};
use crate::phase3::support::options::stop_after;
use crate::phase3::support::run::{consume, consume_until_idle};

const PASSED_OVER: &str = "Such a record is as fine for Kafka as any other, and it is the same each time it is read: count \
                           what from_record says, go on, and commit past it. Stopping there would stop the group for ever.";

fn event() -> Seed {
    Seed::text(0, r#"{"what": "happened"}"#)
}

fn tombstone() -> Seed {
    Seed {
        key: Some(b"customer-7".to_vec()),
        value: None,
        ..event()
    }
}

fn value_not_utf8() -> Seed {
    Seed {
        value: Some(vec![b'"', 0xff, 0xfe, b'"']),
        ..event()
    }
}

fn key_not_utf8() -> Seed {
    Seed {
        key: Some(vec![0xc3, 0x28]),
        ..event()
    }
}

fn not_json() -> Seed {
    Seed::text(0, "{\"what\": ")
}

fn empty_value() -> Seed {
    Seed::text(0, "")
}

fn skipped(tombstones: usize, not_utf8: usize, not_json: usize) -> SkippedRecords {
    SkippedRecords {
        tombstones,
        not_utf8,
        not_json,
    }
}

fn total(skipped: SkippedRecords) -> usize {
    skipped.tombstones + skipped.not_utf8 + skipped.not_json
}

fn judge_skipped(report: &ConsumeReport, handed: &Handed, expected: SkippedRecords) -> Verdict {
    judge(report.skipped == expected, || {
        Failure::new(
            format!(
                "{report:?}, and the handler was handed {} events",
                handed.count()
            ),
            format!("{expected:?}"),
            if total(report.skipped) == total(expected) {
                "What kind of record it is says what to do about it: a tombstone is as it should be, bytes that are no text \
                 come from a faulty producer. from_record tells the kind: count each as its own."
            } else {
                PASSED_OVER
            },
        )
    })
}

/// Whatever is JSON is an event, be it ever so short.
#[rstest]
#[testbed::test]
async fn takes_all_json_for_events() -> Verdict {
    let values = ["null", "{}", "[]", "\"\"", "0", "false"];
    let topic = Cluster::shared()?.topic(1).await?;
    topic
        .seed(values.map(|value| Seed::text(0, value)).to_vec())
        .await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let report = consume_until_idle(&topic, &group, &handed).await?;
    judge_any_handed(&handed, &report)?;
    let payloads: Vec<String> = handed
        .events()
        .iter()
        .map(|event| event.event.payload.to_string())
        .collect();
    judge(payloads == values && report.handled == 6, || {
        Failure::new(
            format!("of the values {values:?} the handler was handed {payloads:?}; {report:?}"),
            "all six",
            "What an event says is for the handler to look at. The value null is JSON like any other; a record without a value, \
             a tombstone, is something else: from_record tells them apart.",
        )
    })
}

/// A record that is no event is counted by its kind, its neighbours are handed over, and it is committed like them. It
/// does not count towards `max_events`.
#[rstest]
#[case::a_tombstone(tombstone(), skipped(2, 0, 0))]
#[case::a_value_not_utf8(value_not_utf8(), skipped(0, 2, 0))]
#[case::a_key_not_utf8(key_not_utf8(), skipped(0, 2, 0))]
#[case::a_value_not_json(not_json(), skipped(0, 0, 2))]
#[case::an_empty_value(empty_value(), skipped(0, 0, 2))]
#[testbed::test]
async fn passes_over(#[case] bad: Seed, #[case] expected: SkippedRecords) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic
        .seed(vec![event(), bad.clone(), bad, event(), event()])
        .await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let report = consume(&consumer, &stop_after(3), handed.handler()).await?;
    close(consumer).await?;

    judge_any_handed(&handed, &report)?;
    let places = handed.places();
    let no_event = places.iter().find(|at| [(0, 1), (0, 2)].contains(*at));
    judge(no_event.is_none(), || {
        Failure::new(
            format!("records 1 and 2 of 5 are no events; handed over were {places:?}; {report:?}"),
            "the events at offsets 0, 3 and 4",
            "A record that is no event is not to be mended into one: replacement characters, null or an empty text are \
             not what anybody wrote. Leave it out, and count what from_record says.",
        )
    })?;
    judge(
        places == [(0, 0), (0, 3), (0, 4)] && report.handled == 3,
        || {
            Failure::new(
                format!(
                    "records 1 and 2 of 5 are no events; handed over were {places:?}; {report:?}"
                ),
                "max_events 3 is reached with the events at offsets 0, 3 and 4",
                "The records around one that cannot be read are events like any other, and only what the handler accepted \
             counts towards max_events.",
            )
        },
    )?;
    judge_skipped(&report, &handed, expected)?;
    judge_committed(&topic, &group, &[(0, 4)]).await
}

/// Also when nothing but such records come after the last event, or there is no event at all, they are committed.
#[rstest]
#[case::after_an_event(vec![event()])]
#[case::without_any_event(vec![])]
#[testbed::test]
async fn commits_past_those_at_the_end(#[case] events: Vec<Seed>) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let no_events = [tombstone(), not_json(), key_not_utf8()];
    let records: Vec<Seed> = events.into_iter().chain(no_events).collect();
    let last = i64::try_from(records.len()).unwrap_or_default() - 1;
    topic.seed(records).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let report = consume_until_idle(&topic, &group, &handed).await?;
    judge_skipped(&report, &handed, skipped(1, 1, 1))?;
    judge_committed_or(&topic, &group, &[(0, last)], |_, _| {
        "Records that are no events count as processed, with or without an event among them: commit past the last record \
         and not past the last event, or each new run reads them again."
    })
    .await
}
