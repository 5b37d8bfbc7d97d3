//! Committed offsets: what they should be, and how a failure tells them.

use std::collections::{BTreeMap, BTreeSet};

use testbed::{Failure, Verdict, judge};

/// The committed offsets on the broker are these.
pub fn judge_committed(
    when: &str,
    committed: &BTreeMap<i32, i64>,
    expected: &BTreeMap<i32, i64>,
    concept: &str,
) -> Verdict {
    judge(committed == expected, || {
        let all: BTreeSet<i32> = committed.keys().chain(expected.keys()).copied().collect();
        Failure::new(
            format!(
                "{when} the group's committed offsets are {}",
                offsets_text(committed, &all)
            ),
            format!(
                "{}: the last processed offset + 1 of each partition",
                offsets_text(expected, &all)
            ),
            concept,
        )
    })
}

/// The offset of each of `partitions`, 0 where there is none: that is where it would begin.
pub fn offsets_text(offsets: &BTreeMap<i32, i64>, partitions: &BTreeSet<i32>) -> String {
    let each = partitions.iter().map(|partition| {
        let offset = offsets.get(partition).copied().unwrap_or_default();
        format!("{offset} in partition {partition}")
    });
    each.collect::<Vec<_>>().join(", ")
}
