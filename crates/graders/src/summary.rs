//! A run as a table of points, in Markdown: what GitHub shows of a push.

use std::fmt::{self, Display, Formatter};

use report::Exercise;

use crate::outcome::{Check, Verdict};

/// What became of one exercise.
#[derive(Debug)]
pub struct Grade<'a> {
    exercise: &'a Exercise,
    checks: Vec<&'a Check>,
}

/// All exercises of a run.
#[derive(Debug)]
pub struct Summary<'a> {
    grades: Vec<Grade<'a>>,
    others: Vec<&'a Check>,
}

impl<'a> Summary<'a> {
    /// Sorts the checks of a run by exercise.
    pub fn new(exercises: &'a [Exercise], checks: &'a [Check]) -> Self {
        let own = |exercise: &'a Exercise| Grade {
            exercise,
            checks: checks
                .iter()
                .filter(|check| exercise.owns(&check.name))
                .collect(),
        };
        let is_others =
            |check: &&Check| !exercises.iter().any(|exercise| exercise.owns(&check.name));
        Self {
            grades: exercises.iter().map(own).collect(),
            others: checks.iter().filter(is_others).collect(),
        }
    }

    fn points(&self) -> u32 {
        self.grades.iter().map(Grade::points).sum()
    }
}

impl Grade<'_> {
    /// An exercise is passed when all its checks are. Without one, or with one that could not be graded, nobody knows.
    fn verdict(&self) -> Verdict {
        verdict(&self.checks)
    }

    fn points(&self) -> u32 {
        match self.verdict() {
            Verdict::Pass => self.exercise.points,
            Verdict::Fail | Verdict::NotGraded => 0,
        }
    }
}

fn verdict(checks: &[&Check]) -> Verdict {
    let any = |wanted| checks.iter().any(|check| check.verdict == wanted);
    if any(Verdict::Fail) {
        Verdict::Fail
    } else if checks.is_empty() || any(Verdict::NotGraded) {
        Verdict::NotGraded
    } else {
        Verdict::Pass
    }
}

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let all: u32 = self.grades.iter().map(|grade| grade.exercise.points).sum();
        writeln!(f, "## {} of {all} points\n", self.points())?;
        writeln!(f, "| phase | exercise | verdict | checks passed | points |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        row(f, "1", "given", &self.others, "")?;
        for grade in &self.grades {
            let Exercise {
                phase,
                name,
                points,
                ..
            } = grade.exercise;
            let points = match grade.verdict() {
                Verdict::NotGraded => format!("? of {points}"),
                Verdict::Pass | Verdict::Fail => format!("{} of {points}", grade.points()),
            };
            row(
                f,
                &phase.to_string(),
                &format!("`{name}`"),
                &grade.checks,
                &points,
            )?;
        }
        let checks = || {
            self.others
                .iter()
                .chain(self.grades.iter().flat_map(|grade| &grade.checks))
        };
        for check in checks().filter(|check| check.verdict == Verdict::Fail) {
            details(f, &check.name, &check.failure)?;
        }
        let not_graded: Vec<String> = checks()
            .filter(|check| check.verdict == Verdict::NotGraded)
            .map(|check| format!("{}: {}", check.name, check.reason))
            .collect();
        if !not_graded.is_empty() {
            writeln!(
                f,
                "\nNot graded is neither passed nor failed: the environment could not tell."
            )?;
            let title = format!("{} checks not graded", not_graded.len());
            details(f, &title, &not_graded.join("\n"))?;
        }
        Ok(())
    }
}

fn row(
    f: &mut Formatter<'_>,
    phase: &str,
    name: &str,
    checks: &[&Check],
    points: &str,
) -> fmt::Result {
    let word = match verdict(checks) {
        _ if checks.is_empty() => "➖ did not run",
        Verdict::Pass => "✅ pass",
        Verdict::Fail => "❌ fail",
        Verdict::NotGraded => "⚪ not graded",
    };
    let passed = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Pass)
        .count();
    writeln!(
        f,
        "| {phase} | {name} | {word} | {passed} of {} | {points} |",
        checks.len()
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

    fn exercise(name: &str, points: u32) -> Exercise {
        Exercise {
            phase: 2,
            name: name.to_owned(),
            file: String::new(),
            points,
            hint: String::new(),
            chapter: String::new(),
            promises: Vec::new(),
        }
    }

    fn check(name: &str, verdict: Verdict) -> Check {
        Check {
            name: name.to_owned(),
            verdict,
            reason: "not graded: needs a real broker".to_owned(),
            failure: "  seen      ```".to_owned(),
        }
    }

    #[test]
    fn not_graded_is_neither_passed_nor_failed() {
        let exercises = [exercise("a", 40), exercise("b", 30), exercise("c", 30)];
        let checks = [
            check("phase1::admin::works", Verdict::Pass),
            check("phase2::a::one", Verdict::Pass),
            check("phase2::b::one", Verdict::Pass),
            check("phase2::b::two", Verdict::NotGraded),
            check("phase2::c::one", Verdict::NotGraded),
            check("phase2::c::two", Verdict::Fail),
        ];
        let text = Summary::new(&exercises, &checks).to_string();
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
    fn without_checks_nothing_is_known() {
        let exercises = [exercise("a", 100)];
        let text = Summary::new(&exercises, &[]).to_string();
        assert!(
            text.contains("| 2 | `a` | ➖ did not run | 0 of 0 | ? of 100 |"),
            "{text}"
        );
    }
}
