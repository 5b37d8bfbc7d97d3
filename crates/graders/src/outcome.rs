//! What a run of the graded checks printed, check by check.

use std::collections::BTreeMap;

/// What became of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The environment could not tell, or it was left out because it takes long: nobody knows.
    NotGraded,
}

/// A check as a run printed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name, such as `phase2::produce_event::keeps_the_key`.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it was not graded, in the words of its line.
    pub reason: String,
    /// The text of a failure, with its lines as printed.
    pub failure: String,
}

impl Check {
    /// The first line of what a failure says that it has seen.
    pub fn seen(&self) -> Option<&str> {
        let mut lines = self.failure.lines().map(str::trim);
        lines
            .find_map(|line| line.strip_prefix("seen "))
            .map(str::trim)
    }

    /// What follows a label of a failure, its further lines included, in one line: the text for `concept`.
    pub fn section(&self, label: &str) -> Option<String> {
        let lines = self.failure.lines();
        let mut lines = lines.skip_while(|line| label_of(line) != Some(label));
        let first = lines.next()?.trim_start().strip_prefix(label)?;
        let further = lines.take_while(|line| label_of(line).is_none());
        let words = first
            .split_whitespace()
            .chain(further.flat_map(str::split_whitespace));
        Some(words.collect::<Vec<_>>().join(" "))
    }

    /// Whether it was not graded because the environment broke, rather than because this Kafka cannot tell.
    pub fn environment_broke(&self) -> bool {
        self.verdict == Verdict::NotGraded && self.reason.contains("the environment broke")
    }

    /// Whether it was not graded because it would have disturbed a broker that others use.
    pub fn needs_another_broker(&self) -> bool {
        self.verdict == Verdict::NotGraded && self.reason.contains("not on this broker")
    }

    /// Whether it was left out because it takes long.
    pub fn was_left_out(&self) -> bool {
        self.verdict == Verdict::NotGraded && self.reason.starts_with("left out")
    }

    /// The labels of a failure, in the order in which they stand.
    pub fn labels(&self) -> Vec<&str> {
        self.failure.lines().filter_map(label_of).collect()
    }
}

/// A label stands two blanks in; further lines of a text stand further in.
fn label_of(line: &str) -> Option<&str> {
    let word = line.strip_prefix("  ")?.split(' ').next()?;
    LABELS.contains(&word).then_some(word)
}

/// What the lines of a failure begin with.
pub const LABELS: [&str; 4] = ["seen", "expected", "concept", "look"];

/// Reads what a run printed: a line `test NAME ... ok` for each check, then a block for each failure.
pub fn checks(printed: &str) -> Vec<Check> {
    let mut failures = failures(printed);
    let mut checks: Vec<Check> = printed.lines().filter_map(check).collect();
    for check in &mut checks {
        check.failure = failures.remove(&check.name).unwrap_or_default();
    }
    checks
}

/// Whether a line of a run says that a check failed.
pub fn is_failure(line: &str) -> bool {
    check(line).is_some_and(|check| check.verdict == Verdict::Fail)
}

fn check(line: &str) -> Option<Check> {
    let (name, end) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (verdict, reason) = match end.trim() {
        "ok" => (Verdict::Pass, ""),
        "FAILED" => (Verdict::Fail, ""),
        other => (Verdict::NotGraded, ignored(other)?),
    };
    Some(Check {
        name: name.trim().to_owned(),
        verdict,
        reason: reason.to_owned(),
        failure: String::new(),
    })
}

fn ignored(end: &str) -> Option<&str> {
    let rest = end.strip_prefix("ignored")?.trim_start_matches([',', ' ']);
    Some(rest.trim_start_matches('(').trim_end_matches(')'))
}

fn failures(printed: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<&str> = None;
    for line in printed.lines() {
        let header = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" ----"));
        match (header, current) {
            (Some(name), _) => {
                current = Some(name);
                found.entry(name.to_owned()).or_default();
            }
            // After the last block comes the list of their names.
            (None, Some(_)) if line == "failures:" || line.starts_with("test result:") => {
                current = None;
            }
            (None, Some(name)) => {
                let text = found.entry(name.to_owned()).or_default();
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    for text in found.values_mut() {
        text.truncate(text.trim_end().len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const PRINTED: &str = "\
running 4 tests
test phase2::produce_event::keeps_the_key ... ok
test phase2::produce_event::waits         ... FAILED
test phase2::produce_event::needs_more    ... ignored (not graded: needs a real broker)
test phase2::produce_event::takes_long    ... ignored (left out: takes 12 s)

failures:

---- phase2::produce_event::waits ----
  seen      2 records
            of 3
  expected  3 records
  concept   Wait.
  look      here


failures:
    phase2::produce_event::waits

test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 4 filtered out; finished in 0.02s
";

    #[test]
    fn a_run_is_read_check_by_check() {
        let found = checks(PRINTED);
        let verdicts: Vec<Verdict> = found.iter().map(|check| check.verdict).collect();
        assert_eq!(
            verdicts,
            [
                Verdict::Pass,
                Verdict::Fail,
                Verdict::NotGraded,
                Verdict::NotGraded
            ]
        );
        assert_eq!(found[1].name, "phase2::produce_event::waits");
        assert_eq!(found[1].seen(), Some("2 records"));
        assert!(
            found[1].failure.ends_with("look      here"),
            "{:?}",
            found[1]
        );
        assert_eq!(found[1].labels(), LABELS);
        assert_eq!(found[1].section("seen").as_deref(), Some("2 records of 3"));
        assert_eq!(found[1].section("concept").as_deref(), Some("Wait."));
        assert_eq!(found[2].reason, "not graded: needs a real broker");
        assert_eq!(found[3].reason, "left out: takes 12 s");
        assert!(found[3].was_left_out());
        assert!(!found[3].environment_broke());
    }
}
