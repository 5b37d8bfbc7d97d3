//! Right answers: whole files that do what the doc comments promise, and do it otherwise than the reference.
//!
//! A right answer is a file `bank/right/FILE/NAME.rs`, where FILE is the file of the solutions that it stands for.

use anyhow::{Context, Result};
use report::Exercise;

use super::folder_and_name;
use crate::repo::Repo;

const KIND: &str = "right";
const ENDING: &str = ".rs";

/// A right answer: all exercises of one file.
#[derive(Debug, Clone)]
pub struct Right {
    /// The phase of its exercises.
    pub phase: u32,
    /// Its file, from `exercises/` and from `solutions/`.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The file's text.
    pub source: String,
}

/// All right answers whose id contains `filter`, by file and name.
///
/// # Errors
/// When one stands for no file of the solutions.
pub fn load(repo: &Repo, exercises: &[Exercise], filter: &str) -> Result<Vec<Right>> {
    let mut all = Vec::new();
    for path in repo.files(&[ENDING])? {
        let Some((folder, name)) = folder_and_name(&path, KIND, ENDING) else {
            continue;
        };
        if !format!("{folder}/{name}").contains(filter) {
            continue;
        }
        let file = format!("{folder}.rs");
        let exercise = exercises
            .iter()
            .find(|exercise| exercise.file == file)
            .with_context(|| format!("{path}: no exercise has the folder's file"))?;
        all.push(Right {
            phase: exercise.phase,
            file,
            name: name.to_owned(),
            source: repo.read(&path)?,
        });
    }
    all.sort_by(|one, other| (&one.file, &one.name).cmp(&(&other.file, &other.name)));
    Ok(all)
}

impl Right {
    /// `phase2_producer/base_producer`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.file.trim_end_matches(".rs"), self.name)
    }

    /// What selects the checks of all its exercises.
    pub fn checks(&self) -> String {
        format!("phase{}::", self.phase)
    }

    /// The file of the solutions that it stands for, from the repository's root.
    pub fn solution_file(&self) -> String {
        format!("solutions/{}", self.file)
    }
}
