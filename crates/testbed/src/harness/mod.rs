//! Runs the checks, each with a deadline, and gives three verdicts.
//!
//! The command line and the output are those of Rust's own test harness, by way of libtest-mimic.

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::cluster;
use crate::verdict::{NotPassed, Verdict};

mod again;
mod deadline;
mod hold;
mod kafka;
mod panics;
mod patience;
mod pulse;
mod report;

pub use deadline::run_check;
use patience::Patience;
pub use patience::{PATIENCE, PATIENT_VARIABLE};
pub use pulse::{has_stood_still, watches_the_broker};

/// Exit code when a check could not be graded because the environment broke, and none failed.
pub const NOT_GRADED: u8 = 3;

/// How many checks run at a time unless `--test-threads` or `RUST_TEST_THREADS` say otherwise. Checks wait for Kafka
/// far more than they compute.
const CHECKS_AT_A_TIME: usize = 24;

/// What a check needs in order to be graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any broker: the run's, whichever it is.
    Broker,
    /// A real broker: the mock cluster behaves differently here.
    RealBroker,
    /// Only mock clusters of its own, whose faults it chooses.
    OwnMock,
}

/// A registered check.
#[derive(Debug)]
pub struct Check {
    /// The module path, with the crate's name in front.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether no other check may run meanwhile.
    pub exclusive: bool,
    /// Whether it waits for [`PATIENCE`], and is left out where that is not asked for.
    pub patient: bool,
    /// Whether it waits for seconds on any machine.
    pub long: bool,
    /// How long it may take, from its first wait for the learner's code.
    pub deadline: Duration,
    /// Runs it in its turn.
    pub run: fn() -> Verdict,
}

inventory::collect!(&'static Check);

/// What a check does. It stays on the thread that polls it.
pub type Body = Pin<Box<dyn Future<Output = Verdict>>>;

impl Check {
    /// The name to select it by, such as `phase2::produce_event::keeps_the_key`.
    pub fn path(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Where a learner should look when a check fails, by the check's name.
pub type Look = fn(&str) -> String;

/// Runs the checks that the command line selects and returns the exit code of the run: 0 when all that could be graded
/// passed, 101 when one failed, [`NOT_GRADED`] when the environment broke.
pub fn main(look: Look) -> ExitCode {
    if let Some(task) = cluster::reaper::Task::of_this_process() {
        return task.reap();
    }
    if hold::is_wanted() {
        return hold::hold();
    }
    panics::remember();
    pulse::start();
    let mut arguments = Arguments::from_args();
    arguments
        .test_threads
        .get_or_insert_with(threads_from_environment);
    let conclusion = libtest_mimic::run(&arguments, trials(look, &Patience::of(&arguments)));
    report::print_what_was_run_again();
    patience::print_what_was_left_out();
    let environment_broke = report::print_what_was_not_graded();
    kafka::release();
    if conclusion.has_failed() {
        conclusion.exit_code()
    } else if environment_broke || (under_nextest() && conclusion.num_ignored > 0) {
        ExitCode::from(NOT_GRADED)
    } else {
        ExitCode::SUCCESS
    }
}

fn threads_from_environment() -> usize {
    let threads = std::env::var("RUST_TEST_THREADS").ok();
    threads
        .and_then(|number| number.parse().ok())
        .unwrap_or(CHECKS_AT_A_TIME)
}

/// cargo-nextest lists the checks, then runs each in a process of its own, and knows no verdict but those of the exit
/// code. What can be told from the environment is ignored in the list; what turns out later ends with [`NOT_GRADED`].
fn under_nextest() -> bool {
    std::env::var_os("NEXTEST").is_some()
}

/// All checks: the patient and the long ones first, beside which all others run; those that run alone last, when few others have to wait
/// for them.
fn trials(look: Look, patience: &Patience) -> Vec<Trial> {
    let mut checks: Vec<&'static Check> = inventory::iter::<&'static Check>().copied().collect();
    checks.sort_by_key(|check| (check.exclusive, !check.patient, !check.long, check.path()));
    let trial = |check: &'static Check| {
        let is_run = patience.is_enough_for(check);
        Trial::ignorable_test(check.path(), move || {
            if is_run {
                grade(check, look)
            } else {
                Ok(Completion::ignored_with(patience::leave_out(check)))
            }
        })
        .with_ignored_flag(under_nextest() && kafka::cannot_fit(check))
    };
    checks.into_iter().map(trial).collect()
}

fn grade(check: &'static Check, look: Look) -> Result<Completion, Failed> {
    if let Err(reason) = kafka::fits(check.needs) {
        report::not_graded(check, &reason);
        return Ok(Completion::ignored_with(reason.short()));
    }
    match again::verdict_of(check) {
        Ok(()) => Ok(Completion::Completed),
        Err(NotPassed::Failed(failure)) => Err(Failed::from(failure.render(&look(&check.path())))),
        Err(NotPassed::NotGraded(reason)) => {
            report::not_graded(check, &reason);
            Ok(Completion::ignored_with(reason.short()))
        }
    }
}
