//! `graders summary`: the printed output of graded runs as Markdown.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use graders::outcome;
use graders::repo::Repo;
use graders::summary::Summary;

/// Turn what graded runs printed into a table of points, in Markdown
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files with the standard output of `cargo test --test graded`
    files: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let exercises = Repo::here().exercises()?;
    let mut checks = Vec::new();
    for file in &args.files {
        let printed =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        checks.extend(outcome::checks(&String::from_utf8_lossy(&printed)));
    }
    print!("{}", Summary::new(&exercises, &checks));
    Ok(ExitCode::SUCCESS)
}
