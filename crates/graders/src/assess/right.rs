//! Whether a right answer passed: every check of its phase, without exception.

use super::assessment::{Assessment, Rating};
use crate::bank::right::Right;
use crate::engine::{Answer, Job, JobResult, RUN_LIMIT, Ran, Slow};
use report::{Check, Verdict};

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
        slow: Slow::All,
        until_first_failure: false,
    }
}

/// Assesses a run of a right answer.
pub fn assess(right: &Right, result: &JobResult) -> Assessment {
    Assessment::new(right.id(), result, of_run)
}

fn of_run(ran: &Ran) -> (Rating, String) {
    let checks = ran.run.checks();
    let with = |verdict| {
        let checks = checks.iter();
        checks.filter(move |check| check.verdict == verdict)
    };
    if let Some(check) = with(Verdict::Failed).next() {
        let failed = ran.failed().join(", ");
        return (Rating::Miss, format!("fails {failed}\n{}", text_of(check)));
    }
    if with(Verdict::NotGraded).any(Check::environment_broke) || checks.is_empty() {
        return (Rating::Broken, ran.run.stderr.clone());
    }
    let passed = with(Verdict::Passed).count();
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

fn text_of(check: &Check) -> String {
    let failure = check.failure.as_ref();
    failure.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::fixtures::{check, run};
    use pretty_assertions::assert_eq;

    fn rating_of(verdicts: &[Verdict]) -> Rating {
        let checks = verdicts
            .iter()
            .map(|verdict| check("phase2::f::holds", *verdict));
        let run = run(0, checks.collect());
        let elapsed = Duration::from_secs(1);
        of_run(&Ran { run, elapsed }).0
    }

    #[test]
    fn one_failure_is_a_miss_and_no_check_is_no_pass() {
        use Verdict::{Failed, NotGraded, Passed};
        assert_eq!(rating_of(&[Passed, Passed]), Rating::Good);
        assert_eq!(rating_of(&[Passed, Failed]), Rating::Miss);
        assert_eq!(rating_of(&[Passed, NotGraded]), Rating::NotGraded);
        assert_eq!(rating_of(&[]), Rating::Broken);
    }
}
