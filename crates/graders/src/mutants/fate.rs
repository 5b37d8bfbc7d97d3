//! Whether a mutant was caught.

use report::{Check, Exercise};
use serde::{Deserialize, Serialize};

use super::list::Mutant;
use super::survivors::Survivor;
use crate::engine::{Answer, Job, JobResult, NoRun, Slow};

/// The least share of mutants that the checks catch, in percent, of those that compile.
pub const AT_LEAST: f64 = 95.0;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A check failed.
    Caught,
    /// It is no Rust, or its types do not fit: nobody could hand it in.
    DoesNotCompile,
    /// It passes all checks, and it is known why.
    Explained,
    /// It passes all checks.
    Survived,
    /// Nobody knows.
    Broken,
}

/// A mutant, and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Judged {
    /// Where it is and what it changes.
    pub mutant: String,
    /// What became of it.
    pub fate: Fate,
    /// The check that caught it, or why it was not caught.
    pub note: String,
    /// How long the run took, in seconds.
    pub seconds: f64,
}

/// All mutants together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Those that a check caught.
    pub caught: usize,
    /// Those that compile.
    pub viable: usize,
    /// Those that survived for a known reason.
    pub explained: usize,
    /// Those that survived for no known reason, or that could not be judged.
    pub open: usize,
}

/// Runs the checks of the phase until one fails.
pub fn job(mutant: &Mutant, exercises: &[Exercise]) -> Job {
    let phase = exercises
        .iter()
        .find(|exercise| exercise.solution_file() == mutant.file)
        .map(|exercise| format!("phase{}::", exercise.phase));
    Job {
        answer: Answer {
            id: mutant.id().replace([':', ' ', '/', '<', '>'], "_"),
            file: Some(mutant.file.clone()),
            source: mutant.source.clone(),
        },
        own_container: phase.clone(),
        filter: phase.unwrap_or_default(),
        slow: Slow::All,
        until_first_failure: true,
    }
}

/// Judges the run of a mutant.
pub fn judge(mutant: &Mutant, survivors: &[Survivor], result: &JobResult) -> Judged {
    let known = survivors.iter().find(|survivor| survivor.is(mutant));
    let (fate, note) = match result {
        Err(NoRun::Compile(_)) => (Fate::DoesNotCompile, String::new()),
        Err(other) => (Fate::Broken, other.to_string()),
        Ok(ran) => match (ran.failed().first(), known) {
            (Some(check), _) => (Fate::Caught, check.clone()),
            (None, _) if ran.run.checks().is_empty() => (Fate::Broken, ran.run.stderr.clone()),
            (None, _) if ran.run.checks().iter().any(Check::environment_broke) => {
                (Fate::Broken, ran.run.stderr.clone())
            }
            (None, Some(known)) => (Fate::Explained, known.why.clone()),
            (None, None) => (Fate::Survived, format!("`{}`", mutant.line)),
        },
    };
    Judged {
        mutant: mutant.id(),
        fate,
        note,
        seconds: result.as_ref().map_or(0.0, |ran| ran.elapsed.as_secs_f64()),
    }
}

impl Fate {
    /// For a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::DoesNotCompile => "does not compile",
            Self::Explained => "survives, known",
            Self::Survived => "SURVIVES",
            Self::Broken => "BROKEN",
        }
    }
}

impl Score {
    /// Counts them.
    pub fn of(all: &[Judged]) -> Self {
        let count = |fate| all.iter().filter(|judged| judged.fate == fate).count();
        Self {
            caught: count(Fate::Caught),
            viable: all.len() - count(Fate::DoesNotCompile),
            explained: count(Fate::Explained),
            open: count(Fate::Survived) + count(Fate::Broken),
        }
    }

    /// The share of those that compile, in percent.
    pub fn percent(&self) -> f64 {
        if self.viable == 0 {
            return 100.0;
        }
        100.0 * self.caught as f64 / self.viable as f64
    }

    /// Whether no mutant is open and enough are caught. Of a part of the mutants, one that is explained may be all there is.
    pub fn holds(&self, of_all: bool) -> bool {
        self.open == 0 && (!of_all || (self.viable > 0 && self.percent() >= AT_LEAST))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::Ran;
    use crate::run::fixtures::{check, run};
    use pretty_assertions::assert_eq;
    use report::Verdict;

    fn fate(verdict: Verdict, known: bool) -> Fate {
        let mutant = Mutant {
            file: "solutions/phase2_f.rs".to_owned(),
            change: "replace + with - in f".to_owned(),
            line: "a + b".to_owned(),
            number: 3,
            source: String::new(),
        };
        let survivor = Survivor {
            file: "phase2_f.rs".to_owned(),
            change: mutant.change.clone(),
            line: if known { "a + b" } else { "c + d" }.to_owned(),
            why: "b is nought".to_owned(),
        };
        let run = run(0, vec![check("phase2::f::holds", verdict)]);
        let elapsed = Duration::from_secs(1);
        judge(&mutant, &[survivor], &Ok(Ran { run, elapsed })).fate
    }

    #[test]
    fn a_survivor_needs_a_reason() {
        assert_eq!(fate(Verdict::Failed, true), Fate::Caught);
        assert_eq!(fate(Verdict::Passed, true), Fate::Explained);
        assert_eq!(fate(Verdict::Passed, false), Fate::Survived);
    }

    #[test]
    fn the_gate_is_a_share_of_those_that_compile() {
        let score = |caught, viable, open| Score {
            caught,
            viable,
            explained: viable - caught - open,
            open,
        };
        assert!(score(95, 100, 0).holds(true));
        assert!(!score(94, 100, 0).holds(true));
        assert!(!score(99, 100, 1).holds(true));
        assert!(!score(0, 0, 0).holds(true));
        assert!(score(0, 1, 0).holds(false));
    }
}
