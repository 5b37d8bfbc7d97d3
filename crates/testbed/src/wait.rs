//! Waiting for conditions, with a deadline and a reason. Nothing here sleeps and hopes.

use std::future::Future;
use std::time::Duration;

use report::ReasonKind;

use crate::context::{waiting_for, waiting_no_more};
use crate::verdict::{Failure, Verdict};

/// How often a condition on the broker is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Waits for `future` no longer than `limit`. `what` names the thing waited for as in «`produce_event` to return»;
/// `concept` says which misconception would keep it from happening.
///
/// # Errors
/// A failure when the limit passes.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    concept: &str,
    future: impl Future<Output = T>,
) -> Verdict<T> {
    waiting_for(limit, what, concept);
    let result = tokio::time::timeout(limit, future).await;
    waiting_no_more();
    Ok(result.map_err(|_elapsed| too_long(limit, what, concept))?)
}

/// Looks again and again until `look` finds what it looks for, no longer than `limit`.
///
/// # Errors
/// A failure when the limit passes, with what was seen last; and whatever `look` fails with.
pub async fn eventually<T, L>(
    limit: Duration,
    what: &str,
    concept: &str,
    mut look: impl FnMut() -> L,
) -> Verdict<T>
where
    L: Future<Output = Verdict<Result<T, String>>>,
{
    waiting_for(limit, what, concept);
    let deadline = tokio::time::Instant::now() + limit;
    let mut interval = tokio::time::interval(LOOK_EVERY);
    loop {
        interval.tick().await;
        match look().await? {
            Ok(found) => {
                waiting_no_more();
                return Ok(found);
            }
            Err(seen) if tokio::time::Instant::now() >= deadline => {
                let seen = format!("{seen}, {} after waiting", seconds(limit));
                return Err(Failure::new(seen, what, concept).into());
            }
            Err(_not_yet) => {}
        }
    }
}

/// The failure of something that takes too long.
pub fn too_long(limit: Duration, what: &str, concept: &str) -> Failure {
    Failure::new(
        format!("nothing for {}: still waiting for {what}", seconds(limit)),
        format!("{what} within {}", seconds(limit)),
        concept,
    )
    .of_kind(ReasonKind::Deadline)
}

/// A duration as a person would say it.
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds.fract() == 0.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.2} s")
    }
}
