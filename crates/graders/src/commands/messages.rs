//! `graders messages`: the failure of every wrong answer says what its file records.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use graders::bank::solution_words::SolutionWords;
use graders::bank::wrong::{self, Wrong};
use graders::bank::{failure_text, normalise, patch_file};
use graders::engine::pool::Pool;
use graders::engine::{Ended, Job};
use graders::grading;
use graders::grading::grade::Graded;
use graders::kit::Kit;
use graders::outcome::Check;
use report::Exercise;

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
    let kit = Kit::here();
    let exercises = kit.exercises()?;
    let mut answers = wrong::load(&kit, &exercises, &options.filter)?;
    let messages = Messages::new(&kit, &exercises)?;
    let pool = Pool::open(&kit, options.at_a_time)?;
    let job = if *times > 1 {
        grading::wrong::job
    } else {
        grading::wrong::job_of_named_check
    };
    let jobs: Vec<Job> = answers.iter().map(job).collect();
    let mut all = Vec::new();
    let mut not_recorded = None;
    let spent = pool.run_times(*times, &jobs, |index, ended| {
        let answer = &mut answers[index];
        if *update {
            let recorded = record(&kit, answer, &ended);
            not_recorded = not_recorded.take().or(recorded.err());
        }
        let graded = messages.grade(answer, &ended);
        table::row(&graded);
        all.push(graded);
    });
    if let Some(error) = not_recorded {
        return Err(error);
    }
    options.write(&all)?;
    Ok(table::end("failure texts", &all, &spent))
}

/// Writes what the failure says into the answer's file. Without a failure the file stays as it is.
fn record(kit: &Kit, wrong: &mut Wrong, ended: &Ended) -> Result<()> {
    let Some(check) = failure(wrong, ended) else {
        return Ok(());
    };
    let (path, failure) = (wrong.path(), normalise::failure(check));
    let text = patch_file::with_failure(&kit.read(&path)?, &failure)?;
    kit.write(&path, &text)?;
    wrong.header.failure = Some(failure);
    Ok(())
}

fn failure<'a>(wrong: &Wrong, ended: &'a Ended) -> Option<&'a Check> {
    let ran = ended.as_ref().ok()?;
    grading::wrong::failure(wrong, ran)
}

/// What no failure text may say, by exercise.
pub struct Messages {
    words: BTreeMap<String, SolutionWords>,
}

impl Messages {
    pub fn new(kit: &Kit, exercises: &[Exercise]) -> Result<Self> {
        let words = exercises
            .iter()
            .map(|exercise| Ok((exercise.name.clone(), SolutionWords::of(kit, exercise)?)))
            .collect::<Result<_>>()?;
        Ok(Self { words })
    }

    pub fn grade(&self, wrong: &Wrong, ended: &Ended) -> Graded {
        grading::messages::grade(wrong, ended, &self.words[&wrong.exercise.name])
    }
}

/// Whether another run may say what is recorded: this one had something else to quote.
pub fn may_be_chance(wrong: &Wrong, ended: &Ended) -> bool {
    let both = failure(wrong, ended).zip(wrong.header.failure.as_ref());
    both.is_some_and(|(check, recorded)| failure_text::differs_only_in_seen(recorded, check))
}
