//! Consuming: where a group starts, what a crash repeats or loses, and what is left for the next reader.

/// A group that begins to read a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupStart {
    /// How many records were ever written to the partition: its next offset.
    pub written: i64,
    /// The first offset that is still there. Everything before it was deleted, as retention does.
    pub first: i64,
    /// The group's committed offset, if it has one.
    pub committed: Option<i64>,
    /// `auto.offset.reset`.
    pub reset: Reset,
}

/// `auto.offset.reset`: what a consumer does that has nowhere to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// `earliest`.
    Earliest,
    /// `latest`.
    Latest,
    /// `error`, which other clients call `none`.
    Error,
}

/// Where a group starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this offset: it is that of the first record that the group gets, one that is still to come perhaps.
    At(i64),
    /// Nowhere: the consumer gets an error.
    Error,
}

/// A consumer that processes some records of a partition and ends; the next consumer of its group goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rerun {
    /// How many records were processed, at least one.
    pub processed: usize,
    /// When processed records are committed.
    pub commits: Commits,
    /// How the consumer shuts down.
    pub shutdown: Shutdown,
}

/// When a consumer commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// After each record.
    EachRecord,
    /// After each so many records.
    EachBatch(usize),
    /// Not on the way.
    Never,
}

/// How a consumer shuts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// It commits what it has processed and closes.
    Clean,
    /// It dies when the last record is processed, before the commit that may be due just then.
    Crash,
}

/// A consumer with `enable.auto.commit`, which hands the records that it polls to a worker and dies when the worker fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoCommit {
    /// How many records were polled.
    pub polled: usize,
    /// How many of them the worker had handled: the first ones. It failed at the next.
    pub handled: usize,
    /// When a record's offset is stored for the next automatic commit.
    pub stored: OffsetStored,
    /// Whether the time of an automatic commit (`auto.commit.interval.ms`) came between the failure and the death.
    pub commit_was_due: bool,
}

/// When an offset is stored for the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetStored {
    /// When the record is polled: `enable.auto.offset.store=true`, librdkafka's default.
    WhenPolled,
    /// When the worker has handled it: `enable.auto.offset.store=false`, and a call of `store_offset`.
    WhenHandled,
}

/// What became of the records that had been polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Not handled, and the group's next consumer does not get them.
    pub lost: usize,
    /// Handled, and the group's next consumer gets them again.
    pub repeated: usize,
}

/// A topic that a first group has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// How many records there are.
    pub records: usize,
    /// How many of them the first group has consumed and committed.
    pub consumed: usize,
}

/// How many records the next reader gets. All start at the beginning if they have no committed offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// A consumer of a second group.
    pub second_group: usize,
    /// A further consumer of the first group.
    pub same_group: usize,
    /// A second reader of a queue with the same records, which deletes what the first reader has acknowledged.
    pub queue: usize,
}
