//! How often each check came to which verdict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::Run;
use report::{Check, Verdict};

/// What has to come out every time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No check fails.
    Passes,
    /// This check fails, or one of its cases. Others may fail too, and need not each time: a wrong answer may be wrong by
    /// chance elsewhere.
    Fails(String),
}

/// The runs of one answer on one Kafka.
#[derive(Debug, Clone)]
pub struct Tally {
    /// The answer.
    pub answer: String,
    /// The Kafka.
    pub kafka: String,
    expected: Expected,
    runs: usize,
    aborted: usize,
    seconds: Vec<f64>,
    verdicts: BTreeMap<String, BTreeMap<Verdict, usize>>,
    /// A text for each check that failed where it should not.
    failures: BTreeMap<String, String>,
    broken: Vec<String>,
}

/// A check that did not come to the same verdict each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip {
    /// The check.
    pub check: String,
    /// How often it passed.
    pub passed: usize,
    /// How often it failed.
    pub failed: usize,
    /// How often it could not be graded.
    pub not_graded: usize,
    /// What it said when it failed.
    pub failure: String,
}

/// What the runs of one answer on one Kafka came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Series {
    /// The answer.
    pub answer: String,
    /// The Kafka.
    pub kafka: String,
    /// How many runs there were.
    pub runs: usize,
    /// How many of them ended without a complete report.
    pub aborted: usize,
    /// How many checks ran each time.
    pub checks: usize,
    /// Verdicts that flipped.
    pub flips: Vec<Flip>,
    /// Runs that came to no verdict, or in which the environment broke.
    pub broken: Vec<String>,
    /// Whether this Kafka cannot grade the check that a wrong answer has to fail: steady, and no figure.
    #[serde(default)]
    pub ungraded: bool,
    /// Whether no run of a wrong answer failed the check that it has to fail.
    #[serde(default)]
    pub missed: bool,
    /// The shortest, the median and the longest run, in seconds.
    pub seconds: [f64; 3],
}

impl Tally {
    /// Nothing has run yet.
    pub fn new(answer: &str, kafka: &str, expected: Expected) -> Self {
        Self {
            answer: answer.to_owned(),
            kafka: kafka.to_owned(),
            expected,
            runs: 0,
            aborted: 0,
            seconds: Vec::new(),
            verdicts: BTreeMap::new(),
            failures: BTreeMap::new(),
            broken: Vec::new(),
        }
    }

    /// One more run.
    pub fn add(&mut self, run: &Run, seconds: f64) {
        self.runs += 1;
        self.seconds.push(seconds);
        if run.checks().is_empty() {
            self.broken.push("no check ran".to_owned());
        }
        if run.checks().iter().any(Check::environment_broke) {
            self.broken.push(broken_reasons(run.checks()));
        }
        for check in run.checks() {
            let verdicts = self.verdicts.entry(check.name.clone()).or_default();
            *verdicts.entry(check.verdict).or_default() += 1;
            if check.verdict == Verdict::Failed {
                let failure = check.failure.as_ref().map(ToString::to_string);
                self.failures
                    .insert(check.name.clone(), failure.unwrap_or_default());
            }
        }
    }

    /// One more run without a complete report: no verdict flipped, for there was none.
    pub fn add_aborted(&mut self) {
        self.runs += 1;
        self.aborted += 1;
    }

    /// One more run that came to no verdict.
    pub fn add_broken(&mut self, why: String) {
        self.runs += 1;
        self.broken.push(why);
    }

    /// What it all comes to.
    pub fn series(&self) -> Series {
        let named = self.named_verdicts();
        let mut seconds = self.seconds.clone();
        seconds.sort_by(f64::total_cmp);
        let at = |index: usize| seconds.get(index).copied().unwrap_or_default();
        Series {
            answer: self.answer.clone(),
            kafka: self.kafka.clone(),
            runs: self.runs,
            aborted: self.aborted,
            checks: self.verdicts.len(),
            flips: self.flips(),
            broken: self.broken.clone(),
            ungraded: named.as_ref().is_some_and(Named::is_ungraded),
            missed: named.as_ref().is_some_and(Named::is_missed),
            seconds: [
                at(0),
                at(seconds.len() / 2),
                at(seconds.len().saturating_sub(1)),
            ],
        }
    }

    /// What the check that has to fail came to, all its cases and runs together.
    fn named_verdicts(&self) -> Option<Named> {
        let Expected::Fails(named) = &self.expected else {
            return None;
        };
        let mut counted = Named::default();
        for (check, verdicts) in &self.verdicts {
            if is_case_of(check, named) {
                let count = |verdict| verdicts.get(&verdict).copied().unwrap_or_default();
                counted.passed += count(Verdict::Passed);
                counted.failed += count(Verdict::Failed);
                counted.not_graded += count(Verdict::NotGraded);
            }
        }
        Some(counted)
    }

    fn flips(&self) -> Vec<Flip> {
        let flip = |(check, verdicts): (&String, &BTreeMap<Verdict, usize>)| {
            let count = |verdict| verdicts.get(&verdict).copied().unwrap_or_default();
            let flip = Flip {
                check: check.clone(),
                passed: count(Verdict::Passed),
                failed: count(Verdict::Failed),
                not_graded: count(Verdict::NotGraded),
                failure: self.failures.get(check).cloned().unwrap_or_default(),
            };
            self.is_flip(&flip).then_some(flip)
        };
        self.verdicts.iter().filter_map(flip).collect()
    }

    fn is_flip(&self, flip: &Flip) -> bool {
        match &self.expected {
            // A check that could not be graded now and was then tells two things of the same code.
            Expected::Passes => flip.failed > 0 || (flip.passed > 0 && flip.not_graded > 0),
            Expected::Fails(named) => {
                is_case_of(&flip.check, named)
                    && flip.failed > 0
                    && flip.passed + flip.not_graded > 0
            }
        }
    }
}

/// Whether it is the check that is named, or one of its cases.
fn is_case_of(check: &str, named: &str) -> bool {
    let rest = check.strip_prefix(named);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The verdicts of the check that a wrong answer has to fail.
#[derive(Debug, Default)]
struct Named {
    passed: usize,
    failed: usize,
    not_graded: usize,
}

impl Named {
    fn is_ungraded(&self) -> bool {
        self.failed == 0 && self.passed == 0 && self.not_graded > 0
    }

    fn is_missed(&self) -> bool {
        self.failed == 0 && !self.is_ungraded()
    }
}

/// Why the environment broke, and for which checks.
fn broken_reasons(checks: &[Check]) -> String {
    let broken = checks.iter().filter(|check| check.environment_broke());
    let reasons = broken.map(|check| format!("{}: {}", check.name, check.reason_text()));
    reasons.collect::<Vec<_>>().join("; ")
}

impl Series {
    /// Whether every run came to the same verdicts, and they were the right ones.
    pub fn is_steady(&self) -> bool {
        self.flips.is_empty() && self.broken.is_empty() && !self.missed && self.checks > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixtures::{check, run};
    use pretty_assertions::assert_eq;

    fn flips(expected: Expected, runs: &[[Verdict; 2]]) -> usize {
        let mut tally = Tally::new("an answer", "docker", expected);
        for [named, other] in runs {
            let run = run(
                0,
                vec![check("a::named", *named), check("a::other", *other)],
            );
            tally.add(&run, 1.0);
        }
        tally.series().flips.len()
    }

    #[test]
    fn a_right_answer_never_fails_and_is_graded_each_time() {
        use Verdict::{Failed, NotGraded, Passed};
        assert_eq!(
            flips(
                Expected::Passes,
                &[[Passed, NotGraded], [Passed, NotGraded]]
            ),
            0
        );
        assert_eq!(
            flips(Expected::Passes, &[[Passed, Passed], [Failed, Passed]]),
            1
        );
        assert_eq!(
            flips(Expected::Passes, &[[Failed, Passed], [Failed, Passed]]),
            1
        );
        assert_eq!(
            flips(Expected::Passes, &[[NotGraded, Passed], [Passed, Passed]]),
            1
        );
    }

    #[test]
    fn a_wrong_answer_is_caught_each_time_by_the_named_check() {
        use Verdict::{Failed, Passed};
        let named = || Expected::Fails("a::named".to_owned());
        assert_eq!(flips(named(), &[[Failed, Passed], [Failed, Failed]]), 0);
        assert_eq!(flips(named(), &[[Failed, Passed], [Passed, Passed]]), 1);
    }

    #[test]
    fn a_wrong_answer_that_no_run_catches_is_not_steady() {
        use Verdict::{NotGraded, Passed};
        let series = |verdict| {
            let mut tally = Tally::new("an answer", "mock", Expected::Fails("a".to_owned()));
            let run = run(0, vec![check("a::case", verdict)]);
            tally.add(&run, 1.0);
            tally.series()
        };
        assert!(!series(Passed).is_steady());
        assert!(series(NotGraded).is_steady());
        assert!(series(NotGraded).ungraded);
    }

    #[test]
    fn no_run_is_not_steady() {
        assert!(
            !Tally::new("an answer", "docker", Expected::Passes)
                .series()
                .is_steady()
        );
    }
}
