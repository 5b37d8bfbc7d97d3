//! A check that failed while machine or broker stood still is run again.
//!
//! Not at once, and not all of them together: what was too much for the machine would be so again. Those that are run again take
//! turns, and while they wait fewer checks run.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Check, pulse, report};
use crate::verdict::{NotGraded, NotPassed, Verdict};

/// How often a check is run until machine and broker have kept up with it.
const ATTEMPTS: usize = 3;

/// How many are run again at a time.
static TURNS: Turns = Turns::new(4);

/// Runs the check. A failure counts only if machine and broker kept up meanwhile: a check waits by the clock, which does not
/// stand still when they do. What the check itself did not get from the broker is asked for again in any case. A pass counts
/// always.
pub fn verdict_of(check: &'static Check) -> Verdict {
    let mut longest = Duration::ZERO;
    let mut turn = None;
    let mut attempts = 0;
    loop {
        let begun = Instant::now();
        let verdict = (check.run)();
        let Some(stall) = stall_behind(check, &verdict, begun) else {
            return verdict;
        };
        longest = longest.max(stall);
        attempts += 1;
        if attempts == ATTEMPTS {
            return verdict.map_err(|not_passed| not_graded(not_passed, longest));
        }
        report::run_again(check, stall);
        turn.get_or_insert_with(|| TURNS.wait_for_one());
    }
}

/// What broke says why by itself.
fn not_graded(not_passed: NotPassed, longest: Duration) -> NotPassed {
    if let NotPassed::NotGraded(_) = not_passed {
        return not_passed;
    }
    let reason = format!(
        "failed {ATTEMPTS} times, and each time this machine or its Kafka stood still, for up to {:.1} s: too busy to tell",
        longest.as_secs_f64()
    );
    NotPassed::NotGraded(NotGraded::TooBusy(reason))
}

/// How long machine or broker stood still, if that can be behind this verdict. An exclusive check lets the broker stand still
/// itself, so its failures count. A check that broke has waited for the broker in vain, whether or not anybody else has.
fn stall_behind(check: &Check, verdict: &Verdict, begun: Instant) -> Option<Duration> {
    let stall = pulse::longest_stall(begun);
    match verdict {
        Err(NotPassed::NotGraded(
            NotGraded::Environment(_) | NotGraded::TooBusy(_) | NotGraded::FaultNotInjected(_),
        )) => stall.or_else(|| Some(begun.elapsed())),
        Err(NotPassed::Failed(_)) if !check.exclusive => stall,
        _ => None,
    }
}

/// So many at a time.
struct Turns {
    free: Mutex<usize>,
    given_back: Condvar,
}

/// One of the turns. It is given back when it is dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    const fn new(at_a_time: usize) -> Self {
        Self {
            free: Mutex::new(at_a_time),
            given_back: Condvar::new(),
        }
    }

    /// Blocks until one is free.
    fn wait_for_one(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .given_back
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn no_more_than_so_many_have_a_turn_and_everybody_gets_one() {
        let turns = Turns::new(2);
        let (now, most, had_one) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let _turn = turns.wait_for_one();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                    had_one.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
        assert_eq!(had_one.into_inner(), 16);
    }
}
