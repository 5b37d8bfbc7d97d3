//! `graders messages`: the failure of every wrong answer says what its file records.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use graders::assess;
use graders::assess::assessment::Assessment;
use graders::bank::solution_words::SolutionWords;
use graders::bank::wrong::{self, Wrong};
use graders::bank::{failure_text, normalise, patch_file};
use graders::engine::pool::Pool;
use graders::engine::{Job, JobResult};
use graders::repo::Repo;
use report::{Check, Exercise};

use super::options::Options;
use super::table;

/// Compare the failure text of every wrong answer with the one that its file records
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    /// Record the texts as they are now; look at the difference before you commit it
    #[arg(long)]
    update: bool,

    /// Run each so many times, beside the other checks of its exercise: what a text quotes may depend on chance
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "update")]
    times: usize,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let Args {
        options,
        update,
        times,
    } = args;
    let repo = Repo::here();
    let exercises = repo.exercises()?;
    let mut answers = wrong::load(&repo, &exercises, &options.filter)?;
    let messages = Messages::new(&repo, &exercises)?;
    let pool = Pool::open(&repo, options.at_a_time)?;
    let job = if *times > 1 {
        assess::wrong::job
    } else {
        assess::wrong::job_of_named_check
    };
    let jobs: Vec<Job> = answers.iter().map(job).collect();
    let mut all = Vec::new();
    let mut not_recorded = None;
    let spent = pool.run_times(*times, &jobs, |index, result| {
        let answer = &mut answers[index];
        if *update {
            let recorded = record(&repo, answer, &result);
            not_recorded = not_recorded.take().or(recorded.err());
        }
        let assessment = messages.assess(answer, &result);
        table::row(&assessment);
        all.push(assessment);
    });
    if let Some(error) = not_recorded {
        return Err(error);
    }
    options.write(&all)?;
    Ok(table::end("failure texts", &all, &spent))
}

/// Writes what the failure says into the answer's file. Without a failure the file stays as it is.
fn record(repo: &Repo, wrong: &mut Wrong, result: &JobResult) -> Result<()> {
    let found = failure(wrong, result).and_then(|check| check.failure.as_ref());
    let Some(found) = found else {
        return Ok(());
    };
    let (path, failure) = (wrong.path(), normalise::failure(found));
    let text = patch_file::with_failure(&repo.read(&path)?, &failure)?;
    repo.write(&path, &text)?;
    wrong.header.failure = Some(failure);
    Ok(())
}

fn failure<'a>(wrong: &Wrong, result: &'a JobResult) -> Option<&'a Check> {
    let ran = result.as_ref().ok()?;
    assess::wrong::failure(wrong, ran)
}

/// What no failure text may say, by exercise.
pub struct Messages {
    words: BTreeMap<String, SolutionWords>,
}

impl Messages {
    pub fn new(repo: &Repo, exercises: &[Exercise]) -> Result<Self> {
        let words = exercises
            .iter()
            .map(|exercise| Ok((exercise.name.clone(), SolutionWords::of(repo, exercise)?)))
            .collect::<Result<_>>()?;
        Ok(Self { words })
    }

    pub fn assess(&self, wrong: &Wrong, result: &JobResult) -> Assessment {
        assess::messages::assess(wrong, result, &self.words[&wrong.exercise.name])
    }
}

/// Whether another run may say what is recorded: this one had something else to quote.
pub fn may_be_chance(wrong: &Wrong, result: &JobResult) -> bool {
    let both = failure(wrong, result).zip(wrong.header.failure.as_ref());
    both.is_some_and(|(check, recorded)| failure_text::differs_only_in_seen(recorded, check))
}
