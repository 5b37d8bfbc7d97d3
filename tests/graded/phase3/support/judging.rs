//! What the broker says of a run, and what may be behind it.

use std::collections::{BTreeMap, BTreeSet};

use event_log::consuming::{ConsumeReport, EndReason};
use testbed::history::{PartitionOffset, next_offsets};
use testbed::probe::GroupProbe;
use testbed::{Failure, Topic, Verdict, judge};

use super::concepts::{COMMITTED_AHEAD, NOTHING_COMES};
use super::handed::Handed;

/// Where events were there before the consumer, the handler was handed at least one of them. Without, nothing can be said
/// of what becomes of them.
pub fn judge_any_handed(handed: &Handed, outcome: &(dyn std::fmt::Debug + Sync)) -> Verdict {
    judge(handed.count() > 0, || {
        Failure::new(
            format!("no event was handed over; it returned {outcome:?}"),
            "the events that were there before the consumer are handed over",
            NOTHING_COMES,
        )
    })
}

/// The committed offsets, without partitions in which the group is to begin with the first record anyway.
pub async fn committed(probe: &GroupProbe) -> Verdict<BTreeMap<i32, i64>> {
    let mut committed = probe.committed().await?;
    committed.retain(|_, offset| *offset > 0);
    Ok(committed)
}

/// The committed offsets are the last of the processed ones + 1 in each partition.
pub async fn judge_committed(topic: &Topic, group: &str, processed: &[PartitionOffset]) -> Verdict {
    judge_committed_or(topic, group, processed, misconception).await
}

/// The same, where `concept` tells the misconception from what is committed and what should be.
pub async fn judge_committed_or(
    topic: &Topic,
    group: &str,
    processed: &[PartitionOffset],
    concept: impl Fn(&BTreeMap<i32, i64>, &BTreeMap<i32, i64>) -> &'static str,
) -> Verdict {
    let committed = committed(&topic.group_probe(group)?).await?;
    let expected = next_offsets(processed);
    judge(committed == expected, || {
        Failure::new(
            format!("committed offsets {committed:?} (partition: offset) after it returned"),
            if expected.is_empty() {
                "none, since nothing was processed".to_owned()
            } else {
                format!("{expected:?}: in each partition the last processed offset + 1")
            },
            concept(&committed, &expected),
        )
    })
}

pub fn misconception(
    committed: &BTreeMap<i32, i64>,
    expected: &BTreeMap<i32, i64>,
) -> &'static str {
    let one_less = expected
        .iter()
        .all(|(partition, next)| committed.get(partition).copied().unwrap_or(0) == next - 1);
    let ahead = committed
        .iter()
        .any(|(partition, offset)| *offset > expected.get(partition).copied().unwrap_or(0));
    let same = |offsets: &BTreeMap<i32, i64>| {
        let different: BTreeSet<i64> = offsets.values().copied().collect();
        offsets.len() > 1 && different.len() == 1
    };
    let one_for_all = same(committed) && !same(expected) && expected.len() > 1;
    let one_more = expected
        .iter()
        .all(|(partition, next)| committed.get(partition) == Some(&(next + 1)));
    if committed.is_empty() {
        "Nothing is committed until you commit, and only the last commit of a run covers its last events: commit before \
         every return, and wait for the answer. A group.id of your own would commit for somebody else."
    } else if one_for_all {
        "Each partition counts its offsets from 0, for itself: one offset for all of them skips events in one partition and \
         repeats them in another."
    } else if one_more && !expected.is_empty() {
        "The committed offset is the next one to read, one past the last processed and not two: what some functions of the \
         client take is the record's own offset, and they add the one themselves. The event in between is lost."
    } else if ahead {
        COMMITTED_AHEAD
    } else if one_less {
        "The committed offset is the next one to read, one past the last processed: either the record's own offset was \
         committed, or the last commit had not reached the broker when the function returned."
    } else {
        "Each partition has an offset of its own, records that are no events count as processed, and an interval leaves \
         out what came since: commit all that was processed, in every partition, before every return."
    }
}

/// The report says why the run ended.
pub fn judge_ended(report: &ConsumeReport, expected: EndReason) -> Verdict {
    judge(report.ended == expected, || {
        Failure::new(
            format!("{report:?}"),
            format!("ended: {expected:?}"),
            "Whoever starts a consumer has to know whether its work is done, whether it ran dry or whether it was told \
             to stop: each way out of the loop says its own.",
        )
    })
}
