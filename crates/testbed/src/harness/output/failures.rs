//! The failures, in the order of the path. Those that share a concept are told once.

use std::fmt::Write;

use report::{Check, Failure, ReasonKind};

use super::summary::{Summary, count_of, indented};

/// Failures that share a concept, the first in order in front.
struct Group<'a> {
    check: &'a Check,
    failure: &'a Failure,
    others: Vec<&'a str>,
}

/// The failures of a run, unless there are none.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    let mut text = String::from("failures:\n");
    let groups = groups(&summary.report.checks, summary.arguments.all_failures);
    for group in &groups {
        group.write(&mut text);
    }
    (!groups.is_empty()).then_some(text)
}

fn groups(checks: &[Check], each_alone: bool) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for check in checks.iter().filter(|check| is_told_here(check)) {
        let Some(failure) = &check.failure else {
            continue;
        };
        let same = groups.iter_mut().find(|group| {
            group.check.exercise == check.exercise && group.failure.concept == failure.concept
        });
        match same {
            Some(group) if !each_alone => group.others.push(&check.name),
            _ => groups.push(Group {
                check,
                failure,
                others: Vec::new(),
            }),
        }
    }
    groups
}

/// A stub is told in one block for its exercise.
fn is_told_here(check: &Check) -> bool {
    check.failure.is_some() && check.kind() != Some(ReasonKind::Unwritten)
}

impl Group<'_> {
    fn write(&self, text: &mut String) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\n---- {} ----\n{}", self.check.name, self.failure);
        if !self.is_quoted() {
            let _ = writeln!(text, "  printed   {}", indented(&self.check.output));
        }
        if !self.others.is_empty() {
            let others = count_of(self.others.len(), "more check");
            let verb = if self.others.len() == 1 {
                "fails"
            } else {
                "fail"
            };
            let _ = writeln!(text, "  also      {others} {verb} with this concept:");
            for other in &self.others {
                let _ = writeln!(text, "            {other}");
            }
        }
    }
}

impl Group<'_> {
    /// Whether the failure already quotes all that the check printed.
    fn is_quoted(&self) -> bool {
        let printed = self.check.output.lines().map(str::trim);
        let mut lines = printed.filter(|line| !line.is_empty());
        lines.all(|line| self.failure.seen.contains(line))
    }
}
