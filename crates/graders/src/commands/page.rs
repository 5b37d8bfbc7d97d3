//! `graders page`: the page of figures, from what several passes have measured.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use graders::bank::wrong;
use graders::figures::Figures;
use graders::page;
use graders::repo::Repo;

/// Write docs/figures.md from passes of `all --skip … --json FILE` that together measured all of it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the passes wrote, the latest last
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub fn run(Args { files }: &Args) -> Result<ExitCode> {
    let mut all: Option<Figures> = None;
    for file in files {
        let name = || file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(name)?;
        let figures: Figures = serde_json::from_str(&text).with_context(name)?;
        all = Some(match all {
            Some(earlier) => earlier.and(figures),
            None => figures,
        });
    }
    let figures = all.context("no file")?;
    let missing = figures.missing();
    ensure!(missing.is_empty(), "not measured: {}", missing.join(", "));
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let bank = wrong::load(&repo, &exercises, "")?;
    repo.write(page::FILE, &page::render(&figures, &exercises, &bank)?)?;
    println!("written: {}", page::FILE);
    Ok(ExitCode::SUCCESS)
}
