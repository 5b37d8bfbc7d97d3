//! Which attempts count, and which are made again.

use std::time::Duration;

use report::ReasonKind;

use super::super::protocol::Outcome;
use super::death;
use super::worker_process::{End, Ended};
use crate::verdict::NotGraded;

/// How many attempts there are at most.
pub const ATTEMPTS: u32 = 3;

/// How many attempts a check has whose process ends itself: the second shows that it was no chance.
const ATTEMPTS_OF_A_DEATH: u32 = 2;

/// What is decided after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The outcome counts.
    Final(Outcome),
    /// It does not: another attempt may tell.
    Again,
}

/// Decides on an attempt. `attempt` is its number, from 1; `stall` is how long the machine or the broker stood still while it
/// ran.
///
/// A pass always counts. A failure counts unless machine or broker stood still meanwhile, for which the check itself is not
/// to blame. A check that broke on the environment has another attempt; a defect of the kit would only repeat itself.
pub fn decide(
    attempt: u32,
    ended: &Ended,
    stall: Option<Duration>,
    is_exclusive: bool,
) -> Decision {
    let outcome = death::outcome(ended);
    // An exclusive check makes the broker stand still itself.
    let stall = stall.filter(|stall| !is_exclusive && is_an_excuse(*stall, ended));
    match (&outcome, stall) {
        (Outcome::Failed { .. }, Some(_)) if attempt < ATTEMPTS => Decision::Again,
        (Outcome::Failed { .. }, Some(stall)) => Decision::Final(too_busy(stall)),
        (Outcome::Failed { .. }, None)
            if death::may_differ_next_time(ended) && attempt < ATTEMPTS_OF_A_DEATH =>
        {
            Decision::Again
        }
        (Outcome::NotGraded { kind, .. }, _) if is_worth_another(*kind) && attempt < ATTEMPTS => {
            Decision::Again
        }
        _ => Decision::Final(outcome),
    }
}

/// A process that has computed for as long as the stall lasted made the stall itself. One that ended without a verdict did not
/// wait by the clock.
fn is_an_excuse(stall: Duration, ended: &Ended) -> bool {
    matches!(ended.end, End::Verdict(_)) && ended.cpu < stall
}

fn is_worth_another(kind: ReasonKind) -> bool {
    matches!(
        kind,
        ReasonKind::Environment | ReasonKind::TooBusy | ReasonKind::FaultNotInjected
    )
}

fn too_busy(stall: Duration) -> Outcome {
    let reason = NotGraded::TooBusy(format!(
        "failed {ATTEMPTS} times, and each time this machine or its Kafka stood still, for up to {:.1} s: too busy to tell",
        stall.as_secs_f64()
    ));
    Outcome::NotGraded {
        kind: reason.kind(),
        text: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::worker_process::Stop;
    use super::*;
    use pretty_assertions::assert_eq;

    fn ended(end: End, cpu: Duration) -> Ended {
        Ended {
            end,
            panic: None,
            output: String::new(),
            begun: Instant::now(),
            elapsed: Duration::ZERO,
            cpu,
            strays: 0,
        }
    }

    fn failed() -> Outcome {
        Outcome::Failed {
            kind: ReasonKind::Judged,
            seen: String::new(),
            expected: String::new(),
            concept: String::new(),
        }
    }

    fn not_graded(kind: ReasonKind) -> End {
        End::Verdict(Outcome::NotGraded {
            kind,
            text: String::new(),
        })
    }

    const STALL: Option<Duration> = Some(Duration::from_secs(2));

    #[test]
    fn a_pass_counts_even_in_a_stall() {
        let passed = ended(End::Verdict(Outcome::Passed), Duration::ZERO);
        let decision = decide(1, &passed, STALL, false);
        assert_eq!(decision, Decision::Final(Outcome::Passed));
    }

    #[test]
    fn a_failure_counts_unless_there_was_a_stall() {
        let failure = || ended(End::Verdict(failed()), Duration::ZERO);
        assert_eq!(
            decide(1, &failure(), None, false),
            Decision::Final(failed())
        );
        assert_eq!(decide(1, &failure(), STALL, false), Decision::Again);
        let last = decide(ATTEMPTS, &failure(), STALL, false);
        assert!(
            matches!(&last, Decision::Final(Outcome::NotGraded { kind, .. }) if *kind == ReasonKind::TooBusy),
            "{last:?}"
        );
    }

    #[test]
    fn a_stall_that_the_check_made_itself_is_no_excuse() {
        let busy = || ended(End::Verdict(failed()), Duration::from_secs(3));
        assert_eq!(decide(1, &busy(), STALL, false), Decision::Final(failed()));
        let quiet = || ended(End::Verdict(failed()), Duration::ZERO);
        assert_eq!(decide(1, &quiet(), STALL, true), Decision::Final(failed()));
    }

    #[test]
    fn a_process_that_dies_has_a_second_attempt_and_one_that_is_stopped_has_none() {
        let died = || {
            ended(
                End::Died(std::process::ExitStatus::default()),
                Duration::ZERO,
            )
        };
        assert_eq!(decide(1, &died(), None, false), Decision::Again);
        assert!(matches!(
            decide(2, &died(), None, false),
            Decision::Final(Outcome::Failed { .. })
        ));
        let stopped = ended(End::Stopped(Stop::Output), Duration::ZERO);
        assert!(matches!(
            decide(1, &stopped, STALL, false),
            Decision::Final(Outcome::Failed { .. })
        ));
    }

    #[test]
    fn a_defect_of_the_kit_has_one_attempt() {
        let broken = ended(not_graded(ReasonKind::Environment), Duration::ZERO);
        assert_eq!(decide(1, &broken, None, false), Decision::Again);
        for kind in [ReasonKind::KitDefect, ReasonKind::NeedsOwnBroker] {
            let ended = ended(not_graded(kind), Duration::ZERO);
            assert!(
                matches!(decide(1, &ended, None, false), Decision::Final(_)),
                "{kind:?}"
            );
        }
    }
}
