//! Which checks each wrong answer of the bank fails, as one of its runs has shown.
//!
//! JSON lines, one for each wrong answer, so that a change to one answer changes one line.

use serde::{Deserialize, Serialize};

use super::symptom::{Symptom, TextId};

/// The file, from the kit's folder.
pub const FILE: &str = "tests/graded/patterns.jsonl";

/// Which checks one wrong answer fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The exercise.
    pub exercise: String,
    /// The wrong answer.
    pub answer: String,
    /// The texts among its failures that name its misconception.
    pub named_by: Vec<TextId>,
    /// The failed checks of the exercise, in the order of the contract.
    pub symptoms: Vec<Symptom>,
}

/// The patterns of the whole bank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    all: Vec<Pattern>,
}

impl Patterns {
    /// Reads the text of [`FILE`].
    ///
    /// # Errors
    /// When a line is no pattern.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        let all = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?;
        Ok(Self { all })
    }

    /// The text of [`FILE`].
    ///
    /// # Errors
    /// When a pattern cannot be written as JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let mut text = String::new();
        for pattern in &self.all {
            text += &serde_json::to_string(pattern)?;
            text.push('\n');
        }
        Ok(text)
    }

    /// All of them, in the order of the bank.
    pub fn all(&self) -> &[Pattern] {
        &self.all
    }

    /// Those of one exercise.
    pub fn of_exercise(&self, exercise: &str) -> Vec<&Pattern> {
        let all = self.all.iter();
        all.filter(|pattern| pattern.exercise == exercise).collect()
    }
}

impl FromIterator<Pattern> for Patterns {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Self {
        Self {
            all: patterns.into_iter().collect(),
        }
    }
}
