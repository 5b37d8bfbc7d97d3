//! Which events come, and in what order.

use std::collections::BTreeSet;
use std::time::Duration;

use event_log::consuming::ConsumeReport;
use event_log::event::ReceivedEvent;
use rstest::rstest;
use testbed::history::{PartitionOffset, describe, lost, next_offsets, out_of_order};
use testbed::probe::StoredRecord;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::concepts::{NOT_ALL_HANDED_OVER, OUT_OF_ORDER};
use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{committed, judge_any_handed, misconception};
use crate::phase3::support::options::stop_after;
use crate::phase3::support::records::numbered;
use crate::phase3::support::run::{consume, consume_until_idle};

fn is_event_of(event: &ReceivedEvent, record: &StoredRecord) -> bool {
    event.event.key.as_deref().map(str::as_bytes) == record.key.as_deref()
        && Some(event.event.timestamp) == record.timestamp
        && Some(event.event.value()) == record.value
}

/// Every event is handed over, as it is in the log, whatever ends the run.
#[rstest]
#[case::until_max_events(Some(30))]
#[case::until_idle(None)]
#[testbed::test]
async fn hands_over_every_event_as_it_is_in_the_log(#[case] max_events: Option<usize>) -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    // Partition 3 stays empty.
    topic
        .seed(numbered((0..30).map(|number| number % 3)))
        .await?;
    let records = topic.records().await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let report = match max_events {
        Some(most) => {
            let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
            consume(&consumer, &stop_after(most), handed.handler()).await?
        }
        None => consume_until_idle(&topic, &group, &handed).await?,
    };
    judge_any_handed(&handed, &report)?;
    judge_none_lost(&records, &handed, &report)?;
    judge_as_in_the_log(&records, handed.events())?;
    judge(report.handled == 30, || {
        Failure::new(
            format!("{report:?} after the handler accepted 30 events"),
            "handled: 30",
            "Count an event when the handler has accepted it: not records, not polls.",
        )
    })
}

fn judge_none_lost(records: &[StoredRecord], handed: &Handed, report: &ConsumeReport) -> Verdict {
    let stored: BTreeSet<PartitionOffset> =
        records.iter().map(|r| (r.partition, r.offset)).collect();
    let consumed: BTreeSet<PartitionOffset> = handed.places().into_iter().collect();
    let lost = lost(&stored, &consumed);
    judge(lost.is_none(), || {
        Failure::new(
            format!("{}; it returned {report:?}", lost.unwrap_or_default()),
            "each of the 30 events in 3 partitions",
            NOT_ALL_HANDED_OVER,
        )
    })
}

fn judge_as_in_the_log(records: &[StoredRecord], mut handed: Vec<ReceivedEvent>) -> Verdict {
    // Which partition comes first is chance.
    handed.sort_by_key(|event| (event.partition, event.offset));
    let odd = handed.iter().find(|event| {
        !records.iter().any(|record| {
            (record.partition, record.offset) == (event.partition, event.offset)
                && is_event_of(event, record)
        })
    });
    judge(odd.is_none(), || {
        Failure::new(
            format!(
                "handed over {:?}, which is not what the log has there",
                odd.map(|event| (event.partition, event.offset, &event.event))
            ),
            "key, payload, timestamp, partition and offset of the record",
            "ReceivedEvent::from_record takes all of it from the record. No key is None, and the timestamp is the \
             record's, not the time of reading.",
        )
    })
}

/// The events of a partition come in the order of their offsets.
#[rstest]
#[testbed::test]
async fn hands_over_the_events_of_a_partition_in_order() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic
        .seed(numbered((0..150).map(|number| number % 3)))
        .await?;
    let handed = Handed::default();
    // Work that takes now longer, now less long.
    let handler = handed.handler_that(|earlier, _| {
        if earlier % 10 == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    });
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    consume(&consumer, &stop_after(150), handler).await?;

    let places = handed.places();
    let out_of_order = out_of_order(&places);
    judge(places.len() >= 150 && out_of_order.is_none(), || {
        Failure::new(
            format!(
                "{} events handed over; {}",
                places.len(),
                out_of_order
                    .as_deref()
                    .unwrap_or("in each partition in order")
            ),
            "150 events, and in each partition growing offsets",
            if out_of_order.is_some() {
                OUT_OF_ORDER
            } else {
                NOT_ALL_HANDED_OVER
            },
        )
    })
}

/// A second run of a group continues where the first one ended: nothing again, nothing left out.
#[rstest]
#[testbed::test]
async fn a_second_run_continues_where_the_first_ended() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    topic.seed(numbered([0, 0, 0, 1, 1])).await?;
    let (group, first, second) = (topic.new_group(), Handed::default(), Handed::default());

    let member = consumer(&topic.member(&group), &topic.name)?;
    let report = consume(&member, &stop_after(5), first.handler()).await?;
    close(member).await?;
    let committed = committed(&topic.group_probe(&group)?).await?;
    judge_any_handed(&first, &report)?;
    judge(first.count() >= 5, || {
        Failure::new(
            format!(
                "the first run was handed {} events; {report:?}",
                first.count()
            ),
            "the five that were there: three in partition 0, two in partition 1",
            "An event is known by its partition and its offset together, and a consumer that is alone in its group reads \
             every partition.",
        )
    })?;
    topic.seed(numbered([0, 1])).await?;
    let member = consumer(&topic.member(&group), &topic.name)?;
    consume(&member, &stop_after(2), second.handler()).await?;

    let mut places = second.places();
    places.sort_unstable();
    let again = places.iter().find(|at| first.accepted().contains(at));
    judge(places == [(0, 3), (1, 2)], || {
        Failure::new(
            format!(
                "the second run was handed {} events, {}",
                places.len(),
                again.map_or("none of them again".to_owned(), |at| format!(
                    "{} among them again",
                    describe(*at)
                ))
            ),
            "the two that came after the first run: partition 0, offset 3 and partition 1, offset 2",
            // What the first run left behind says more than where the second one began.
            match next_offsets(&first.accepted()) {
                expected if committed != expected => misconception(&committed, &expected),
                _ => {
                    "A group continues at its committed offsets, so the first run has to commit the last offset + 1 of each \
                     partition before it returns, and both runs have to be the same group."
                }
            },
        )
    })
}
