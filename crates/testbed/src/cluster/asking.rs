//! Asking the broker for what it will know in a moment.
//!
//! The controller answers when it has decided; what the broker tells its clients follows, on a busy machine seconds later.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::ANSWER_TIMEOUT;

/// How soon it is asked again at first.
const SOON: Duration = Duration::from_millis(10);

/// How soon at last. Many checks that ask all the time would be what keeps it busy.
const LATER: Duration = Duration::from_millis(320);

/// Asks again and again, less and less often.
///
/// # Errors
/// `otherwise`, when it does not come true in time; and whatever `is_so` fails with.
pub async fn until(
    mut is_so: impl FnMut() -> KafkaResult<bool>,
    otherwise: RDKafkaErrorCode,
) -> KafkaResult<()> {
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    let mut pause = SOON;
    while !is_so()? {
        if Instant::now() >= deadline {
            return Err(KafkaError::AdminOp(otherwise));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LATER);
    }
    Ok(())
}
