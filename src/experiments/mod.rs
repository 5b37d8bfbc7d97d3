//! The words of phase 5: the set-up of each experiment, and what can be predicted of it.
//!
//! - [`partitions`]: sharing partitions, keys and partitions, order, records without a key.
//! - [`producing`]: `acks` and replicas, answers that get lost, transactions.
//! - [`consuming`]: where a group starts, crashes and commits, automatic commits, replay.
//! - [`rebalancing`]: what a rebalance tells a member, and what it does to work in hand.

pub mod consuming;
pub mod partitions;
pub mod producing;
pub mod rebalancing;

pub use consuming::{
    AutoCommit, Commits, GroupStart, Loss, OffsetStored, Replay, Replayed, Rerun, Reset, Shutdown,
    Start,
};
pub use partitions::{Growth, KeyPlaces, Keys, Order, Sharing, Spread, Sticky, TwoEvents};
pub use producing::{Acks, Answer, Isolation, LostAnswers, Replication, Transactions};
pub use rebalancing::{Assignor, Handover, InFlight, OnRevoke, SecondJoins, Step};
