//! Clients of an experiment's own, which block inside librdkafka.

use rdkafka::error::KafkaResult;
use testbed::{NotGraded, Verdict};

/// Runs `work` where blocking is allowed.
pub async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> KafkaResult<T> + Send + 'static,
) -> Verdict<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| NotGraded::broken(what, &error))?
        .map_err(|error| NotGraded::broken(what, &error))
}
