//! `graders messages`: the failure of every wrong answer says what is kept of it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use graders::bank::golden::{self, Secrets};
use graders::bank::normal;
use graders::bank::wrong::{self, Wrong};
use graders::engine::pool::Pool;
use graders::engine::{Ended, Job};
use graders::grading;
use graders::grading::grade::Graded;
use graders::kit::Kit;
use report::Exercise;

use super::options::Options;
use super::table;

/// Compare the failure text of every wrong answer with the one that is kept
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,

    /// Keep the texts as they are now; look at the difference before you commit it
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
    let orphans = golden::orphans(&kit, &wrong::load(&kit, &exercises, "")?)?;
    let answers = wrong::load(&kit, &exercises, &options.filter)?;
    let messages = Messages::new(kit.clone(), &exercises)?;
    let pool = Pool::open(&kit, options.at_a_time)?;
    let job = if *times > 1 {
        grading::wrong::job
    } else {
        grading::wrong::job_of_named_check
    };
    let jobs: Vec<Job> = answers.iter().map(job).collect();
    let mut all = Vec::new();
    let mut not_kept = None;
    let spent = pool.run_times(*times, &jobs, |index, ended| {
        let answer = &answers[index];
        if *update {
            not_kept = not_kept.take().or(messages.keep(answer, &ended).err());
        }
        let graded = messages.grade(answer, &ended);
        table::row(&graded);
        all.push(graded);
    });
    if let Some(error) = not_kept {
        return Err(error);
    }
    options.write(&all)?;
    let code = table::end("failure texts", &all, &spent);
    for path in &orphans {
        println!("{path}: its wrong answer is gone");
    }
    Ok(if orphans.is_empty() {
        code
    } else {
        ExitCode::FAILURE
    })
}

/// The kept texts, and what no text may say.
pub struct Messages {
    kit: Kit,
    secrets: BTreeMap<String, Secrets>,
}

impl Messages {
    pub fn new(kit: Kit, exercises: &[Exercise]) -> Result<Self> {
        let secrets = exercises
            .iter()
            .map(|exercise| Ok((exercise.name.clone(), Secrets::of(&kit, exercise)?)))
            .collect::<Result<_>>()?;
        Ok(Self { kit, secrets })
    }

    pub fn grade(&self, wrong: &Wrong, ended: &Ended) -> Graded {
        let golden = self.kit.read(&golden::path(wrong)).ok();
        let secrets = &self.secrets[&wrong.exercise.name];
        grading::messages::grade(wrong, ended, golden.as_deref(), secrets)
    }

    /// Whether another run may say what is kept: this one had something else to quote.
    pub fn may_be_chance(&self, wrong: &Wrong, ended: &Ended) -> bool {
        let ran = ended.as_ref().ok();
        let failure = ran.and_then(|ran| grading::wrong::failure(wrong, ran));
        let golden = self.kit.read(&golden::path(wrong)).ok();
        let both = failure.zip(golden);
        both.is_some_and(|(failure, golden)| golden::differs_in_what_was_seen(&golden, failure))
    }

    fn keep(&self, wrong: &Wrong, ended: &Ended) -> Result<()> {
        let failure = ended
            .as_ref()
            .ok()
            .and_then(|ran| grading::wrong::failure(wrong, ran));
        failure.map_or(Ok(()), |check| {
            self.kit.write(&golden::path(wrong), &normal::text(check))
        })
    }
}
