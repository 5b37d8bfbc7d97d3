//! `graders wrong`: every wrong answer is caught, by the check that names its misconception.

use std::process::ExitCode;

use anyhow::Result;
use graders::bank::wrong;
use graders::engine::Job;
use graders::engine::pool::Pool;
use graders::grading;
use graders::kit::Kit;

use super::options::Options;
use super::table;

/// Prove that every wrong answer is caught by the check that names its misconception
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

pub fn run(Args { options }: &Args) -> Result<ExitCode> {
    let kit = Kit::here();
    let exercises = kit.exercises()?;
    let answers = wrong::load(&kit, &exercises, &options.filter)?;
    let pool = Pool::open(&kit, options.at_a_time)?;
    let jobs: Vec<Job> = answers.iter().map(grading::wrong::job).collect();
    let mut all = Vec::new();
    let spent = pool.run(&jobs, |index, ended| {
        let graded = grading::wrong::grade(&answers[index], &ended);
        table::row(&graded);
        all.push(graded);
    });
    options.write(&all)?;
    Ok(table::end("wrong answers", &all, &spent))
}
