//! Rebalancing: what a member is told, and what becomes of its work in hand.

/// A group of one member that owns all partitions of a topic, and a second member that joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondJoins {
    /// How many partitions the topic has: an even number.
    pub partitions: usize,
    /// The group's assignor.
    pub assignor: Assignor,
}

/// `partition.assignment.strategy`: who plans which member gets which partition, and how a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignor {
    /// `range`: an eager assignor.
    Range,
    /// `cooperative-sticky`: an incremental one.
    CooperativeSticky,
}

/// What the rebalance callback of a member is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many partitions are taken away.
    Revoked(usize),
    /// So many partitions are given.
    Assigned(usize),
}

/// A partition that changes hands while its owner is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// How many records the owner has fetched, from offset 0 on.
    pub fetched: i64,
    /// How many of these it has worked on.
    pub done: i64,
    /// How many of these were committed before the rebalance.
    pub committed: i64,
    /// What it does when the partition is revoked.
    pub on_revoke: OnRevoke,
}

/// What an owner does when its partition is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRevoke {
    /// It commits the records it has worked on, and waits for the answer.
    Commits,
    /// Nothing.
    Nothing,
}

/// What the next owner of the partition finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover {
    /// The offset of the first record that it gets.
    pub starts_at: i64,
    /// How many records are worked on by both.
    pub worked_on_twice: i64,
}
