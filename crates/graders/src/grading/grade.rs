//! What a grader comes to: right, wrong, or nobody knows.

use serde::{Deserialize, Serialize};

use crate::engine::{Ended, NoRun, Ran};

/// What the kit's graders come to, on one answer or on all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Good,
    /// This Kafka could not tell.
    NotGraded,
    /// The environment broke.
    Broken,
    /// The checks misjudge it.
    Miss,
}

impl Grade {
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

/// How an answer was graded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Graded {
    /// The answer: `produce_event/no_key`.
    pub answer: String,
    /// What that comes to.
    pub grade: Grade,
    /// In words: by which check it was caught, or why not.
    pub note: String,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// The checks that failed.
    pub failed: Vec<String>,
    /// What it came to at first, if it was run again, alone.
    pub at_first: Option<String>,
}

impl Graded {
    /// Judges a run, or that there is none.
    pub fn new(
        answer: String,
        ended: &Ended,
        of_run: impl FnOnce(&Ran) -> (Grade, String),
    ) -> Self {
        let (grade, note) = match ended {
            Ok(ran) => of_run(ran),
            Err(error @ NoRun::Machine(_)) => (Grade::Broken, error.to_string()),
            Err(error) => (Grade::Miss, error.to_string()),
        };
        let ran = ended.as_ref().ok();
        Self {
            answer,
            grade,
            note,
            seconds: ran.map_or(0.0, |ran| ran.elapsed.as_secs_f64()),
            failed: ran.map(Ran::failed).unwrap_or_default(),
            at_first: None,
        }
    }

    /// Whether it is to be run again: the grade may be the busy machine's doing.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.grade, Grade::Miss | Grade::Broken)
    }

    /// This one, of a further run, with what it came to in the first.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        let first = earlier.at_first.as_ref().unwrap_or(&earlier.note);
        self.at_first = Some(first.clone());
        self
    }
}
