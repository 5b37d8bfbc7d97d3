//! The judge: the process that owns Kafka, the report and the exit code. None of the learner's code runs in it.
//!
//! - `plan`: what is known before any check runs.
//! - `run`: runs the checks of the plan, with `queue` for their order and `retry` for what counts.
//! - `worker_process`: one attempt at one check, in a process of its own; `capture` keeps what it prints, `strays` ends what it
//!   leaves running, `death` says how it ended, and `cause` why.
//! - `stall_monitor`: whether machine and broker kept up.
//! - `nextest`: what is different when cargo-nextest runs the checks.

mod capture;
mod cause;
mod death;
mod nextest;
mod plan;
mod queue;
mod retry;
mod run;
mod stall_monitor;
mod strays;
mod worker_process;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use report::{
    Counts, Header, Kafka, Reason, ReasonKind, Report, Trailer, VERSION, diagnosis, variables,
};

use super::arguments::Arguments;
use super::course::Course;
use super::exit_code::{FAILED, NOT_GRADED};
use super::output::{Console, Summary};
use super::registry;
use super::selection::Selection;
use crate::session::Session;
use crate::verdict::NotGraded;
use plan::Plan;
use run::{Decided, Event, Options, Run};

/// Runs the checks that the command line selects, prints what came of them, writes the report, and returns the exit code.
pub fn judge(course: &Course, arguments: &Arguments) -> ExitCode {
    let all = registry::all();
    if let Err(refusal) = nextest::is_possible() {
        eprintln!("{refusal}");
        return ExitCode::from(NOT_GRADED);
    }
    if arguments.list {
        return list(course, &all, arguments);
    }
    let selection = Selection::new(&all, arguments, &course.exercises);
    strays::adopt_orphans();
    let plan = Plan::new(course, &all, &selection, arguments.run_unwritten);
    let mut console = Console::new(arguments, plan.names.iter());
    console.begin(plan.to_run.len());
    let (mut result, session) = run_plan(course, arguments, plan, &mut console);
    let summary = Summary {
        course,
        arguments,
        report: &result.report,
        filtered_out: result.filtered_out,
        notice: result.notice.as_deref(),
        stall: result.stall,
    };
    console.end(&summary);
    // A group stays until the session of its last member times out: a learner reads meanwhile.
    let left_behind = match session {
        Some(session) if arguments.leave_cleanup => session.leave_to_cleanup(),
        Some(session) => session.release(),
        None => Vec::new(),
    };
    console.left_behind(&left_behind);
    result.report.trailer.left_behind = left_behind;
    write(&result.report);
    ExitCode::from(result.report.trailer.exit_code)
}

fn list(course: &Course, all: &[&'static registry::Check], arguments: &Arguments) -> ExitCode {
    // Under cargo-nextest more is ignored than what is slow.
    let everything = Arguments {
        ignored: false,
        ..arguments.clone()
    };
    let selection = Selection::new(all, &everything, &course.exercises);
    let mut console = Console::new(arguments, std::iter::empty::<&String>());
    let checks = selection.checks.iter();
    let names = checks
        .filter(|selected| !arguments.ignored || nextest::is_ignored(selected.check))
        .map(|selected| selected.check.path());
    console.list(names);
    ExitCode::SUCCESS
}

/// A run that is over.
struct Over {
    report: Report,
    filtered_out: usize,
    /// What was said while Kafka was opened.
    notice: Option<String>,
    /// The longest stall that made an attempt void.
    stall: Option<Duration>,
}

fn run_plan(
    course: &Course,
    arguments: &Arguments,
    plan: Plan,
    console: &mut Console,
) -> (Over, Option<Session>) {
    let begun = Instant::now();
    let (events, happening) = mpsc::channel();
    let options = Options {
        threads: arguments.threads(),
        show_output: arguments.no_capture,
        fail_fast: arguments.fail_fast,
    };
    let run = Run::new(course, options, events);
    let needs_kafka = plan.needs_kafka();
    let mut decided = Results::new(course, &plan);
    let session = thread::scope(|scope| {
        let checks = &plan.to_run;
        let running = scope.spawn(move || {
            run.run(checks, needs_kafka);
            run.into_session()
        });
        for event in happening {
            match event {
                Event::Notice(notice) => {
                    console.notice(&notice);
                    decided.notices.push(notice);
                }
                Event::Decided(result) => {
                    console.result(&result.check);
                    decided.add(*result);
                }
            }
        }
        running.join().unwrap_or_else(|_panic| {
            let defect = "the judge has a defect, please report what it printed".to_owned();
            Some(Err(NotGraded::KitDefect(defect)))
        })
    });
    let kafka = kafka(session.as_ref());
    (
        decided.into_over(course, plan, kafka, begun),
        session.and_then(Result::ok),
    )
}

fn kafka(session: Option<&Result<Session, NotGraded>>) -> Kafka {
    match session {
        None => Kafka::NotNeeded,
        Some(Ok(session)) => session.kafka(),
        Some(Err(reason)) => Kafka::Missing {
            reason: reason.to_string(),
        },
    }
}

/// The verdicts so far.
struct Results {
    checks: BTreeMap<String, report::Check>,
    notices: Vec<String>,
    stall: Option<Duration>,
    /// What is said of a selected check without a verdict.
    without_verdict: Vec<report::Check>,
}

impl Results {
    fn new(course: &Course, plan: &Plan) -> Self {
        let decided = plan.decided.iter().cloned();
        let without_verdict = |check: &&'static registry::Check| report::Check {
            reason: Some(Reason {
                kind: ReasonKind::NotReached,
                text: "the run ended before it".to_owned(),
            }),
            ..plan::not_run(course, &check.path())
        };
        Self {
            checks: decided.map(|check| (check.name.clone(), check)).collect(),
            notices: Vec::new(),
            stall: None,
            without_verdict: plan.to_run.iter().map(without_verdict).collect(),
        }
    }

    fn add(&mut self, Decided { check, stall }: Decided) {
        self.stall = self.stall.max(stall);
        self.checks.insert(check.name.clone(), check);
    }

    fn into_over(mut self, course: &Course, plan: Plan, kafka: Kafka, begun: Instant) -> Over {
        for check in self.without_verdict {
            self.checks.entry(check.name.clone()).or_insert(check);
        }
        let in_order = plan
            .names
            .iter()
            .filter_map(|name| self.checks.remove(name));
        let checks: Vec<report::Check> = in_order.collect();
        let trailer = Trailer {
            counts: Counts::of(&checks),
            exit_code: exit_code(&checks),
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            findings: diagnosis::findings(&checks, &course.patterns),
            left_behind: Vec::new(),
        };
        let header = Header {
            version: VERSION,
            kit: env!("CARGO_PKG_VERSION").to_owned(),
            kafka,
            selected: plan.names,
            complete: plan.complete,
        };
        Over {
            report: Report {
                header,
                checks,
                trailer,
            },
            filtered_out: plan.filtered_out,
            notice: (!self.notices.is_empty()).then(|| self.notices.join("\n\n")),
            stall: self.stall,
        }
    }
}

/// 101 when a check failed, [`NOT_GRADED`] when the environment broke, else 0.
fn exit_code(checks: &[report::Check]) -> u8 {
    let counts = Counts::of(checks);
    if counts.failed > 0 {
        FAILED
    } else if checks.iter().any(report::Check::environment_broke)
        || (nextest::is_running() && counts.not_graded > 0)
    {
        NOT_GRADED
    } else {
        0
    }
}

/// Writes the report where the environment says, when no process of the learner's is left to change it.
fn write(report: &Report) {
    let Some(path) = variables::value_of(variables::REPORT) else {
        return;
    };
    if let Err(error) = report.write(Path::new(&path)) {
        eprintln!("error: cannot write the report {path}: {error}");
    }
}
