//! `graders wrong`: every wrong answer is caught, by the check that names its misconception.

use std::process::ExitCode;

use anyhow::Result;
use graders::assess;
use graders::bank::wrong;
use graders::engine::Job;
use graders::engine::pool::Pool;
use graders::repo::Repo;

use super::options::Options;
use super::table;

/// Prove that every wrong answer is caught by the check that names its misconception
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

pub fn run(Args { options }: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let answers = wrong::load(&repo, &exercises, &options.filter)?;
    let pool = Pool::open(&repo, options.at_a_time)?;
    let jobs: Vec<Job> = answers.iter().map(assess::wrong::job).collect();
    let mut all = Vec::new();
    let spent = pool.run(&jobs, |index, result| {
        let assessment = assess::wrong::assess(&answers[index], &result);
        table::row(&assessment);
        all.push(assessment);
    });
    options.write(&all)?;
    Ok(table::end("wrong answers", &all, &spent))
}
