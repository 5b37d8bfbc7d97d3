//! The one line that says what to do next, with its command.

use report::Check;

use super::summary::{Summary, count_of};

/// The next step, for a program whose checks grade exercises.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    if summary.course.exercises.all().is_empty() {
        return None;
    }
    let step = nothing_selected(summary)
        .or_else(|| first_failure(summary))
        .or_else(|| broken_environment(summary))
        .or_else(|| unwritten(summary))
        .or_else(|| slow_checks(summary))
        .or_else(|| another_kafka(summary))
        .unwrap_or_else(|| everything(summary));
    Some(format!("Next: {step}"))
}

fn nothing_selected(summary: &Summary<'_>) -> Option<String> {
    let command = summary.course.command;
    let is_empty = summary.report.checks.is_empty();
    is_empty.then(|| format!("no check has that in its name. All names: {command} -- --list"))
}

fn first_failure(summary: &Summary<'_>) -> Option<String> {
    let likeliest = summary.report.trailer.findings.first()?;
    let command = summary.course.command;
    Some(format!(
        "start with this check: {command} {}",
        likeliest.check
    ))
}

fn broken_environment(summary: &Summary<'_>) -> Option<String> {
    let mut checks = summary.report.checks.iter();
    let broke = checks.any(Check::environment_broke);
    broke.then(|| {
        "the environment broke, not your code. Do what the reason under NOT GRADED says, then run the same command again"
            .to_owned()
    })
}

/// The first exercise on the path that is still a stub, whether or not it was selected.
fn unwritten(summary: &Summary<'_>) -> Option<String> {
    let course = summary.course;
    let mut exercises = course.exercises.all().iter();
    let (exercise, stub) =
        exercises.find_map(|exercise| Some((exercise, (course.stub)(exercise)?)))?;
    Some(format!(
        "write `{}`, {}, then run: {} {}::",
        exercise.name,
        stub.function,
        course.command,
        exercise.path()
    ))
}

fn slow_checks(summary: &Summary<'_>) -> Option<String> {
    if summary.report.trailer.counts.skipped == 0 {
        return None;
    }
    let options = [&["--ignored".to_owned()], &*summary.arguments.filters].concat();
    let command = summary.course.command;
    Some(format!(
        "run the slow checks: {command} -- {}",
        options.join(" ")
    ))
}

fn another_kafka(summary: &Summary<'_>) -> Option<String> {
    let not_graded = summary.report.trailer.counts.not_graded;
    (not_graded > 0).then(|| {
        let checks = count_of(not_graded, "check");
        format!("{checks} could not be graded on this Kafka. Do what NOT GRADED says, then run the same command again")
    })
}

fn everything(summary: &Summary<'_>) -> String {
    if summary.filtered_out > 0 {
        let command = summary.course.command;
        return format!(
            "all that was selected passes. Run every check: {command} -- --include-ignored"
        );
    }
    "everything passes. Compare your code with solutions/, and your answers with solutions/answers/"
        .to_owned()
}
