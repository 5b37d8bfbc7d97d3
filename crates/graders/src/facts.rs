//! What `exercises.toml` says of the exercises.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::kit::Kit;

/// The file, from the kit's folder.
pub const FILE: &str = "exercises.toml";

/// What all exercises together are worth.
pub const ALL_POINTS: u32 = 100;

/// One function to write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its phase.
    pub phase: u32,
    /// The function's name.
    pub name: String,
    /// The file it is in, from `exercises/` and from `solutions/`.
    pub file: String,
    /// What it is worth.
    pub points: u32,
    /// Its hints: a document and an anchor in it.
    pub hint: String,
    /// Its chapter: a document and an anchor in it.
    pub chapter: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    exercise: Vec<Exercise>,
}

/// The exercises, in the order in which they stand.
///
/// # Errors
/// When the file cannot be read or lacks a fact.
pub fn exercises(kit: &Kit) -> Result<Vec<Exercise>> {
    let facts: Facts = toml::from_str(&kit.read(FILE)?).context(FILE)?;
    Ok(facts.exercise)
}

impl Exercise {
    /// What selects its checks: `phase2::produce_event`.
    pub fn path(&self) -> String {
        format!("phase{}::{}", self.phase, self.name)
    }

    /// The stub's file, from the kit's folder.
    pub fn stub_file(&self) -> String {
        format!("exercises/{}", self.file)
    }

    /// The reference's file, from the kit's folder.
    pub fn solution_file(&self) -> String {
        format!("solutions/{}", self.file)
    }

    /// What its stub says in `todo!()`.
    pub fn todo(&self) -> String {
        let Self { phase, name, .. } = self;
        format!(
            "phase {phase}, exercise {name}: write it in {}",
            self.stub_file()
        )
    }

    /// Whether a check with this name is one of its own.
    pub fn owns(&self, check: &str) -> bool {
        let rest = check.strip_prefix(&self.path());
        rest.is_some_and(|rest| rest.starts_with("::"))
    }
}
