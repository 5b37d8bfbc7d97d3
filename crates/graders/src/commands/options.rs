//! What the commands that run answers have in common.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};
use serde::Serialize;

/// Options of every command that runs answers.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Only those whose name contains this: `produce_event/`, `no_key`
    #[arg(default_value = "", hide_default_value = true)]
    pub filter: String,

    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// How many runs at a time, two for each core unless told; one more answer is compiled meanwhile
    #[arg(long, value_name = "N", default_value_t = 2 * cores(), hide_default_value = true)]
    pub at_a_time: usize,
}

impl Options {
    /// Writes the results where they are wanted.
    pub fn write(&self, results: &impl Serialize) -> Result<()> {
        write(self.json.as_deref(), results)
    }
}

/// Writes results as JSON, if there is a file for them.
pub fn write(file: Option<&Path>, results: &impl Serialize) -> Result<()> {
    let Some(path) = file else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(results)?;
    fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
}

/// A run waits for Kafka far more than it computes.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
