//! Graded runs as a table of points, in Markdown: what GitHub shows of a push.

use std::fmt::{self, Display, Formatter};

use report::exercises::ALL_POINTS;
use report::tally::{Group, by_exercise};
use report::{Check, Exercises, ReasonKind, Report, Verdict};

/// The exercises of some runs.
#[derive(Debug)]
pub struct Summary<'a> {
    groups: Vec<Group<'a>>,
    refused: &'a [String],
}

impl<'a> Summary<'a> {
    /// Sorts the checks of the runs by exercise. `refused` says which reports cannot be used, and why.
    pub fn new(exercises: &'a Exercises, reports: &'a [Report], refused: &'a [String]) -> Self {
        Self {
            groups: by_exercise(exercises, reports),
            refused,
        }
    }

    fn checks(&self) -> impl Iterator<Item = &'a Check> {
        self.groups.iter().flat_map(|group| group.checks.clone())
    }
}

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let points: u32 = self.groups.iter().map(Group::points).sum();
        writeln!(f, "## {points} of {ALL_POINTS} points\n")?;
        writeln!(f, "| phase | exercise | verdict | checks passed | points |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for group in &self.groups {
            row(f, group)?;
        }
        for refused in self.refused {
            writeln!(f, "\nA run has no report that counts. {refused}.")?;
        }
        for check in self.checks().filter(|check| is_told(check)) {
            let text = check.failure.as_ref().map(ToString::to_string);
            details(f, &check.name, &text.unwrap_or_default())?;
        }
        self.not_graded(f)
    }
}

impl Summary<'_> {
    fn not_graded(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not_graded: Vec<String> = self
            .checks()
            .filter(|check| check.verdict == Verdict::NotGraded)
            .map(|check| format!("{}: {}", check.name, check.reason_text()))
            .collect();
        if not_graded.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\nNot graded is neither passed nor failed: the environment could not tell."
        )?;
        let title = format!("{} checks not graded", not_graded.len());
        details(f, &title, &not_graded.join("\n"))
    }
}

/// The row of an unwritten exercise says enough.
fn is_told(check: &Check) -> bool {
    check.verdict == Verdict::Failed && check.kind() != Some(ReasonKind::Unwritten)
}

fn row(f: &mut Formatter<'_>, group: &Group<'_>) -> fmt::Result {
    let counts = group.counts();
    let verdict = group.verdict();
    let word = match verdict {
        _ if group.checks.is_empty() => "➖ did not run",
        _ if group.is_unwritten() => "✏️ not written yet",
        Verdict::Passed => "✅ pass",
        Verdict::Failed => "❌ fail",
        Verdict::NotGraded | Verdict::Skipped => "⚪ not graded",
    };
    let name = group.exercise.map_or_else(
        || "given".to_owned(),
        |exercise| format!("`{}`", exercise.name),
    );
    let points = match (group.exercise, verdict) {
        (None, _) => String::new(),
        (Some(exercise), Verdict::NotGraded) => format!("? of {}", exercise.points),
        (Some(exercise), _) => format!("{} of {}", group.points(), exercise.points),
    };
    writeln!(
        f,
        "| {} | {name} | {word} | {} of {} | {points} |",
        group.phase,
        counts.passed,
        counts.all()
    )
}

/// A text to unfold. The fence is longer than any in the text, which may quote a learner's own.
fn details(f: &mut Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(
        f,
        "\n<details><summary><code>{title}</code></summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixtures::{check, failed, failure, run};

    fn exercises() -> Exercises {
        let exercise = |name: &str, points: u32| {
            format!(
                "[[exercise]]\nphase = 2\nname = {name:?}\nfile = \"a.rs\"\npoints = {points}\nhint = \"\"\nchapter = \"\"\n"
            )
        };
        let text = exercise("a", 40) + &exercise("b", 30) + &exercise("c", 30);
        Exercises::parse(&text).expect("the facts are complete")
    }

    fn report(checks: Vec<Check>, complete: &[&str]) -> Report {
        let mut report = run(0, checks).report.expect("a run has a report");
        report.header.complete = complete.iter().map(|&name| name.to_owned()).collect();
        report
    }

    #[test]
    fn not_graded_is_neither_passed_nor_failed() {
        let mut given = check("phase1::admin::works", Verdict::Passed);
        given.phase = 1;
        let checks = vec![
            given,
            check("phase2::a::one", Verdict::Passed),
            check("phase2::b::one", Verdict::Passed),
            check("phase2::b::two", Verdict::NotGraded),
            check("phase2::c::one", Verdict::NotGraded),
            failed("phase2::c::two", &failure("```", "Wait.")),
        ];
        let (exercises, reports) = (exercises(), [report(checks, &["a", "b", "c"])]);
        let text = Summary::new(&exercises, &reports, &[]).to_string();
        for line in [
            "## 40 of 100 points",
            "| 1 | given | ✅ pass | 1 of 1 |  |",
            "| 2 | `a` | ✅ pass | 1 of 1 | 40 of 40 |",
            "| 2 | `b` | ⚪ not graded | 1 of 2 | ? of 30 |",
            "| 2 | `c` | ❌ fail | 0 of 2 | 0 of 30 |",
            "````text",
        ] {
            assert!(text.contains(line), "expected {line:?} in\n{text}");
        }
    }

    #[test]
    fn a_part_of_the_checks_and_no_check_earn_nothing() {
        let passed = vec![check("phase2::a::one", Verdict::Passed)];
        let (exercises, reports) = (exercises(), [report(passed, &[])]);
        let refused = ["phase3.jsonl: no trailer".to_owned()];
        let text = Summary::new(&exercises, &reports, &refused).to_string();
        for line in [
            "## 0 of 100 points",
            "| 2 | `a` | ⚪ not graded | 1 of 1 | ? of 40 |",
            "| 2 | `b` | ➖ did not run | 0 of 0 | ? of 30 |",
            "phase3.jsonl: no trailer",
        ] {
            assert!(text.contains(line), "expected {line:?} in\n{text}");
        }
    }
}
