//! Polling for a condition that the broker, or Docker, reports as true in a moment.

use std::future::Future;
use std::time::{Duration, Instant};

/// The first pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause. Many checks that ask all the time would keep a broker busy.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Calls `look`, less and less often, until it finds something. `None`: it found nothing within `limit`.
///
/// # Errors
/// The first error of `look`.
pub async fn poll_until<T, E, L>(
    limit: Duration,
    mut look: impl FnMut() -> L,
) -> Result<Option<T>, E>
where
    L: Future<Output = Result<Option<T>, E>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use pretty_assertions::assert_eq;

    #[tokio::test]
    async fn it_ends_with_what_is_found_or_with_the_limit() {
        let looks = Cell::new(0);
        let third = || async {
            looks.set(looks.get() + 1);
            Ok::<_, ()>((looks.get() == 3).then_some("found"))
        };
        assert_eq!(
            poll_until(Duration::from_mins(1), third).await,
            Ok(Some("found"))
        );

        let never = || async { Ok::<Option<()>, ()>(None) };
        assert_eq!(poll_until(Duration::ZERO, never).await, Ok(None));

        let fails = || async { Err::<Option<()>, _>("refused") };
        assert_eq!(
            poll_until(Duration::from_secs(1), fails).await,
            Err("refused")
        );
    }
}
