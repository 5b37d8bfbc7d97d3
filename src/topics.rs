//! The topics of the Event Log System.

/// A topic as the system wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSpec<'a> {
    /// Its name.
    pub name: &'a str,
    /// How many partitions: the most consumers of one group that can share the work.
    pub partitions: i32,
    /// On how many brokers each partition is kept.
    pub replication_factor: i32,
}

/// Where producer and consumer of phases 2 and 3 meet.
pub const EVENTS: TopicSpec<'static> = TopicSpec {
    name: "events",
    partitions: 3,
    replication_factor: 1,
};

/// What the consumer group of phase 4 shares.
pub const ORDERS: TopicSpec<'static> = TopicSpec {
    name: "orders",
    partitions: 4,
    replication_factor: 1,
};
