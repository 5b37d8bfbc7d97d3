//! Events that can be told apart, and where they are on a new topic.

use std::collections::BTreeSet;

use serde_json::json;
use testbed::history::PartitionOffset;
use testbed::probe::Seed;

/// An event for `partition` that can be told from every other by its numbers.
pub fn event_at(partition: i32, number: usize) -> Seed {
    Seed::text(
        partition,
        json!({ "partition": partition, "number": number }).to_string(),
    )
}

/// `each` events for each of `partitions` partitions, in turn.
pub fn events(partitions: i32, each: usize) -> Vec<Seed> {
    (0..each)
        .flat_map(|number| (0..partitions).map(move |partition| event_at(partition, number)))
        .collect()
}

/// The places that `each` events in each of `partitions` partitions have on a new topic.
pub fn places(partitions: i32, each: i64) -> BTreeSet<PartitionOffset> {
    (0..partitions)
        .flat_map(|partition| (0..each).map(move |offset| (partition, offset)))
        .collect()
}
