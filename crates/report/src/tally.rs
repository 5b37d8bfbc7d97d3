//! The checks of a run counted by exercise.

use crate::exercises::{Exercise, Exercises};
use crate::file::Report;
use crate::run::{Check, Counts, ReasonKind, Verdict};

/// The checks of one exercise, or of what a phase gives.
#[derive(Debug)]
pub struct Group<'a> {
    /// The phase.
    pub phase: u32,
    /// The exercise. `None`: what is given in this phase.
    pub exercise: Option<&'a Exercise>,
    /// Its checks.
    pub checks: Vec<&'a Check>,
    /// Whether every check of the exercise was selected.
    pub is_complete: bool,
}

impl Group<'_> {
    /// Its checks by verdict.
    pub fn counts(&self) -> Counts {
        Counts::of(self.checks.iter().copied())
    }

    /// Whether the exercise still is its stub.
    pub fn is_unwritten(&self) -> bool {
        let mut checks = self.checks.iter();
        checks.any(|check| check.kind() == Some(ReasonKind::Unwritten))
    }

    /// An exercise is passed when all its checks are. If none failed, and one was not selected, not graded or skipped, it is not
    /// known.
    pub fn verdict(&self) -> Verdict {
        let counts = self.counts();
        if counts.failed > 0 {
            Verdict::Failed
        } else if !self.is_complete || counts.all() == 0 || counts.passed < counts.all() {
            Verdict::NotGraded
        } else {
            Verdict::Passed
        }
    }

    /// The points earned.
    pub fn points(&self) -> u32 {
        match (self.exercise, self.verdict()) {
            (Some(exercise), Verdict::Passed) => exercise.points,
            _ => 0,
        }
    }
}

/// Sorts the checks of these runs by exercise, in the order of the path. Exercises without a check have an empty group.
pub fn by_exercise<'a>(exercises: &'a Exercises, reports: &'a [Report]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = exercises
        .all()
        .iter()
        .map(|exercise| of_exercise(exercise, reports))
        .collect();
    for check in reports.iter().flat_map(|report| &report.checks) {
        if exercises.of_check(&check.name).is_none() {
            add_given(&mut groups, check);
        }
    }
    groups.sort_by_key(|group| (group.phase, group.exercise.is_some()));
    groups
}

fn of_exercise<'a>(exercise: &'a Exercise, reports: &'a [Report]) -> Group<'a> {
    let checks = reports.iter().flat_map(|report| &report.checks);
    let mut complete = reports.iter().flat_map(|report| &report.header.complete);
    Group {
        phase: exercise.phase,
        exercise: Some(exercise),
        checks: checks.filter(|check| exercise.owns(&check.name)).collect(),
        is_complete: complete.any(|name| *name == exercise.name),
    }
}

fn add_given<'a>(groups: &mut Vec<Group<'a>>, check: &'a Check) {
    let given = groups
        .iter_mut()
        .find(|group| group.exercise.is_none() && group.phase == check.phase);
    match given {
        Some(group) => group.checks.push(check),
        None => groups.push(Group {
            phase: check.phase,
            exercise: None,
            checks: vec![check],
            is_complete: true,
        }),
    }
}
