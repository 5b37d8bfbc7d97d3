//! The failures, the likeliest cause first. Those with the same text are printed once.

use std::fmt::Write;

use report::{Check, Finding};

use super::summary::{Summary, count_of, indented};

/// The failures of a run, unless there are none.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    let findings = &summary.report.trailer.findings;
    let mut text = String::from(if findings.len() > 1 {
        "failures, the likeliest cause first:\n"
    } else {
        "failures:\n"
    });
    for causes in findings.chunk_by(|one, next| one.exercise == next.exercise) {
        write_causes(&mut text, summary, causes);
    }
    (!findings.is_empty()).then_some(text)
}

/// The causes of one exercise's failures.
fn write_causes(text: &mut String, summary: &Summary<'_>, causes: &[Finding]) {
    for (place, cause) in causes.iter().enumerate() {
        write_finding(text, summary, cause);
        let next = causes.get(place + 1);
        if place == 0 && next.is_some_and(|next| next.is_about_as_likely_as(cause)) {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "  or        the next cause, which is about as likely");
        }
    }
}

fn write_finding(text: &mut String, summary: &Summary<'_>, finding: &Finding) {
    write_failure(text, summary, &finding.check);
    if summary.arguments.all_failures {
        for check in &finding.also {
            write_failure(text, summary, check);
        }
    } else {
        write_names(text, &finding.also);
    }
}

fn write_failure(text: &mut String, summary: &Summary<'_>, name: &str) {
    let mut checks = summary.report.checks.iter();
    let Some(check) = checks.find(|check| check.name == name) else {
        return;
    };
    let Some(failure) = &check.failure else {
        return;
    };
    let _ = writeln!(text, "\n---- {name} ----\n{failure}");
    if !is_quoted(check, &failure.seen) {
        let _ = writeln!(text, "  printed   {}", indented(&check.output));
    }
}

/// Whether the failure already quotes all that the check printed.
fn is_quoted(check: &Check, seen: &str) -> bool {
    let printed = check.output.lines().map(str::trim);
    let mut lines = printed.filter(|line| !line.is_empty());
    lines.all(|line| seen.contains(line))
}

fn write_names(text: &mut String, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let others = count_of(names.len(), "more check");
    let verb = if names.len() == 1 { "fails" } else { "fail" };
    let _ = writeln!(text, "  also      {others} {verb} with this concept:");
    for name in names {
        let _ = writeln!(text, "            {name}");
    }
}
