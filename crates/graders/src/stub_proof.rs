//! The proof that an untouched stub fails by its own `todo!()` and by nothing else.
//!
//! A check that passes on a stub checks nothing, and one that fails otherwise sends a learner to the wrong place in the
//! first minute.

use report::Exercise;
use serde::{Deserialize, Serialize};

use crate::outcome::{Check, Verdict};
use crate::run::{FAILED, Run};

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
    for check in &run.checks {
        if let Some(problem) = problem(exercise, check) {
            report.add(format!("{}: {problem}", check.name));
        }
    }
    report
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
    for check in &run.checks {
        match check.verdict {
            Verdict::Pass => {}
            Verdict::Fail => report.add(format!("{} failed:\n{}", check.name, check.failure)),
            Verdict::NotGraded => report.add(format!("{}: {}", check.name, check.reason)),
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
        let checks = run.checks.iter();
        checks.filter(|check| check.verdict == wanted).count()
    };
    StubReport {
        failed: count(Verdict::Fail),
        passed: count(Verdict::Pass),
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
        Verdict::Pass => Some("passes on a stub".to_owned()),
        // A check may need what this run has not; a broken environment proves nothing.
        Verdict::NotGraded if check.environment_broke() => Some(check.reason.clone()),
        Verdict::NotGraded => None,
        Verdict::Fail => {
            let seen = check.seen().unwrap_or("nothing");
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

    fn check(name: &str, verdict: Verdict, seen: &str) -> Check {
        Check {
            name: name.to_owned(),
            verdict,
            reason: String::new(),
            failure: format!("  seen      {seen}\n  expected  more"),
        }
    }

    fn problems(code: i32, checks: Vec<Check>) -> Vec<String> {
        let run = Run {
            code: Some(code),
            checks,
            stderr: String::new(),
        };
        of_stub(&exercise(), &run).problems
    }

    #[test]
    fn its_own_todo_is_the_proof() {
        let failed = check("phase2::produce_event::waits", Verdict::Fail, TODO);
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
            (check(own, Verdict::Fail, &other_todo), "fails by"),
            (check(own, Verdict::Fail, &other_file), "fails by"),
            (check(own, Verdict::Fail, "2 records"), "fails by"),
            (
                check("phase2::produce_events_batch::waits", Verdict::Fail, TODO),
                "another",
            ),
        ] {
            let found = problems(101, vec![check]);
            assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
        }
        let passed = problems(0, vec![check(own, Verdict::Pass, "")]);
        assert_eq!(passed.len(), 3, "{passed:?}");
        assert_eq!(problems(101, Vec::new()), ["no check of it failed"]);
    }
}
