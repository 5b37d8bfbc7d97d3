//! `graders mutants`: small changes of the reference that nobody thought up are caught too.

use std::process::ExitCode;

use anyhow::Result;
use graders::engine::Job;
use graders::engine::pool::{Pool, Spent};
use graders::mutants::fate::{self, AT_LEAST, Fate, Judged, Score};
use graders::mutants::list::{self, Mutant};
use graders::mutants::survivors::{self, Survivor};
use graders::repo::Repo;
use report::Exercise;

use super::options::Options;

/// Prove that the checks catch at least 95 of 100 mutants of the solutions, and that each survivor is explained
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    /// Only mutants of lines that changed since this commit
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
}

pub fn run(Args { options, since }: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let mut mutants = list::mutants(&repo, since.as_deref())?;
    mutants.retain(|mutant| mutant.id().contains(&options.filter));
    let is_all = since.is_none() && options.filter.is_empty();
    if mutants.is_empty() {
        return Ok(nothing(since.as_deref()));
    }
    let exercises = repo.exercises()?;
    let survivors = survivors::load(&repo)?;
    let pool = Pool::open(&repo, options.at_a_time)?;
    let (all, spent) = judge(&pool, &mutants, &survivors, &exercises);
    options.write(&all)?;
    let gone = if is_all {
        no_longer(&survivors, &mutants, &all)
    } else {
        Vec::new()
    };
    Ok(end(&all, &gone, &spent, is_all))
}

/// Runs them all, and tells each.
pub fn judge(
    pool: &Pool,
    mutants: &[Mutant],
    survivors: &[Survivor],
    exercises: &[Exercise],
) -> (Vec<Judged>, Spent) {
    let jobs: Vec<Job> = mutants
        .iter()
        .map(|mutant| fate::job(mutant, exercises))
        .collect();
    let mut all = Vec::new();
    let spent = pool.run(&jobs, |index, result| {
        let judged = fate::judge(&mutants[index], survivors, &result);
        row(&judged);
        all.push(judged);
    });
    (all, spent)
}

/// Explanations of mutants that are caught by now, or are gone.
pub fn no_longer<'a>(
    survivors: &'a [Survivor],
    mutants: &[Mutant],
    all: &[Judged],
) -> Vec<&'a Survivor> {
    let survives = |survivor: &Survivor| {
        mutants
            .iter()
            .filter(|mutant| survivor.is(mutant))
            .any(|mutant| {
                let id = mutant.id();
                all.iter()
                    .any(|judged| judged.mutant == id && judged.fate == Fate::Explained)
            })
    };
    survivors
        .iter()
        .filter(|survivor| !survives(survivor))
        .collect()
}

fn row(judged: &Judged) {
    let Judged {
        mutant,
        fate,
        note,
        seconds,
    } = judged;
    println!(
        "{mutant:<100} {seconds:>5.1} s  {:<16}  {note}",
        fate.word()
    );
}

pub fn end(all: &[Judged], gone: &[&Survivor], spent: &Spent, is_all: bool) -> ExitCode {
    let score = Score::of(all);
    println!(
        "\n{} mutants, {} of them compile: {} caught ({:.1} %; at least {AT_LEAST} % of all), {} survive for a known reason, {} are open",
        all.len(),
        score.viable,
        score.caught,
        score.percent(),
        score.explained,
        score.open
    );
    println!("{spent}");
    for survivor in gone {
        println!(
            "mutants.toml explains `{}` in {}, `{}`: it does not survive any more",
            survivor.change, survivor.file, survivor.line
        );
    }
    if score.holds(is_all) && gone.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn nothing(since: Option<&str>) -> ExitCode {
    if let Some(since) = since {
        println!("No line of the solutions that a mutant could change has changed since {since}.");
        return ExitCode::SUCCESS;
    }
    eprintln!("error: no mutant has this name");
    ExitCode::FAILURE
}
