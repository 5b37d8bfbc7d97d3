//! Partitions: how a group shares them, which one a record goes to, and what order they keep.

/// Consumers of one group on one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// How many partitions the topic has.
    pub partitions: i32,
    /// How many consumers the group has.
    pub consumers: usize,
}

/// A topic that gets more partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The hash of the key. The partitioner of the set-up, librdkafka's `consistent`, takes it modulo the number of
    /// partitions.
    pub key_hash: u32,
    /// How many partitions the topic has at first.
    pub before: i32,
    /// How many it has in the end.
    pub after: i32,
}

/// In which partition two records with the same key are found in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPlaces {
    /// The one that was sent before the topic grew.
    pub earlier: i32,
    /// The one that was sent after it.
    pub next: i32,
}

/// Two events, sent one after the other: the second when the first is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoEvents {
    /// The hashes of their keys, in the order in which they are sent. The partitioner takes a hash modulo the number of
    /// partitions; events with the same key have the same hash.
    pub key_hashes: [u32; 2],
    /// How many partitions the topic has.
    pub partitions: i32,
}

/// What a reader may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Every reader gets the first event before the second.
    Kept,
    /// A reader may get the second event first.
    NotKept,
}

/// A burst of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many records: many more than partitions.
    pub records: usize,
    /// How many partitions the topic has.
    pub partitions: i32,
    /// Their keys.
    pub keys: Keys,
    /// Whether the producer stays with a partition for a while.
    pub sticky: Sticky,
}

/// Which keys records have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// None at all.
    None,
    /// The same for all records.
    OneForAll,
    /// Another for each record.
    OneForEach,
}

/// `sticky.partitioning.linger.ms`: for how long a producer stays with the partition that it has chosen for a record without
/// a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sticky {
    /// 0: it chooses anew for each record.
    Off,
    /// Longer than the burst takes.
    LongerThanTheBurst,
}
