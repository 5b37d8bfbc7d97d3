//! Calls that block inside librdkafka, made where blocking is allowed.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use crate::verdict::{NotGraded, Verdict};

/// How long the cluster may take to answer a request of the testbed.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How soon a broker that is getting ready is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Runs `ask` on a thread where blocking is allowed. While the broker is still getting ready, as a group coordinator is after
/// its start, `ask` runs again, for up to [`ANSWER_TIMEOUT`].
///
/// # Errors
/// Not graded, with the last error of `ask`.
pub async fn blocking<T: Send + 'static>(
    what: &'static str,
    mut ask: impl FnMut() -> KafkaResult<T> + Send + 'static,
) -> Verdict<T> {
    let ask_until_ready = move || {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        loop {
            match ask() {
                Err(error) if is_getting_ready(&error) && Instant::now() < deadline => {
                    std::thread::sleep(ASK_AGAIN);
                }
                answer => return answer,
            }
        }
    };
    blocking_once(what, ask_until_ready).await
}

/// Runs `work` on a thread where blocking is allowed, once, whatever comes of it.
///
/// # Errors
/// Not graded, with the error of `work`.
pub async fn blocking_once<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> KafkaResult<T> + Send + 'static,
) -> Verdict<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| NotGraded::broken(what, &error))?
        .map_err(|error| NotGraded::broken(what, &error))
}

fn is_getting_ready(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::NotCoordinator
                // A broker names a new partition in metadata a moment before it leads it.
                | RDKafkaErrorCode::NotLeaderForPartition
        )
    )
}
