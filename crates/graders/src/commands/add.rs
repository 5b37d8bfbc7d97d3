//! `graders add`: puts the mistake that stands in `solutions/` into the bank.

use std::process::ExitCode;

use anyhow::{Context, Result};
use graders::bank::patch_file::Header;
use graders::bank::wrong;
use graders::repo::Repo;

/// Put a mistake into the bank: make it in solutions/, then say what it is; solutions/ is as before afterwards
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Exercise and name of the wrong answer: `produce_event/empty_key_for_none`
    #[arg(value_name = "EXERCISE/NAME")]
    id: String,

    /// The misconception, in one sentence: what somebody thinks who writes this
    #[arg(long)]
    misconception: String,

    /// The check that has to fail, without phase and exercise: `record::keeps_no_key`
    #[arg(long)]
    check: String,

    /// Words that the failure's concept has to contain; may be given more than once
    #[arg(long, required = true)]
    concept: Vec<String>,

    /// Run the whole phase, and prove that its other exercises pass: for an answer that harms its process
    #[arg(long)]
    whole_phase: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let (folder, name) = args
        .id
        .split_once('/')
        .context("the name has an exercise in front: produce_event/empty_key_for_none")?;
    let exercises = repo.exercises()?;
    let exercise = exercises
        .iter()
        .find(|exercise| exercise.name == folder)
        .with_context(|| format!("there is no exercise {folder}"))?;
    let header = Header {
        misconception: args.misconception.clone(),
        check: args.check.clone(),
        concept: args.concept.clone(),
        whole_phase: args.whole_phase,
        failure: None,
    };
    // The reference without the mistake.
    let reference = repo.committed("HEAD", &exercise.solution_file())?;
    let source = repo.read(&exercise.solution_file())?;
    let path = wrong::path(folder, name);
    repo.write(
        &path,
        &wrong::encode(exercise, &header, &reference, &source)?,
    )?;
    repo.write(&exercise.solution_file(), &reference)?;
    println!(
        "{path}\n{} is as before. Next:\n\n  cargo run -p graders -- wrong {}\n  cargo run -p graders -- messages --update {}",
        exercise.solution_file(),
        args.id,
        args.id
    );
    Ok(ExitCode::SUCCESS)
}
