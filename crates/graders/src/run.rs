//! Runs the graded checks, as a learner does.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use report::variables;

use crate::outcome::{self, Check};
use crate::repo::Repo;

/// Cargo's exit code when a check failed.
pub const FAILED: i32 = 101;

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The checks, in the order in which they ended.
    pub checks: Vec<Check>,
    /// What it printed to stderr: cargo's words and the harness's.
    pub stderr: String,
}

/// Compiles the checks, with the stubs or whatever stands in `exercises/`.
///
/// # Errors
/// When they do not compile.
pub fn build(repo: &Repo) -> Result<()> {
    let output = cargo(repo, &["--no-run"])?;
    ensure!(
        output.status.success(),
        "the graded checks do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Runs the checks whose name contains `filter`. Which Kafka they use, the environment says.
///
/// # Errors
/// When cargo cannot be started.
pub fn checks(repo: &Repo, filter: &str) -> Result<Run> {
    let output = cargo(repo, &["--", filter])?;
    Ok(Run {
        code: output.status.code(),
        checks: outcome::checks(&String::from_utf8_lossy(&output.stdout)),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn cargo(repo: &Repo, arguments: &[&str]) -> Result<Output> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
        .args(["test", "--test", "graded"])
        .args(arguments)
        .env(variables::PATIENT, "1")
        .current_dir(repo.root())
        .output()
        .context("cannot start cargo")
}
