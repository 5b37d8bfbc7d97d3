//! A failure as the patterns have it.

use std::hash::Hasher;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

use crate::run::{Check, ReasonKind};

/// One failed check: which one, how it failed, and with which text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct Symptom {
    /// The name of the check, without phase and exercise.
    pub check: String,
    /// How it failed.
    pub kind: ReasonKind,
    /// Its `concept`.
    pub text: TextId,
}

/// A symptom in the file: `["record::keeps_the_key","judged","1f0c93ab"]`.
type Columns = (String, ReasonKind, TextId);

impl From<Columns> for Symptom {
    fn from((check, kind, text): Columns) -> Self {
        Self { check, kind, text }
    }
}

impl From<Symptom> for Columns {
    fn from(Symptom { check, kind, text }: Symptom) -> Self {
        (check, kind, text)
    }
}

impl Symptom {
    /// The symptom that this check is, if it failed.
    pub fn of(check: &Check) -> Option<Self> {
        let failure = check.failure.as_ref()?;
        Some(Self {
            check: name_in_exercise(check).to_owned(),
            kind: check.kind()?,
            text: TextId::of(&failure.concept),
        })
    }
}

/// `record::keeps_the_key` of `phase2::produce_event::record::keeps_the_key`.
pub fn name_in_exercise(check: &Check) -> &str {
    let path = check
        .exercise
        .as_ref()
        .map(|exercise| format!("phase{}::{exercise}::", check.phase));
    path.and_then(|path| check.name.strip_prefix(path.as_str()))
        .unwrap_or(&check.name)
}

/// Stands for a text, so that the patterns need not repeat it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TextId(String);

impl TextId {
    /// Texts that differ in numbers alone have the same id, on every machine and in every build.
    pub fn of(text: &str) -> Self {
        let mut hasher = FnvHasher::default();
        for byte in text.bytes().filter(|byte| !byte.is_ascii_digit()) {
            hasher.write_u8(byte);
        }
        Self(format!("{:016x}", hasher.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_id_of_a_text_is_its_fnv_1a_hash_without_the_numbers() {
        assert_eq!(TextId::of("a"), TextId("af63dc4c8601ec8c".to_owned()));
    }
}
