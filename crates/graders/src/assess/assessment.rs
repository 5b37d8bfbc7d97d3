//! What the checks are worth on one answer.

use report::{Check, Verdict};
use serde::{Deserialize, Serialize};

use crate::engine::{JobResult, NoRun, Ran};

/// How well the checks judged an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// As it should be.
    Good,
    /// This Kafka could not tell.
    NotGraded,
    /// The environment broke.
    Broken,
    /// The checks misjudge it.
    Miss,
}

impl Rating {
    /// For a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "as it should be",
            Self::NotGraded => "not graded",
            Self::Broken => "BROKEN",
            Self::Miss => "MISS",
        }
    }
}

/// How the checks judged one answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assessment {
    /// The answer: `produce_event/no_key`.
    pub answer: String,
    /// How well the checks judged it. Files of earlier passes call it `grade`.
    #[serde(alias = "grade")]
    pub rating: Rating,
    /// In words: by which check it was caught, or why not.
    pub note: String,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The checks that failed, as their run reported them, without what they printed.
    pub failed: Vec<Check>,
    /// What it came to at first, if it was run again, alone.
    pub at_first: Option<String>,
}

impl Assessment {
    /// Assesses a run, or that there is none.
    pub fn new(
        answer: String,
        result: &JobResult,
        of_run: impl FnOnce(&Ran) -> (Rating, String),
    ) -> Self {
        let (rating, note) = match result {
            Ok(ran) => of_run(ran),
            Err(error @ NoRun::Machine(_)) => (Rating::Broken, error.to_string()),
            Err(error) => (Rating::Miss, error.to_string()),
        };
        let ran = result.as_ref().ok();
        Self {
            answer,
            rating,
            note,
            seconds: ran.map_or(0.0, |ran| ran.elapsed.as_secs_f64()),
            failed: ran.map(failed).unwrap_or_default(),
            at_first: None,
        }
    }

    /// Whether it is to be run again: the rating may be the busy machine's doing.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.rating, Rating::Miss | Rating::Broken)
    }

    /// This one, of a further run, with what it came to in the first.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        let first = earlier.at_first.as_ref().unwrap_or(&earlier.note);
        self.at_first = Some(first.clone());
        self
    }
}

fn failed(ran: &Ran) -> Vec<Check> {
    let checks = ran.run.checks().iter();
    checks
        .filter(|check| check.verdict == Verdict::Failed)
        .map(|check| Check {
            output: String::new(),
            ..check.clone()
        })
        .collect()
}
