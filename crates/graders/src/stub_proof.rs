//! The proof that an untouched stub fails by its own `todo!()` and by nothing else.
//!
//! A check that passes on a stub checks nothing, and one that fails otherwise sends a learner to the wrong place in the
//! first minute.

use report::Exercise;
use serde::{Deserialize, Serialize};

use crate::run::{FAILED, Run};
use report::{Check, ReasonKind, Verdict};

/// How many checks came to which verdict, and what is wrong with that.
#[derive(Debug, Default)]
pub struct StubReport {
    /// Checks that failed.
    pub failed: usize,
    /// Checks that passed.
    pub passed: usize,
    /// Checks that could not be graded.
    pub not_graded: usize,
    /// What should be otherwise. Empty: it is proved.
    pub problems: Vec<String>,
}

/// What all untouched stubs come to.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Stubs {
    /// How many exercises are as they should be.
    pub proved: usize,
    /// Whether all are, and phase 1 too.
    pub holds: bool,
}

/// Looks at a run of the checks of an exercise that is still its stub.
pub fn of_stub(exercise: &Exercise, run: &Run) -> StubReport {
    let mut report = count(run);
    if run.code != Some(FAILED) {
        report.add(format!("exit code {}, not {FAILED}", code(run)));
    }
    if report.failed == 0 {
        report.add("no check of it failed".to_owned());
    }
    for check in run.checks() {
        if let Some(problem) = problem(exercise, check) {
            report.add(format!("{}: {problem}", check.name));
        }
    }
    report
}

/// Looks at a run in which the checks of a stub wait: none runs, none starts a Kafka, and each says that the exercise is not
/// written.
pub fn of_waiting(run: &Run) -> Vec<String> {
    let mut problems = Vec::new();
    if run.code != Some(FAILED) {
        problems.push(format!("exit code {}, not {FAILED}", code(run)));
    }
    if !run.started_no_kafka() {
        problems.push("a run of nothing but stubs asked for a Kafka".to_owned());
    }
    let waits = |check: &&Check| check.kind() == Some(ReasonKind::Unwritten) && check.attempts == 0;
    if run.checks().is_empty() || !run.checks().iter().all(|check| waits(&check)) {
        problems.push("a check of the stub did not wait".to_owned());
    }
    problems
}

/// Looks at a run of the checks of what is given: all of them pass.
pub fn of_given(run: &Run) -> StubReport {
    let mut report = count(run);
    if run.code != Some(0) {
        report.add(format!("exit code {}, not 0", code(run)));
    }
    if report.passed == 0 {
        report.add("no check passed".to_owned());
    }
    for check in run.checks() {
        match check.verdict {
            Verdict::Passed => {}
            Verdict::Failed => {
                report.add(format!("{} failed: {}", check.name, check.reason_text()));
            }
            Verdict::NotGraded | Verdict::Skipped => {
                report.add(format!("{}: {}", check.name, check.reason_text()));
            }
        }
    }
    report
}

impl StubReport {
    fn add(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

fn count(run: &Run) -> StubReport {
    let count = |wanted| {
        let checks = run.checks().iter();
        checks.filter(|check| check.verdict == wanted).count()
    };
    StubReport {
        failed: count(Verdict::Failed),
        passed: count(Verdict::Passed),
        not_graded: count(Verdict::NotGraded),
        problems: Vec::new(),
    }
}

fn code(run: &Run) -> String {
    run.code
        .map_or_else(|| "of a signal".to_owned(), |code| code.to_string())
}

fn problem(exercise: &Exercise, check: &Check) -> Option<String> {
    if !exercise.owns(&check.name) {
        return Some("belongs to another exercise".to_owned());
    }
    match check.verdict {
        Verdict::Passed => Some("passes on a stub".to_owned()),
        // A check may need what this run has not; a broken environment proves nothing.
        Verdict::NotGraded if check.environment_broke() => Some(check.reason_text().to_owned()),
        Verdict::NotGraded => None,
        Verdict::Skipped => Some("was skipped".to_owned()),
        Verdict::Failed => {
            let failure = check.failure.as_ref();
            let seen = failure.map_or("nothing", |failure| &failure.seen);
            (!is_own_todo(exercise, seen)).then(|| format!("fails by `{seen}`"))
        }
    }
}

/// Whether it is `todo!() at …exercises/FILE:LINE:COLUMN: ` and the stub's own text.
fn is_own_todo(exercise: &Exercise, seen: &str) -> bool {
    let Some(place) = seen
        .strip_prefix("todo!() at ")
        .and_then(|rest| rest.strip_suffix(&exercise.todo()))
        .and_then(|rest| rest.strip_suffix(": "))
    else {
        return false;
    };
    // A path on Windows has its own separators.
    place
        .replace('\\', "/")
        .contains(&format!("{}:", exercise.stub_file()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixtures::{self, check, failed};
    use pretty_assertions::assert_eq;

    const TODO: &str = "todo!() at exercises/phase2_producer.rs:54:5: phase 2, exercise produce_event: \
                        write it in exercises/phase2_producer.rs";

    fn exercise() -> Exercise {
        Exercise {
            phase: 2,
            name: "produce_event".to_owned(),
            file: "phase2_producer.rs".to_owned(),
            points: 20,
            hint: String::new(),
            chapter: String::new(),
            promises: Vec::new(),
        }
    }

    fn problems(code: i32, checks: Vec<Check>) -> Vec<String> {
        of_stub(&exercise(), &fixtures::run(code, checks)).problems
    }

    fn seen(name: &str, seen: &str) -> Check {
        failed(name, &fixtures::failure(seen, "Write it."))
    }

    #[test]
    fn its_own_todo_is_the_proof() {
        let failed = seen("phase2::produce_event::waits", TODO);
        assert_eq!(problems(101, vec![failed]), Vec::<String>::new());
    }

    #[test]
    fn nothing_else_is() {
        let own = "phase2::produce_event::waits";
        let other_todo = TODO.replace("exercise produce_event:", "exercise produce_events_batch:");
        let other_file = TODO.replace(
            "exercises/phase2_producer.rs:54",
            "exercises/phase3_consumer.rs:54",
        );
        for (check, expected) in [
            (seen(own, &other_todo), "fails by"),
            (seen(own, &other_file), "fails by"),
            (seen(own, "2 records"), "fails by"),
            (seen("phase2::produce_events_batch::waits", TODO), "another"),
        ] {
            let found = problems(101, vec![check]);
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
        let passed = problems(0, vec![check(own, Verdict::Passed)]);
        assert_eq!(passed.len(), 3, "{passed:?}");
        assert_eq!(problems(101, Vec::new()), ["no check of it failed"]);
    }
}
