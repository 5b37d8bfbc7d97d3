//! What is known of the selected checks before any of them runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use report::{Exercise, Failure, Reason, ReasonKind, Verdict};

use super::super::course::{Course, Stub};
use super::super::registry::{Check, Needs, SLOW_WAIT};
use super::super::selection::Selection;
use crate::wait::seconds;

/// The selected checks, sorted into those that run and those that are decided already.
#[derive(Debug)]
pub struct Plan {
    /// Those that run, in the order in which they start.
    pub to_run: Vec<&'static Check>,
    /// Those that need no run: slow ones that were not asked for, and those of unwritten exercises.
    pub decided: Vec<report::Check>,
    /// All of them by name, in the order of the path.
    pub names: Vec<String>,
    /// The exercises of which every check is selected.
    pub complete: Vec<String>,
    /// How many checks the filters left out.
    pub filtered_out: usize,
}

impl Plan {
    /// Sorts the selected checks. With `run_unwritten` a stub is no reason not to run.
    pub fn new(
        course: &Course,
        all: &[&'static Check],
        selection: &Selection,
        run_unwritten: bool,
    ) -> Self {
        let stubs = if run_unwritten {
            BTreeMap::new()
        } else {
            stubs(course)
        };
        let mut plan = Self {
            to_run: Vec::new(),
            decided: Vec::new(),
            names: Vec::new(),
            complete: complete(course, all, selection),
            filtered_out: selection.filtered_out,
        };
        for selected in &selection.checks {
            let name = selected.check.path();
            let exercise = course.exercises.of_check(&name);
            let stub = exercise.and_then(|exercise| Some((exercise, stubs.get(&exercise.name)?)));
            if let Some((exercise, stub)) = stub {
                plan.decided.push(unwritten(course, &name, exercise, stub));
            } else if selected.is_skipped {
                plan.decided.push(skipped(course, &name));
            } else {
                plan.to_run.push(selected.check);
            }
            plan.names.push(name);
        }
        // What takes longest starts first, and everything else runs beside it.
        plan.to_run
            .sort_by_key(|check| (!check.slow, !check.long, Reverse(check.deadline)));
        plan
    }

    /// Whether one of the checks that run needs the Kafka of the run.
    pub fn needs_kafka(&self) -> bool {
        let mut checks = self.to_run.iter();
        checks.any(|check| check.needs != Needs::OwnMock)
    }
}

fn complete(course: &Course, all: &[&Check], selection: &Selection) -> Vec<String> {
    let names: BTreeSet<String> = selection.checks.iter().map(|s| s.check.path()).collect();
    let exercises = course.exercises.all().iter();
    exercises
        .filter(|exercise| {
            let mut own = all
                .iter()
                .map(|check| check.path())
                .filter(|path| exercise.owns(path));
            own.all(|path| names.contains(&path))
        })
        .map(|exercise| exercise.name.clone())
        .collect()
}

fn stubs(course: &Course) -> BTreeMap<String, Stub> {
    let exercises = course.exercises.all().iter();
    exercises
        .filter_map(|exercise| Some((exercise.name.clone(), (course.stub)(exercise)?)))
        .collect()
}

/// A check that has not run, without a verdict.
pub fn not_run(course: &Course, name: &str) -> report::Check {
    report::Check {
        name: name.to_owned(),
        phase: report::exercises::phase_of(name),
        exercise: course
            .exercises
            .of_check(name)
            .map(|exercise| exercise.name.clone()),
        verdict: Verdict::NotGraded,
        reason: None,
        failure: None,
        milliseconds: 0,
        attempts: 0,
        process: None,
        output: String::new(),
    }
}

fn skipped(course: &Course, name: &str) -> report::Check {
    report::Check {
        verdict: Verdict::Skipped,
        reason: Some(Reason {
            kind: ReasonKind::Slow,
            text: format!("takes {} or more", seconds(SLOW_WAIT)),
        }),
        ..not_run(course, name)
    }
}

fn unwritten(course: &Course, name: &str, exercise: &Exercise, stub: &Stub) -> report::Check {
    let text = format!(
        "`{}` is not written yet: its `todo!()` stands at {}",
        exercise.name, stub.todo
    );
    report::Check {
        verdict: Verdict::Failed,
        reason: Some(Reason {
            kind: ReasonKind::Unwritten,
            text: text.clone(),
        }),
        failure: Some(Failure {
            seen: text,
            expected: "your code in its place".to_owned(),
            concept: "This exercise is yours to write. Its doc comment says what is promised, and every promise is checked."
                .to_owned(),
            look: (course.look)(name),
        }),
        ..not_run(course, name)
    }
}
