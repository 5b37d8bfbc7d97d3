//! Records that can be told apart.

use event_log::event::ReceivedEvent;
use serde_json::json;
use testbed::history::PartitionOffset;
use testbed::probe::Seed;

/// Records with a number for a value, in the partitions of this list, with keys and times as the number says. A later one may
/// have an earlier time: clocks differ.
pub fn numbered(partitions: impl IntoIterator<Item = i32>) -> Vec<Seed> {
    let seed = |(number, partition)| Seed {
        key: (number % 3 != 0).then(|| format!("key-{}", number % 5).into_bytes()),
        timestamp: i64::try_from(1_700_000_000_000 + number * 617 % 1000).ok(),
        ..Seed::text(partition, json!({ "number": number }).to_string())
    };
    (0_usize..).zip(partitions).map(seed).collect()
}

/// `count` times the same partition.
pub fn repeat(count: usize, partition: i32) -> impl Iterator<Item = i32> {
    std::iter::repeat_n(partition, count)
}

/// The place of an event.
pub fn partition_offset(event: &ReceivedEvent) -> PartitionOffset {
    (event.partition, event.offset)
}
