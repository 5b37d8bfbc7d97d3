//! `graders flakes`: the same code comes to the same verdicts, however busy the machine is.

use std::process::ExitCode;

use anyhow::Result;
use graders::bank::right;
use graders::bank::wrong::{self, Wrong};
use graders::engine::kafka::Kafka;
use graders::engine::workspace::Workspace;
use graders::flakes::load::Load;
use graders::flakes::series::{self, HELD};
use graders::flakes::tally::{Flip, Series, Tally};
use graders::repo::Repo;

use super::options::{Options, cores};

/// Run the solutions, the right answers and a sample of the wrong ones again and again on a busy machine, and name each verdict
/// that flips
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    pub series: SeriesArgs,
}

/// How often, where, and under what load.
#[derive(Debug, Clone, clap::Args)]
pub struct SeriesArgs {
    /// Runs of the solutions, on each Kafka
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub runs: usize,

    /// Runs of each right answer, on each Kafka
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub right_runs: usize,

    /// How many wrong answers, taken evenly from the bank
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub answers: usize,

    /// Runs of each of these wrong answers, on each Kafka
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub answer_runs: usize,

    /// The Kafkas
    #[arg(
        long,
        value_name = "KAFKA",
        value_delimiter = ',',
        default_value = "docker,mock"
    )]
    pub on: Vec<String>,

    /// Threads that compute for nothing meanwhile; one for each core unless told
    #[arg(long, value_name = "N")]
    pub load: Option<usize>,
}

pub fn run(Args { options, series }: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let workspace = Workspace::copy(&repo)?;
    let all = measure(&repo, &workspace, options, series)?;
    options.write(&all)?;
    Ok(if all.iter().all(Series::is_steady) && !all.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs them all, tells each run that is not as it should be, and at the end what all came to.
pub fn measure(
    repo: &Repo,
    workspace: &Workspace,
    options: &Options,
    args: &SeriesArgs,
) -> Result<Vec<Series>> {
    let exercises = repo.exercises()?;
    let bank = wrong::load(repo, &exercises, &options.filter)?;
    let sample = sample(&bank, args.answers);
    let mut subjects = series::reference(workspace, &args.on, args.runs)?;
    subjects.extend(series::right(
        workspace,
        &right::load(repo, &exercises, &options.filter)?,
        &args.on,
        args.right_runs,
    )?);
    subjects.extend(series::wrong(
        workspace,
        &sample,
        &args.on,
        args.answer_runs,
    )?);
    let wants_held = subjects.iter().find(|subject| subject.kafka == HELD);
    let held = wants_held
        .map(|subject| Kafka::hold(subject.program().path()))
        .transpose()?;
    let runs: usize = subjects.iter().map(|subject| subject.runs).sum();
    let threads = args.load.unwrap_or_else(cores);
    println!(
        "{runs} runs, {} at a time, beside {threads} threads that compute for nothing",
        options.at_a_time
    );
    let load = Load::of(threads);
    let mut ended = 0;
    let tallies = series::run(
        &subjects,
        held.as_ref(),
        options.at_a_time,
        |subject, result| {
            ended += 1;
            if let Err(error) = result {
                println!("{} on {}: {error}", subject.answer, subject.kafka);
            }
            if ended % 20 == 0 {
                println!("{ended} of {runs}");
            }
        },
    );
    drop(load);
    let all: Vec<Series> = tallies.iter().map(Tally::series).collect();
    for series in &all {
        print_series(series);
    }
    Ok(all)
}

/// Every so many-th: a sample that does not change from run to run.
fn sample(bank: &[Wrong], answers: usize) -> Vec<&Wrong> {
    let answers = answers.min(bank.len());
    (0..answers)
        .map(|number| &bank[number * bank.len() / answers])
        .collect()
}

fn print_series(series: &Series) {
    let Series {
        answer,
        kafka,
        runs,
        aborted,
        checks,
        flips,
        broken,
        ungraded,
        missed,
        seconds: [shortest, median, longest],
    } = series;
    println!(
        "{answer:<62} {kafka:<9} {runs:>4} runs of {checks:>3} checks, {shortest:.1} to {longest:.1} s, median {median:.1} s: {} flips",
        flips.len()
    );
    if *aborted > 0 {
        println!("    {aborted} of the runs ended without a report");
    }
    if *missed {
        println!("    no run failed the check that is named");
    }
    if *ungraded {
        println!("    the check that is named is not graded on this Kafka");
    }
    for why in broken {
        println!("    broken: {why}");
    }
    for flip in flips {
        let Flip {
            check,
            passed,
            failed,
            not_graded,
            failure,
        } = flip;
        println!(
            "    {check}: passed {passed}, failed {failed}, not graded {not_graded}\n{failure}"
        );
    }
}
