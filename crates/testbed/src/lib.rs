//! Gives a graded check its Kafka, its topic, its independent eyes and its words. It knows Kafka and nothing of the
//! exercises.
//!
//! # Layout
//!
//! Each module imports from those above it alone, which `tests/layers` checks.
//!
//! - [`verdict`]: pass, fail with four lines, or not graded.
//! - [`history`]: what was sent, acknowledged, delivered and committed, as data to check.
//! - [`context`]: what the running check is called and what it is waiting for.
//! - [`wait`]: waiting for conditions, with a deadline and a reason.
//! - [`own_thread`]: the learner's code on a thread of its own, so that the check can look at the broker meanwhile.
//! - [`poll`]: polling for what the broker will know in a moment.
//! - [`process_id`]: processes, told apart even when the system gives an id to another one.
//! - [`blocking`]: calls that block inside librdkafka.
//! - [`broker`]: the processes behind a Kafka: containers, and mock clusters in this process.
//! - [`cluster`]: a Kafka to work on, and its topics.
//! - [`cleanup`]: a process that removes what a run used, however the run ends.
//! - [`probe`]: a client of the check's own that reads back what really is on the broker.
//! - [`second_broker`]: a second broker, and topics that both brokers keep.
//! - [`session`]: the Kafka of a run: the judge opens it, and its workers connect to it.
//! - [`harness`]: runs the checks that [`macro@test`] registers, each with a deadline, and gives three verdicts.

pub mod blocking;
pub mod broker;
pub mod cleanup;
pub mod cluster;
pub mod context;
pub mod harness;
pub mod history;
pub mod own_thread;
pub mod poll;
pub mod probe;
pub mod process_id;
pub mod second_broker;
pub mod session;
pub mod verdict;
pub mod wait;

pub use cluster::{Cluster, Topic};
pub use harness::SLOW_WAIT;
pub use own_thread::OwnThread;
pub use testbed_macros::test;
pub use verdict::{Failure, NotGraded, NotPassed, Verdict, has_passed, judge};
pub use wait::{eventually, within};

// For the code that `#[testbed::test]` writes.
#[doc(hidden)]
pub use inventory;
