//! The deadline of the check. It holds even when the learner's code blocks every thread of the runtime.

use std::thread;
use std::time::{Duration, Instant};

use super::super::protocol::Body;
use super::super::registry::Check;
use super::channel::Channel;
use super::finish::{self, finish};
use crate::context::{self, Waiting};
use crate::session::initial_rebalance_delay;
use crate::verdict::{NotGraded, NotPassed};
use crate::wait;

/// How often the limits are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A wait that can end itself has done so by then; one that blocks its thread has not.
const GRACE: Duration = Duration::from_millis(1500);

/// Watches the check's limits. When one passes, the check has failed, whatever its thread does.
pub fn watch(channel: &Channel, check: &'static Check) {
    let channel = channel.clone();
    let begun = Instant::now();
    let watching = thread::Builder::new()
        .name("deadline".to_owned())
        .spawn(move || {
            let mut told = false;
            loop {
                thread::sleep(LOOK_EVERY);
                let first_wait = context::first_wait();
                if first_wait.is_some() && !told {
                    channel.send(Body::Begun);
                    told = true;
                }
                let limits = Limits {
                    deadline: check.deadline + initial_rebalance_delay(),
                    begun,
                    first_wait,
                };
                if let Some(not_passed) = limits.overdue(&context::waiting(), Instant::now()) {
                    return finish(&channel, finish::not_passed(not_passed));
                }
            }
        });
    if let Err(error) = watching {
        eprintln!("a worker cannot watch its deadline: {error}");
    }
}

/// The limits of a check.
#[derive(Debug, Clone, Copy)]
struct Limits {
    deadline: Duration,
    begun: Instant,
    first_wait: Option<Instant>,
}

impl Limits {
    /// What is said of a check that should have ended by now.
    ///
    /// The deadline begins with the first wait for the learner's code: until then Kafka creates the check's topics. A check
    /// that is late and waits for nothing of the learner's is not graded.
    fn overdue(&self, waiting: &Waiting, now: Instant) -> Option<NotPassed> {
        let end = self.first_wait.unwrap_or(self.begun) + self.deadline;
        match waiting.limit {
            Some((limit, end)) if now >= end + GRACE => {
                Some(wait::too_long(limit, &waiting.what, &waiting.concept).into())
            }
            _ if now < end => None,
            Some(_) => Some(wait::too_long(self.deadline, &waiting.what, &waiting.concept).into()),
            None => {
                let took = format!("took longer than {}", wait::seconds(self.deadline));
                Some(NotGraded::broken("the check's own requests", &took))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(begun: Instant, first_wait: Option<Instant>) -> Limits {
        Limits {
            deadline: Duration::from_secs(20),
            begun,
            first_wait,
        }
    }

    #[test]
    fn the_time_of_the_checks_own_requests_is_not_the_learners() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let idle = Waiting::default();
        let before_the_first_wait = limits(begun, None);
        assert!(before_the_first_wait.overdue(&idle, at(19)).is_none());
        let late = before_the_first_wait.overdue(&idle, at(21));
        assert!(matches!(late, Some(NotPassed::NotGraded(_))));
        assert!(limits(begun, Some(at(21))).overdue(&idle, at(40)).is_none());
    }

    #[test]
    fn the_deadline_begins_with_the_first_wait_for_the_learners_code() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let waiting = Waiting {
            limit: Some((Duration::from_secs(18), at(57))),
            ..Waiting::default()
        };
        let limits = limits(begun, Some(at(19)));
        assert!(limits.overdue(&waiting, at(38)).is_none());
        let late = limits.overdue(&waiting, at(40));
        assert!(matches!(late, Some(NotPassed::Failed(_))));
    }
}
