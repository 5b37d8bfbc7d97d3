//! Whether a wrong answer was caught: the named check failed, and its text names the misconception. Where the whole phase ran,
//! the other exercises passed too.

use std::time::Duration;

use super::assessment::{Assessment, Rating};
use crate::bank::wrong::Wrong;
use crate::engine::{Answer, Job, JobResult, RUN_LIMIT, Ran, Slow};
use crate::run;
use report::{Check, Verdict};

/// Runs all checks of the exercise, or of the phase: a wrong answer is to end soon, and may break more than one promise.
pub fn job(wrong: &Wrong) -> Job {
    Job {
        answer: answer(wrong),
        filter: filter(wrong),
        own_container: Some(wrong.check()),
        slow: Slow::Only(wrong.check()),
        until_first_failure: false,
    }
}

/// Runs the named check alone, for its text.
pub fn job_of_named_check(wrong: &Wrong) -> Job {
    Job {
        filter: wrong.check(),
        ..job(wrong)
    }
}

/// The colons keep `produce_event` from selecting `produce_events_batch`.
fn filter(wrong: &Wrong) -> String {
    if wrong.header.whole_phase {
        format!("phase{}::", wrong.exercise.phase)
    } else {
        format!("{}::", wrong.exercise.path())
    }
}

fn answer(wrong: &Wrong) -> Answer {
    Answer {
        id: wrong.id(),
        file: Some(wrong.exercise.solution_file()),
        source: wrong.source.clone(),
    }
}

/// The failure that names the misconception: the first failed case of the named check.
pub fn failure<'a>(wrong: &Wrong, ran: &'a Ran) -> Option<&'a Check> {
    let mut failed: Vec<&Check> = ran
        .run
        .checks()
        .iter()
        .filter(|check| check.verdict == Verdict::Failed && wrong.is_named(check))
        .collect();
    failed.sort_by(|one, other| one.name.cmp(&other.name));
    failed.first().copied()
}

/// Assesses a run of a wrong answer.
pub fn assess(wrong: &Wrong, result: &JobResult) -> Assessment {
    Assessment::new(wrong.id(), result, |ran| rate_run(wrong, ran))
}

/// What a run comes to, and why.
pub fn rate_run(wrong: &Wrong, ran: &Ran) -> (Rating, String) {
    let named: Vec<&Check> = ran
        .run
        .checks()
        .iter()
        .filter(|check| wrong.is_named(check))
        .collect();
    if let Some(check) = failure(wrong, ran) {
        return of_failure(wrong, check, ran);
    }
    if let Some(check) = named.iter().find(|c| c.verdict == Verdict::NotGraded) {
        let rating = if check.environment_broke() {
            Rating::Broken
        } else {
            Rating::NotGraded
        };
        return (
            rating,
            format!("{}: {}", wrong.header.check, check.reason_text()),
        );
    }
    if ran.was_aborted() {
        return (
            Rating::Broken,
            format!("the run was aborted: {}", ran.run.stderr),
        );
    }
    let note = if named.is_empty() {
        format!("there is no check {}\n{}", wrong.check(), ran.run.stderr)
    } else {
        format!(
            "survives {}; failed: {}",
            wrong.header.check,
            list(&ran.failed())
        )
    };
    (Rating::Miss, note)
}

fn of_failure(wrong: &Wrong, check: &Check, ran: &Ran) -> (Rating, String) {
    let failure = check.failure.as_ref();
    let concept = failure.map_or("", |failure| &failure.concept);
    if let Some(words) = wrong.missing_in(concept) {
        let note = format!("its concept lacks `{words}`: {concept}");
        return (Rating::Miss, note);
    }
    let limit = limit(wrong);
    if ran.elapsed > limit {
        let note = format!("caught, but the run took more than {} s", limit.as_secs());
        return (Rating::Miss, note);
    }
    if wrong.header.whole_phase {
        return of_whole_phase(wrong, ran);
    }
    (Rating::Good, wrong.header.check.clone())
}

/// A whole phase has more checks than an exercise, and a learner does not wait for all of them after each change.
fn limit(wrong: &Wrong) -> Duration {
    if wrong.header.whole_phase {
        RUN_LIMIT * 2
    } else {
        RUN_LIMIT
    }
}

/// What an answer that was caught did to its run and to the other exercises of its phase.
fn of_whole_phase(wrong: &Wrong, ran: &Ran) -> (Rating, String) {
    if ran.run.code != Some(run::FAILED) {
        let note = format!("caught, but the exit code of the run is {:?}", ran.run.code);
        return (Rating::Miss, note);
    }
    let with = |verdict| {
        let checks = ran.run.checks().iter();
        checks.filter(move |c| c.verdict == verdict && !wrong.exercise.owns(&c.name))
    };
    let failed: Vec<String> = with(Verdict::Failed).map(|c| c.name.clone()).collect();
    if !failed.is_empty() {
        let note = format!("caught, but other exercises fail: {}", list(&failed));
        return (Rating::Miss, note);
    }
    if let Some(check) = with(Verdict::NotGraded).find(|check| check.environment_broke()) {
        let note = format!("{}: {}", check.name, check.reason_text());
        return (Rating::Broken, note);
    }
    match with(Verdict::Passed).count() {
        0 => (
            Rating::Miss,
            "caught, but the phase has no other exercise that passes".to_owned(),
        ),
        passed => {
            let check = &wrong.header.check;
            let note = format!("{check}; {passed} checks of other exercises pass");
            (Rating::Good, note)
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::patch_file::Header;
    use crate::engine::NoRun;
    use crate::run::fixtures::{self, check, failed};
    use pretty_assertions::assert_eq;
    use report::Exercise;

    fn wrong() -> Wrong {
        Wrong {
            exercise: Exercise {
                phase: 2,
                name: "f".to_owned(),
                file: "phase2_f.rs".to_owned(),
                points: 0,
                hint: String::new(),
                chapter: String::new(),
                promises: Vec::new(),
            },
            name: "no_key".to_owned(),
            header: Header {
                misconception: "A key is for nothing.".to_owned(),
                check: "keeps_the_key".to_owned(),
                concept: vec!["Same partition".to_owned()],
                whole_phase: false,
                failure: None,
            },
            source: String::new(),
        }
    }

    fn rating_of(verdict: Verdict, concept: &str, seconds: u64) -> Rating {
        let name = "phase2::f::keeps_the_key::case_1";
        let check = match verdict {
            Verdict::Failed => failed(name, &fixtures::failure("2", concept)),
            other => check(name, other),
        };
        let run = fixtures::run(101, vec![check]);
        let elapsed = Duration::from_secs(seconds);
        assess(&wrong(), &Ok(Ran { run, elapsed })).rating
    }

    #[test]
    fn caught_is_the_named_check_with_the_concept_in_time() {
        let concept = "A key means the same partition.";
        assert_eq!(rating_of(Verdict::Failed, concept, 3), Rating::Good);
        assert_eq!(
            rating_of(Verdict::Failed, "Something else.", 3),
            Rating::Miss
        );
        assert_eq!(rating_of(Verdict::Failed, concept, 121), Rating::Miss);
        assert_eq!(rating_of(Verdict::Passed, "", 3), Rating::Miss);
        assert_eq!(rating_of(Verdict::NotGraded, "", 3), Rating::NotGraded);
    }

    #[test]
    fn where_the_whole_phase_runs_it_fails_and_the_other_exercises_pass() {
        let rating_with = |code, others: Vec<Check>| {
            let mut wrong = wrong();
            wrong.header.whole_phase = true;
            let caught = fixtures::failure("2", "Same partition");
            let mut checks = vec![failed("phase2::f::keeps_the_key", &caught)];
            checks.extend(others);
            let run = fixtures::run(code, checks);
            let elapsed = Duration::from_secs(1);
            assess(&wrong, &Ok(Ran { run, elapsed })).rating
        };
        let rating = |others| rating_with(run::FAILED, others);
        let other = |verdict| check("phase2::f_too::holds", verdict);
        assert_eq!(rating(vec![other(Verdict::Passed)]), Rating::Good);
        let also_failed = vec![other(Verdict::Passed), other(Verdict::Failed)];
        assert_eq!(rating(also_failed), Rating::Miss);
        assert_eq!(rating(vec![other(Verdict::NotGraded)]), Rating::Miss);
        assert_eq!(rating(Vec::new()), Rating::Miss);
        let passed = vec![other(Verdict::Passed)];
        assert_eq!(rating_with(0, passed), Rating::Miss);
    }

    #[test]
    fn the_whole_phase_is_what_runs_where_the_header_says_so() {
        let mut wrong = wrong();
        assert_eq!(job(&wrong).filter, "phase2::f::");
        wrong.header.whole_phase = true;
        assert_eq!(job(&wrong).filter, "phase2::");
    }

    #[test]
    fn what_does_not_compile_is_a_miss() {
        let result = Err(NoRun::Compile("error".to_owned()));
        assert_eq!(assess(&wrong(), &result).rating, Rating::Miss);
    }
}
