//! Producing: whose acknowledgement counts, what becomes of a record whose answer is lost, and who sees a transaction.

/// A record sent to a partition that is kept on some brokers, not all of which may be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replication {
    /// On how many brokers the partition is kept: the topic's replication factor.
    pub replicas: usize,
    /// How many of these are up and in sync, the leader among them.
    pub in_sync: usize,
    /// The topic's `min.insync.replicas`.
    pub min_insync_replicas: usize,
    /// The producer's `acks`.
    pub acks: Acks,
}

/// Whose acknowledgement a producer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// `acks=0`: nobody's.
    None,
    /// `acks=1`: the leader's.
    Leader,
    /// `acks=all`: that of all replicas which are in sync.
    All,
}

/// What the delivery report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Success, with the offset of the record.
    Delivered,
    /// Success, and no offset: no broker was asked.
    Unknown,
    /// An error: the broker did not take the record.
    Refused,
}

/// Records whose answers get lost: the broker has written them, and the producer never hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostAnswers {
    /// How many records are sent, together in one request.
    pub records: usize,
    /// How often in a row the answer to this request is lost. The producer sends it again each time.
    pub lost: usize,
    /// The producer's `enable.idempotence`.
    pub idempotence: bool,
}

/// What is written to one partition, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transactions {
    /// Records of a transaction that is committed.
    pub committed: usize,
    /// Records of a transaction that is aborted.
    pub aborted: usize,
    /// Records of a transaction that stays open; 0 means that there is no such transaction.
    pub open: usize,
    /// Records that belong to no transaction.
    pub plain: usize,
    /// The reader's `isolation.level`.
    pub isolation: Isolation,
}

/// `isolation.level`: which records of transactions a consumer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// `read_committed`, which is librdkafka's default.
    ReadCommitted,
    /// `read_uncommitted`.
    ReadUncommitted,
}
