//! `graders right`: every right answer passes.

use std::process::ExitCode;

use anyhow::Result;
use graders::bank::right;
use graders::engine::Job;
use graders::engine::pool::Pool;
use graders::grading;
use graders::kit::Kit;

use super::options::Options;
use super::table;

/// Prove that every right answer passes all checks of its phase
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

pub fn run(Args { options }: &Args) -> Result<ExitCode> {
    let kit = Kit::here();
    let exercises = kit.exercises()?;
    let answers = right::load(&kit, &exercises, &options.filter)?;
    let pool = Pool::open(&kit, options.at_a_time)?.gently();
    let jobs: Vec<Job> = answers.iter().map(grading::right::job).collect();
    let mut all = Vec::new();
    let spent = pool.run(&jobs, |index, ended| {
        let graded = grading::right::grade(&answers[index], &ended);
        table::row(&graded);
        all.push(graded);
    });
    options.write(&all)?;
    Ok(table::end("right answers", &all, &spent))
}
