//! Compiles one answer while others run: the checks wait for Kafka far more than they compute.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::kafka::Kafka;
use super::process::Process;
use super::workspace::{Program, Workspace};
use super::{Answer, Ended, Job, NoRun};
use crate::kit::{Kit, KitError};
use crate::outcome::{Check, Verdict};

/// Where answers are compiled and run.
pub struct Pool {
    workspace: Workspace,
    kafka: Kafka,
    at_a_time: usize,
}

/// Where the time of a pass went.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
pub struct Spent {
    /// Compiling, in seconds.
    pub compiling: f64,
    /// Running, in seconds, the runs added up.
    pub running: f64,
    /// From the first to the last, in seconds.
    pub in_all: f64,
}

/// Why there is no pool.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The kit cannot be copied.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The reference does not compile, or there is no Kafka for it.
    #[error("the reference {0}")]
    Reference(#[from] NoRun),
}

/// A run that takes longer has to be ended. Far more than [`super::RUN_LIMIT`], so that a run which is too long still tells
/// which check it was.
const GIVE_UP: Duration = Duration::from_mins(2);

impl Pool {
    /// Copies the kit, compiles the reference and opens the Kafka that the environment names.
    ///
    /// # Errors
    /// When one of them cannot be done.
    pub fn open(kit: &Kit, at_a_time: usize) -> Result<Self, PoolError> {
        let workspace = Workspace::copy(kit)?;
        let reference = workspace.compile(&Answer {
            id: "reference".to_owned(),
            file: None,
            source: String::new(),
        })?;
        let kafka = Kafka::hold(reference.path())?;
        // The holder goes on without its file.
        Ok(Self {
            workspace,
            kafka,
            at_a_time: at_a_time.max(1),
        })
    }

    /// The Kafka, in a few words.
    pub fn kafka(&self) -> &str {
        self.kafka.name()
    }

    /// Runs all jobs and hands what became of each, as it ends, to `ended`, which runs in the caller's thread and gets the
    /// job's place in the list.
    pub fn run(&self, jobs: &[Job], mut ended: impl FnMut(usize, Ended)) -> Spent {
        let begun = Instant::now();
        // One program waits, compiled, for whoever is free next.
        let (compiled, programs) = mpsc::sync_channel(1);
        let programs = Mutex::new(programs);
        let (results, finished) = mpsc::channel();
        let mut running = Duration::ZERO;
        let compiling = thread::scope(|scope| {
            let compiler = scope.spawn(move || self.compile_all(jobs, &compiled));
            for results in vec![results; self.at_a_time] {
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
                ended(index, result);
            }
            compiler.join().unwrap_or_default()
        });
        Spent {
            compiling: compiling.as_secs_f64(),
            running: running.as_secs_f64(),
            in_all: begun.elapsed().as_secs_f64(),
        }
    }

    fn compile_all(&self, jobs: &[Job], compiled: &SyncSender<Compiled>) -> Duration {
        let mut took = Duration::ZERO;
        for (index, job) in jobs.iter().enumerate() {
            let begun = Instant::now();
            let program = self.workspace.compile(&job.answer);
            took += begun.elapsed();
            if compiled.send((index, program)).is_err() {
                break;
            }
        }
        took
    }

    fn run_one(&self, job: &Job, program: &Program) -> Ended {
        let mut ran = Process {
            checks: program.path(),
            filter: &job.filter,
            environment: self.kafka.environment(),
            limit: GIVE_UP,
            until_first_failure: job.until_first_failure,
        }
        .run()?;
        for check in &mut ran.run.checks {
            let is_asked_for = job
                .own_container
                .as_ref()
                .is_some_and(|begin| check.name.starts_with(begin));
            if is_asked_for && check.verdict == Verdict::NotGraded && self.kafka.is_real() {
                *check = in_own_container(program, &check.name)?;
            }
        }
        Ok(ran)
    }
}

/// A job's place in the list, and its program.
type Compiled = (usize, Result<Program, NoRun>);

fn next(programs: &Mutex<Receiver<Compiled>>) -> Option<Compiled> {
    let programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
    programs.recv().ok()
}

/// Runs a check that disturbs its broker on one that is nobody else's.
fn in_own_container(program: &Program, check: &str) -> Result<Check, NoRun> {
    let ran = Process {
        checks: program.path(),
        filter: check,
        environment: &[("KAFKALINGS_KAFKA".to_owned(), "docker".to_owned())],
        limit: GIVE_UP,
        until_first_failure: false,
    }
    .run()?;
    let mut checks = ran.run.checks.into_iter();
    checks
        .find(|found| found.name == check)
        .ok_or_else(|| NoRun::Machine(std::io::Error::other(ran.run.stderr)))
}
