//! The checks by exercise.

use std::fmt::Write;
use std::slice::from_ref;

use report::tally::{Group, by_exercise};

use super::summary::{Summary, count_of};

/// The table of a run, unless it would be empty.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    let mut groups = by_exercise(&summary.course.exercises, from_ref(summary.report));
    groups.retain(|group| !group.checks.is_empty());
    if groups.is_empty() || summary.course.exercises.all().is_empty() {
        return None;
    }
    let width = groups.iter().map(|group| name(group).len()).max()?;
    let mut text = format!(
        "{:<width$}  {:>6}  {:>6}  {:>10}  {:>7}\n",
        "", "passed", "failed", "not graded", "skipped"
    );
    for group in &groups {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{:<width$}  {}", name(group), cells(group));
    }
    Some(text)
}

fn name(group: &Group<'_>) -> String {
    let what = group.exercise.map_or("given", |exercise| &exercise.name);
    format!("phase {}  {what}", group.phase)
}

fn cells(group: &Group<'_>) -> String {
    if group.is_unwritten() {
        let waiting = count_of(group.checks.len(), "check");
        return format!("not written yet, {waiting} waiting");
    }
    let counts = group.counts();
    let cell = |count: usize| match count {
        0 => "-".to_owned(),
        count => count.to_string(),
    };
    format!(
        "{:>6}  {:>6}  {:>10}  {:>7}",
        cell(counts.passed),
        cell(counts.failed),
        cell(counts.not_graded),
        cell(counts.skipped)
    )
}
