//! Gives a graded check its Kafka, its topic, its independent eyes and its words. It knows Kafka and nothing of the
//! exercises.
//!
//! # Layout
//!
//! - [`harness`]: runs the checks that [`macro@test`] registers, each with a deadline, and gives three verdicts.
//! - [`verdict`]: pass, fail with four lines, or not graded.
//! - [`context`]: what the running check is called and what it is waiting for.
//! - [`cluster`]: a Kafka to work on: the one of the run (external, Docker or mock) or a mock cluster of one's own
//!   whose faults can be chosen.
//! - [`session`]: the Kafka of a run: the judge opens it, and its workers connect to it.
//! - [`probe`]: a client of the check's own that reads back what really is on the broker.
//! - [`history`]: what was sent, acknowledged, delivered and committed, as data to check.
//! - [`wait`]: waiting for conditions, with a deadline and a reason.
//! - [`apart`]: the learner's code on a thread of its own, so that the check can look at the broker meanwhile.

pub mod apart;
pub mod cluster;
pub mod context;
pub mod harness;
pub mod history;
pub mod probe;
pub mod session;
pub mod verdict;
pub mod wait;

pub use apart::Apart;
pub use cluster::{Cluster, Topic};
pub use harness::SLOW_WAIT;
pub use testbed_macros::test;
pub use verdict::{Failure, NotGraded, NotPassed, Verdict, judge};
pub use wait::{eventually, within};

// For the code that `#[testbed::test]` writes.
#[doc(hidden)]
pub use inventory;
