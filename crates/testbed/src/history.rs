//! What was sent, acknowledged, delivered and committed, as data to check. Each function gives the first counter-example
//! in words, or none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};

/// Where a record is: its partition and its offset.
pub type PartitionOffset = (i32, i64);

/// Everything acknowledged was consumed: at least once means that nothing is lost.
pub fn lost(
    acknowledged: &BTreeSet<PartitionOffset>,
    consumed: &BTreeSet<PartitionOffset>,
) -> Option<String> {
    let lost: Vec<&PartitionOffset> = acknowledged.difference(consumed).collect();
    let first = lost.first()?;
    Some(format!(
        "{} of {} acknowledged records were never handed over, the first at {}",
        lost.len(),
        acknowledged.len(),
        describe(**first)
    ))
}

/// Nothing was consumed that is not in the log.
pub fn invented(
    consumed: &BTreeSet<PartitionOffset>,
    stored: &BTreeSet<PartitionOffset>,
) -> Option<String> {
    let invented: Vec<&PartitionOffset> = consumed.difference(stored).collect();
    let first = invented.first()?;
    Some(format!(
        "{} events were handed over that are not in the log, the first at {}",
        invented.len(),
        describe(**first)
    ))
}

/// How many were consumed more than once, with the first of them.
pub fn repeated(consumed: &[PartitionOffset]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let again: Vec<&PartitionOffset> = consumed.iter().filter(|at| !seen.insert(**at)).collect();
    let first = again.first()?;
    Some(format!(
        "{} of {} events were handed over again, the first at {}",
        again.len(),
        seen.len(),
        describe(**first)
    ))
}

/// Within each partition offsets only grow. Repetitions after a rebalance are for the caller to leave out.
pub fn out_of_order(consumed: &[PartitionOffset]) -> Option<String> {
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for &(partition, offset) in consumed {
        if let Some(earlier) = last.insert(partition, offset)
            && earlier >= offset
        {
            return Some(format!(
                "in partition {partition}, offset {offset} came after offset {earlier}"
            ));
        }
    }
    None
}

/// The items of each key come in the order given. Items are compared within their key only.
pub fn out_of_order_within_key<K: Ord + Debug, T: PartialEq + Display>(
    sent: &[(K, T)],
    stored: &[(K, T)],
) -> Option<String> {
    let (sent, stored) = (by_key(sent), by_key(stored));
    sent.iter()
        .find(|(key, items)| stored.get(*key) != Some(*items))
        .map(|(key, items)| {
            let stored = stored.get(*key).map(Vec::as_slice).unwrap_or_default();
            first_difference(key, items, stored)
        })
}

fn first_difference<K: Debug, T: PartialEq + Display>(key: K, sent: &[T], stored: &[T]) -> String {
    let counts = format!(
        "{} of its items sent, {} in the log",
        sent.len(),
        stored.len()
    );
    match (0..sent.len().max(stored.len())).find(|&index| sent.get(index) != stored.get(index)) {
        Some(index) => format!(
            "key {key:?}: number {index} should be {}, and is {} ({counts})",
            item_or_nothing(sent.get(index)),
            item_or_nothing(stored.get(index)),
        ),
        None => format!("key {key:?}: {counts}"),
    }
}

fn item_or_nothing(item: Option<&impl Display>) -> String {
    item.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// No committed offset is past what was processed: `processed` has the last processed offset + 1 of each partition.
pub fn committed_ahead(
    committed: &BTreeMap<i32, i64>,
    processed: &BTreeMap<i32, i64>,
) -> Option<String> {
    committed
        .iter()
        .find(|(partition, offset)| **offset > processed.get(*partition).copied().unwrap_or(0))
        .map(|(partition, offset)| {
            let next = processed.get(partition).copied().unwrap_or(0);
            format!(
                "partition {partition} has committed offset {offset}, but only offsets below {next} are processed"
            )
        })
}

/// For each partition the last offset + 1: what should be committed once all of these are processed.
pub fn next_offsets<'a>(
    processed: impl IntoIterator<Item = &'a PartitionOffset>,
) -> BTreeMap<i32, i64> {
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    for &(partition, offset) in processed {
        let end = next.entry(partition).or_default();
        *end = (*end).max(offset + 1);
    }
    next
}

/// Partition and offset in words.
pub fn describe((partition, offset): PartitionOffset) -> String {
    format!("partition {partition}, offset {offset}")
}

fn by_key<K: Ord, T>(items: &[(K, T)]) -> BTreeMap<&K, Vec<&T>> {
    let mut by_key: BTreeMap<&K, Vec<&T>> = BTreeMap::new();
    for (key, item) in items {
        by_key.entry(key).or_default().push(item);
    }
    by_key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(places: &[PartitionOffset]) -> BTreeSet<PartitionOffset> {
        places.iter().copied().collect()
    }

    #[test]
    fn a_lost_and_an_invented_record_are_found() {
        let (one, two) = (set(&[(0, 0)]), set(&[(0, 0), (1, 7)]));
        assert!(lost(&two, &one).is_some_and(|text| text.contains("partition 1, offset 7")));
        assert!(invented(&two, &one).is_some());
        assert!(lost(&one, &two).is_none() && invented(&one, &two).is_none());
    }

    #[test]
    fn order_counts_within_a_partition_only() {
        assert!(out_of_order(&[(0, 1), (1, 0), (0, 2)]).is_none());
        assert!(out_of_order(&[(0, 2), (0, 1)]).is_some());
        assert!(repeated(&[(0, 2), (0, 2)]).is_some());
        assert!(repeated(&[(0, 2), (1, 2)]).is_none());
    }

    #[test]
    fn order_counts_within_a_key_only() {
        let sent = [("a", 1), ("b", 1), ("a", 2)];
        assert!(out_of_order_within_key(&sent, &[("b", 1), ("a", 1), ("a", 2)]).is_none());
        assert!(out_of_order_within_key(&sent, &[("b", 1), ("a", 2), ("a", 1)]).is_some());
        assert!(out_of_order_within_key(&sent, &[("b", 1), ("a", 1)]).is_some());
    }

    #[test]
    fn a_commit_may_lag_but_not_lead() {
        let processed = next_offsets(&[(0, 3), (0, 4), (1, 0)]);
        assert!(committed_ahead(&BTreeMap::from([(0, 5)]), &processed).is_none());
        assert!(committed_ahead(&BTreeMap::from([(0, 6)]), &processed).is_some());
        assert!(committed_ahead(&BTreeMap::from([(2, 1)]), &processed).is_some());
    }
}
