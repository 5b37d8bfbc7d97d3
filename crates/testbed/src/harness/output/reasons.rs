//! What was not graded or skipped, by reason and by name: it must not pass for green.

use std::collections::BTreeMap;
use std::fmt::Write;

use report::{Check, Verdict};

use super::super::registry::SLOW_WAIT;
use super::summary::{Summary, count_of};
use crate::wait::seconds;

/// How many names of a reason are listed.
const NAMES_LISTED: usize = 10;

/// What a learner should know of checks without a verdict, unless there are none.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    let mut text = String::new();
    not_graded(&mut text, summary);
    skipped(&mut text, summary);
    attempts(&mut text, summary);
    (!text.is_empty()).then_some(text)
}

fn not_graded(text: &mut String, summary: &Summary<'_>) {
    let reasons = by_reason(&summary.report.checks);
    if let Some(notice) = summary
        .notice
        .filter(|notice| !reasons.contains_key(notice))
    {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{notice}\n");
    }
    for (reason, names) in &reasons {
        let count = count_of(names.len(), "check");
        let _ = writeln!(text, "NOT GRADED, {count}: {reason}");
        write_names(text, names, summary.arguments.all_failures);
    }
    if !reasons.is_empty() {
        let counts = summary.report.trailer.counts;
        let others = count_of(counts.passed + counts.failed, "other check");
        let _ = writeln!(
            text,
            "Not graded is neither passed nor failed. The run graded {others} all the same.\n"
        );
    }
}

fn by_reason(checks: &[Check]) -> BTreeMap<&str, Vec<&str>> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in checks {
        if check.verdict == Verdict::NotGraded {
            let reason = check.reason.as_ref().map_or("", |reason| &reason.text);
            reasons.entry(reason).or_default().push(&check.name);
        }
    }
    reasons
}

fn write_names(text: &mut String, names: &[&str], all: bool) {
    let shown = if all { names.len() } else { NAMES_LISTED };
    for name in names.iter().take(shown) {
        let _ = writeln!(text, "    {name}");
    }
    if names.len() > shown {
        let more = names.len() - shown;
        let _ = writeln!(text, "    … and {more} more: `-- --all-failures` names all");
    }
    text.push('\n');
}

fn skipped(text: &mut String, summary: &Summary<'_>) {
    let skipped = summary.report.trailer.counts.skipped;
    if skipped > 0 {
        let checks = count_of(skipped, "slow check");
        let wait = seconds(SLOW_WAIT);
        let _ = writeln!(
            text,
            "SKIPPED, {checks}: each takes {wait} or more. `-- --include-ignored` runs them too.\n"
        );
    }
}

/// What happened to checks that ran more than once because of a stall.
fn attempts(text: &mut String, summary: &Summary<'_>) {
    let Some(stall) = summary.stall else { return };
    let checks = summary.report.checks.iter();
    let again = count_of(checks.filter(|check| check.attempts > 1).count(), "check");
    let _ = writeln!(
        text,
        "This machine or its Kafka stood still for {:.1} s. The judge ran {again} again, and the last attempt counts.\n",
        stall.as_secs_f64()
    );
}
