//! Mutants that no check can catch, each with the reason: `bank/mutants.toml`.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::list::Mutant;
use crate::bank::FOLDER;
use crate::repo::Repo;

/// A mutant of which it is known why it survives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survivor {
    /// The file that it changes, from `solutions/`.
    pub file: String,
    /// What is changed: `replace + with - in poll_loop`.
    pub change: String,
    /// The line that is changed.
    pub line: String,
    /// Why it behaves as the reference does, or which promise it would need.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// Reads them.
///
/// # Errors
/// When the file is missing or not what it should be.
pub fn load(repo: &Repo) -> Result<Vec<Survivor>> {
    let path = format!("{FOLDER}/mutants.toml");
    let file: File = toml::from_str(&repo.read(&path)?).context(path)?;
    Ok(file.survivor)
}

impl Survivor {
    /// Whether it is this mutant.
    pub fn is(&self, mutant: &Mutant) -> bool {
        mutant.file == format!("solutions/{}", self.file)
            && (&mutant.change, &mutant.line) == (&self.change, &self.line)
    }
}
