//! Compiles one answer while others run: the checks wait for Kafka far more than they compute.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use report::variables;

use super::kafka::Kafka;
use super::process::Process;
use super::workspace::{Program, Workspace};
use super::{Answer, Job, JobResult, NoRun, Slow};
use crate::repo::Repo;
use report::{Check, ReasonKind};

/// Where answers are compiled and run.
pub struct Pool {
    workspace: Workspace,
    kafka: Kafka,
    at_a_time: usize,
}

/// Where the time of a pass went.
#[derive(Debug, Default, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Spent {
    /// Compiling, in seconds.
    pub compiling: f64,
    /// Running, in seconds, the runs added up.
    pub running: f64,
    /// From the first to the last, in seconds.
    pub in_all: f64,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            compiling,
            running,
            in_all,
        } = self;
        write!(
            f,
            "{in_all:.0} s in all; {compiling:.0} s of it compiling, meanwhile {running:.0} s of runs"
        )
    }
}

/// How many answers are compiled together at most: the first of them runs when all are compiled.
const BATCH: usize = 24;

/// A run that takes longer has to be ended. Far more than [`super::RUN_LIMIT`], so that a run which is too long still tells
/// which check it was.
const GIVE_UP: Duration = Duration::from_mins(5);

impl Pool {
    /// Copies the kit, compiles the reference and opens the Kafka that the environment names.
    ///
    /// # Errors
    /// When one of them cannot be done.
    pub fn open(repo: &Repo, at_a_time: usize) -> Result<Self> {
        let workspace = Workspace::copy(repo)?;
        let reference = Answer::reference();
        let mut programs = workspace.compile(&[&reference]);
        let program = programs
            .pop()
            .context("no program")?
            .context("the reference")?;
        // The holder goes on without its file.
        let kafka = Kafka::hold(program.path())?;
        Ok(Self {
            workspace,
            kafka,
            at_a_time: at_a_time.max(1),
        })
    }

    /// The same with half as many runs at a time. Right answers are to be judged without haste: a time limit that they miss on
    /// a busy machine says nothing of them.
    #[must_use]
    pub fn gently(mut self) -> Self {
        self.at_a_time = self.at_a_time.div_ceil(2);
        self
    }

    /// Where it compiles.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Runs all jobs and hands what became of each, as it ends, to `on_result`, which runs in the caller's thread and gets the
    /// job's place in the list.
    pub fn run(&self, jobs: &[Job], on_result: impl FnMut(usize, JobResult)) -> Spent {
        self.run_times(1, jobs, on_result)
    }

    /// The same, and each job so many times; what does not compile ends once.
    pub fn run_times(
        &self,
        times: usize,
        jobs: &[Job],
        on_result: impl FnMut(usize, JobResult),
    ) -> Spent {
        self.run_at(self.at_a_time, times, jobs, on_result)
    }

    /// The same, one after the other.
    pub fn run_alone(&self, jobs: &[Job], on_result: impl FnMut(usize, JobResult)) -> Spent {
        self.run_at(1, 1, jobs, on_result)
    }

    fn run_at(
        &self,
        at_a_time: usize,
        times: usize,
        jobs: &[Job],
        mut on_result: impl FnMut(usize, JobResult),
    ) -> Spent {
        let begun = Instant::now();
        // One program waits, compiled, for whoever is free next.
        let (compiled, programs) = mpsc::sync_channel(1);
        let programs = Mutex::new(programs);
        let (results, finished) = mpsc::channel();
        let mut running = Duration::ZERO;
        let compiling = thread::scope(|scope| {
            let compiler = scope.spawn(move || self.compile_all(times, jobs, &compiled));
            for results in vec![results; at_a_time] {
                let programs = &programs;
                scope.spawn(move || {
                    while let Some((index, program)) = next(programs) {
                        let result =
                            program.and_then(|program| self.run_one(&jobs[index], &program));
                        // Whoever listens does so to the end.
                        let _ = results.send((index, result));
                    }
                });
            }
            for (index, result) in finished {
                running += result.as_ref().map_or(Duration::ZERO, |ran| ran.elapsed);
                on_result(index, result);
            }
            // A pass that ends because its compiler panicked would look complete.
            compiler
                .join()
                .unwrap_or_else(|cause| panic::resume_unwind(cause))
        });
        Spent {
            compiling: compiling.as_secs_f64(),
            running: running.as_secs_f64(),
            in_all: begun.elapsed().as_secs_f64(),
        }
    }

    fn compile_all(&self, times: usize, jobs: &[Job], compiled: &SyncSender<Compiled>) -> Duration {
        let mut took = Duration::ZERO;
        for batch in self.batches(jobs) {
            let begun = Instant::now();
            let answers: Vec<&Answer> = batch.iter().map(|index| &jobs[*index].answer).collect();
            let programs = self.workspace.compile(&answers);
            took += begun.elapsed();
            let mut turn: Vec<Compiled> = batch.into_iter().zip(programs).collect();
            for _ in 0..times {
                let next_turn = turn.iter().filter_map(again).collect();
                for compiled_job in turn {
                    if compiled.send(compiled_job).is_err() {
                        return took;
                    }
                }
                turn = next_turn;
            }
        }
        took
    }

    /// Jobs whose answers are compiled together, by their places in the list.
    fn batches(&self, jobs: &[Job]) -> Vec<Vec<usize>> {
        let mut together: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut batches = Vec::new();
        for (index, Job { answer, .. }) in jobs.iter().enumerate() {
            match &answer.file {
                Some(file) if self.workspace.fits_into_a_batch(answer) => {
                    together.entry(file).or_default().push(index);
                }
                _ => batches.push(vec![index]),
            }
        }
        let chunks = |all: Vec<usize>| all.chunks(BATCH).map(<[usize]>::to_vec).collect::<Vec<_>>();
        batches.extend(together.into_values().flat_map(chunks));
        batches
    }

    fn run_one(&self, job: &Job, program: &Program) -> JobResult {
        let environment: Vec<(String, String)> = self
            .kafka
            .environment()
            .iter()
            .cloned()
            .chain(program.environment())
            .collect();
        let process = Process {
            checks: program.path(),
            filter: &job.filter,
            environment: &environment,
            limit: GIVE_UP,
            slow: job.slow == Slow::All,
            until_first_failure: job.until_first_failure,
        };
        let mut ran = process.run()?;
        let checks = ran.run.report.as_mut().map(|report| &mut report.checks);
        for check in checks.into_iter().flatten() {
            let is_asked_for = job
                .own_container
                .as_ref()
                .is_some_and(|begin| check.name.starts_with(begin));
            let is_waited_for =
                matches!(&job.slow, Slow::Only(begin) if check.name.starts_with(begin));
            if is_asked_for
                && check.kind() == Some(ReasonKind::NeedsOwnBroker)
                && self.kafka.is_real()
            {
                let docker = (variables::KAFKA.to_owned(), "docker".to_owned());
                *check = alone(program, &check.name, &[docker])?;
            } else if is_waited_for && check.kind() == Some(ReasonKind::Slow) {
                *check = alone(program, &check.name, self.kafka.environment())?;
            }
            program.strip_number(check);
        }
        Ok(ran)
    }
}

/// A job's place in the list, and its program.
type Compiled = (usize, Result<Program, NoRun>);

/// The same job once more, if there is a program.
fn again((index, program): &Compiled) -> Option<Compiled> {
    let program = program.as_ref().ok()?;
    Some((*index, Ok(program.clone())))
}

fn next(programs: &Mutex<Receiver<Compiled>>) -> Option<Compiled> {
    let programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
    programs.recv().ok()
}

/// Runs one check by itself: one that disturbs its broker on a broker that is nobody else's, or one that takes long.
fn alone(program: &Program, check: &str, kafka: &[(String, String)]) -> Result<Check, NoRun> {
    let environment: Vec<(String, String)> = program
        .environment()
        .into_iter()
        .chain(kafka.iter().cloned())
        .collect();
    let ran = Process {
        checks: program.path(),
        filter: check,
        environment: &environment,
        limit: GIVE_UP,
        slow: true,
        until_first_failure: false,
    }
    .run()?;
    let mut checks = ran.run.checks().iter();
    let found = checks.find(|found| found.name == check).cloned();
    found.ok_or_else(|| NoRun::Machine(io::Error::other(ran.run.stderr)))
}
