//! What is different under cargo-nextest. It lists the checks, then runs each with a judge of its own, and knows no verdict but
//! those of the exit code.

use super::super::registry::{Check, Needs};
use crate::broker::choice::Choice;

/// Whether cargo-nextest runs this process.
pub fn is_running() -> bool {
    std::env::var_os("NEXTEST").is_some()
}

/// Whether all judges can share one Kafka.
///
/// # Errors
/// What to do, where each judge would start its own.
pub fn is_possible() -> Result<(), &'static str> {
    match Choice::from_environment() {
        Ok(Choice::Docker | Choice::DockerOrMock) if is_running() => Err(
            "cargo-nextest runs each check in a process of its own, and each would start a Kafka of its own.\n\
             Use `cargo test`. Or start one Kafka for all: `docker compose up -d`, then\n\
             `KAFKA_BOOTSTRAP_SERVERS=localhost:9092 cargo nextest run`.",
        ),
        _ => Ok(()),
    }
}

/// Whether the check counts as ignored in a list: it is slow, or cargo-nextest would run it where it cannot be graded.
pub fn is_ignored(check: &Check) -> bool {
    check.slow || (is_running() && !can_be_graded(check))
}

fn can_be_graded(check: &Check) -> bool {
    match Choice::from_environment() {
        Ok(Choice::External(_)) => !check.exclusive,
        Ok(Choice::Mock) => !check.exclusive && check.needs != Needs::RealBroker,
        Ok(Choice::Docker | Choice::DockerOrMock) | Err(_) => true,
    }
}
