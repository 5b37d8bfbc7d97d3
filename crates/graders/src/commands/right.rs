//! `graders right`: every right answer passes.

use std::process::ExitCode;

use anyhow::Result;
use graders::assess;
use graders::bank::right;
use graders::engine::Job;
use graders::engine::pool::Pool;
use graders::repo::Repo;

use super::options::Options;
use super::table;

/// Prove that every right answer passes all checks of its phase
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

pub fn run(Args { options }: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let answers = right::load(&repo, &exercises, &options.filter)?;
    let pool = Pool::open(&repo, options.at_a_time)?.gently();
    let jobs: Vec<Job> = answers.iter().map(assess::right::job).collect();
    let mut all = Vec::new();
    let spent = pool.run(&jobs, |index, result| {
        let assessment = assess::right::assess(&answers[index], &result);
        table::row(&assessment);
        all.push(assessment);
    });
    options.write(&all)?;
    Ok(table::end("right answers", &all, &spent))
}
