//! How long a check waits for workers that do nothing.
//!
//! A wait ends by what happens, not by its whole length: while there is something new in the timeline or in the work,
//! what is waited for may still come. Two workers that rebalance on a busy machine are never quiet for long.

use std::time::{Duration, Instant};

use testbed::session::initial_rebalance_delay;
use testbed::wait::seconds;
use testbed::{Failure, Verdict};

/// How long any wait may take, whatever happens meanwhile.
pub const LIMIT: Duration = Duration::from_secs(18);

/// For how long nothing may happen. Generous: checks run side by side on a busy machine.
pub const QUIET: Duration = Duration::from_secs(7);

/// For how long nothing has happened.
#[derive(Debug)]
pub struct QuietTimer {
    /// How long it is quiet though all is well.
    known: Duration,
    news: Option<usize>,
    since: Instant,
}

impl Default for QuietTimer {
    fn default() -> Self {
        Self::allowing(Duration::ZERO)
    }
}

impl QuietTimer {
    /// Where nothing happens for as long as `known`, though all is well.
    pub fn allowing(known: Duration) -> Self {
        Self {
            known,
            news: None,
            since: Instant::now(),
        }
    }

    /// What was seen, or a failure when nothing has happened for too long. `news` grows when something happens.
    pub fn check<T>(
        &mut self,
        news: usize,
        seen: Result<T, String>,
        what: &str,
        concept: &str,
    ) -> Verdict<Result<T, String>> {
        self.is_over(news).or_later(seen, what, concept)
    }

    /// Whether nothing has happened for too long.
    pub fn is_over(&mut self, news: usize) -> TooQuiet {
        if self.news.replace(news) != Some(news) {
            self.since = Instant::now();
        }
        // A group without members forms no sooner.
        let limit = self.known + QUIET + initial_rebalance_delay();
        TooQuiet((self.since.elapsed() >= limit).then_some(limit))
    }
}

/// For how long nothing has happened, if that is too long.
#[derive(Debug, Clone, Copy)]
pub struct TooQuiet(Option<Duration>);

impl TooQuiet {
    /// What was seen, or a failure if nothing has happened for too long.
    pub fn or_later<T>(
        self,
        seen: Result<T, String>,
        what: &str,
        concept: &str,
    ) -> Verdict<Result<T, String>> {
        match (seen, self.0) {
            (Err(seen), Some(quiet)) => {
                let seen = format!("{seen}, and nothing has happened for {}", seconds(quiet));
                Err(Failure::new(seen, what, concept).into())
            }
            (seen, _) => Ok(seen),
        }
    }
}
