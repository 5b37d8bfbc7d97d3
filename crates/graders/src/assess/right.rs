//! Whether a right answer passed: every check of its phase, without exception.

use super::assessment::{Assessment, Rating};
use crate::bank::right::Right;
use crate::engine::{Answer, Job, JobResult, Patient, RUN_LIMIT, Ran};
use crate::outcome::{Check, Verdict};

/// Runs all checks of the phase.
pub fn job(right: &Right) -> Job {
    Job {
        answer: Answer {
            id: right.id(),
            file: Some(right.solution_file()),
            source: right.source.clone(),
        },
        filter: right.checks(),
        own_container: Some(right.checks()),
        patient: Patient::All,
        until_first_failure: false,
    }
}

/// Assesses a run of a right answer.
pub fn assess(right: &Right, result: &JobResult) -> Assessment {
    Assessment::new(right.id(), result, of_run)
}

fn of_run(ran: &Ran) -> (Rating, String) {
    let checks = &ran.run.checks;
    let with = |verdict| {
        let checks = checks.iter();
        checks.filter(move |check| check.verdict == verdict)
    };
    if let Some(check) = with(Verdict::Fail).next() {
        let failed = ran.failed().join(", ");
        return (Rating::Miss, format!("fails {failed}\n{}", check.failure));
    }
    if with(Verdict::NotGraded).any(Check::environment_broke)
        || checks.is_empty()
        || ran.was_aborted()
    {
        return (Rating::Broken, ran.run.stderr.clone());
    }
    let passed = with(Verdict::Pass).count();
    let not_graded = with(Verdict::NotGraded).count();
    if ran.elapsed > RUN_LIMIT {
        return (
            Rating::Miss,
            format!("took more than {} s", RUN_LIMIT.as_secs()),
        );
    }
    if not_graded > 0 {
        let note = format!("passes {passed} checks, {not_graded} could not be graded");
        return (Rating::NotGraded, note);
    }
    (Rating::Good, format!("passes all {passed} checks"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::Run;
    use pretty_assertions::assert_eq;

    fn rating_of(verdicts: &[Verdict]) -> Rating {
        let check = |verdict: &Verdict| Check {
            name: "phase2::f::holds".to_owned(),
            verdict: *verdict,
            reason: "not graded: needs a real broker".to_owned(),
            failure: String::new(),
        };
        let run = Run {
            code: Some(0),
            checks: verdicts.iter().map(check).collect(),
            stderr: String::new(),
        };
        let elapsed = Duration::from_secs(1);
        of_run(&Ran { run, elapsed }).0
    }

    #[test]
    fn one_failure_is_a_miss_and_no_check_is_no_pass() {
        use Verdict::{Fail, NotGraded, Pass};
        assert_eq!(rating_of(&[Pass, Pass]), Rating::Good);
        assert_eq!(rating_of(&[Pass, Fail]), Rating::Miss);
        assert_eq!(rating_of(&[Pass, NotGraded]), Rating::NotGraded);
        assert_eq!(rating_of(&[]), Rating::Broken);
    }
}
