//! `graders refresh`: after a change of a solution, the wrong answers follow it.

use std::process::ExitCode;

use anyhow::Result;
use graders::bank::wrong;
use graders::repo::Repo;

/// Carry the wrong answers over to changed solutions: uncommitted changes, or those since a commit
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The commit to which the wrong answers apply
    #[arg(default_value = "HEAD")]
    since: String,
}

pub fn run(Args { since }: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let mut conflicts = 0;
    for wrong::Entry {
        exercise,
        name,
        text,
    } in wrong::list(&repo, &exercises)?
    {
        let file = exercise.solution_file();
        let (before, now) = (repo.committed(since, &file)?, repo.read(&file)?);
        let path = wrong::path(&exercise.name, &name);
        match wrong::rebase(&exercise, &text, &before, &now) {
            Ok(rebased) if rebased == text => {}
            Ok(rebased) => {
                repo.write(&path, &rebased)?;
                println!("{path}: carried over");
            }
            Err(error) => {
                conflicts += 1;
                println!("{path}: {error:#}");
            }
        }
    }
    Ok(if conflicts == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
