//! A worker: a process that runs one check and tells the judge what came of it.
//!
//! - `deadline`: ends the check on time, whatever the learner's code does to its threads.
//! - `finish`: the outcome of the check, told to the judge.
//! - `panics`: remembers the first panic of the process.
//! - `panic_concept`: what a learner should take from a panic.
//! - `memory`: notices a process that eats memory.
//! - `channel`: the socket to the judge.

mod channel;
mod deadline;
mod finish;
mod memory;
mod panic_concept;
mod panics;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

use super::protocol::{Job, Outcome, WORKER_ARGUMENT};
use super::registry::{self, Check};
use crate::verdict::{NotGraded, Verdict};
use crate::{context, session};
use channel::Channel;

/// Exit code of a worker that cannot begin.
const NO_JOB: u8 = 4;

/// Whether this process was started as a worker.
pub fn is_wanted() -> bool {
    std::env::args().nth(1).as_deref() == Some(WORKER_ARGUMENT)
}

/// Runs the check that the judge names, tells what came of it, and waits for the judge to end this process.
pub fn work() -> ExitCode {
    match begin() {
        Ok((job, channel)) => run(&job, &channel),
        Err(error) => {
            eprintln!("a worker cannot begin: {error}");
            ExitCode::from(NO_JOB)
        }
    }
}

fn begin() -> io::Result<(Job, Channel)> {
    let (job, channel) = Channel::from_stdin()?;
    context::begin(job.run.clone(), job.check.clone(), job.attempt);
    if let Some(connection) = job.connection.clone() {
        session::connect(connection);
    }
    Ok((job, channel))
}

fn run(job: &Job, channel: &Channel) -> ExitCode {
    let Some(check) = registry::find(&job.check) else {
        eprintln!("there is no check {}", job.check);
        return ExitCode::from(NO_JOB);
    };
    channel.die_with_the_judge();
    panics::remember(channel);
    memory::watch(channel, job.memory_limit);
    deadline::watch(channel, check);
    finish::finish(channel, outcome(check));
    wait_to_be_ended()
}

/// Returning would run destructors and exit handlers next to threads that still use what these destroy.
fn wait_to_be_ended() -> ! {
    loop {
        thread::park_timeout(Duration::from_mins(1));
    }
}

fn outcome(check: &Check) -> Outcome {
    match on_a_runtime(check) {
        Ok(()) => panics::after_a_pass().unwrap_or(Outcome::Passed),
        Err(not_passed) => finish::not_passed(not_passed),
    }
}

fn on_a_runtime(check: &Check) -> Verdict {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| NotGraded::broken("no runtime", &error))?;
    let verdict = catch_unwind(AssertUnwindSafe(|| runtime.block_on((check.body)())))
        .unwrap_or_else(|_panic| Err(panics::own()));
    // What the learner's code left running must not keep the verdict back.
    runtime.shutdown_background();
    verdict
}
