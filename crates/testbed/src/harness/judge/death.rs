//! The failure of a check whose worker ended without a verdict: how it ended, and what that means.

use std::process::ExitStatus;

use report::{Process, ReasonKind};

use super::super::protocol::{Outcome, Panic};
use super::worker_process::{End, Ended, Stop, signal_of};
use super::{capture, cause};
use crate::verdict::{Failure, NotGraded};
use crate::wait::seconds;

/// How many of the last lines that the process printed are quoted.
const LINES: usize = 3;

const EXPECTED: &str = "your function returns, and the check judges what it did";

/// How the process of an attempt ended, for the report.
pub fn process(ended: &Ended) -> Process {
    match &ended.end {
        End::Verdict(_) => Process::AfterVerdict,
        End::Stopped(stop) => Process::Stopped { why: why(*stop) },
        End::Died(status) => match signal_of(*status) {
            Some(signal) => Process::Signalled { signal },
            None => Process::Exited {
                code: status.code().unwrap_or_default(),
            },
        },
    }
}

/// The outcome of an attempt, as far as this one tells.
pub fn outcome(ended: &Ended) -> Outcome {
    match &ended.end {
        End::Verdict(Outcome::Passed) if ended.strays > 0 => failed(left_processes()),
        End::Verdict(outcome) => outcome.clone(),
        End::Died(status) if is_librdkafkas_assertion(*status, &ended.output) => {
            not_graded(&NotGraded::Environment(format!(
                "librdkafka ended the process by an assertion of its own: {}",
                assertion(&ended.output).unwrap_or_default()
            )))
        }
        End::Died(status) => failed(died(*status, ended)),
        End::Stopped(stop) => failed(stopped(*stop, ended)),
    }
}

/// Whether another attempt may tell more. An endless loop or a memory hog would only repeat itself.
pub fn may_differ_next_time(ended: &Ended) -> bool {
    matches!(ended.end, End::Died(_))
}

fn failed(failure: Failure) -> Outcome {
    Outcome::Failed {
        kind: ReasonKind::ProcessEnded,
        seen: failure.seen,
        expected: failure.expected,
        concept: failure.concept,
    }
}

fn not_graded(reason: &NotGraded) -> Outcome {
    Outcome::NotGraded {
        kind: reason.kind(),
        text: reason.to_string(),
    }
}

fn died(status: ExitStatus, ended: &Ended) -> Failure {
    let (how, concept) = cause::of_death(status, &ended.output);
    let seen = format!(
        "the process of the check ended before the check was done: {how}{}{}",
        first_panic(ended.panic.as_ref()),
        last_lines(&ended.output)
    );
    Failure::new(seen, EXPECTED, concept)
}

fn stopped(stop: Stop, ended: &Ended) -> Failure {
    let seen = format!(
        "the judge ended the process of the check: {}{}{}",
        why(stop),
        first_panic(ended.panic.as_ref()),
        last_lines(&ended.output)
    );
    Failure::new(seen, EXPECTED, cause::of_stop(stop))
}

fn why(stop: Stop) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    match stop {
        Stop::Deadline(deadline) => {
            format!("it did not stop at its deadline of {}", seconds(deadline))
        }
        Stop::Memory(used) => format!("it used {} MiB of memory", used / MEBIBYTE),
        Stop::RunIsOver => "the run was over".to_owned(),
        Stop::Output => format!(
            "it printed more than {} MiB",
            capture::LIMIT as u64 / MEBIBYTE
        ),
    }
}

fn left_processes() -> Failure {
    Failure::new(
        "the check was done, and a process that your code had started was still running",
        "nothing of your code runs on after the check",
        "A process that you start outlives yours unless you end it and wait for it. These exercises need none: use a task or a \
         thread.",
    )
}

fn first_panic(panic: Option<&Panic>) -> String {
    panic.map_or_else(String::new, |Panic { place, message }| {
        format!("\nfirst panic at {place}: {message}")
    })
}

fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    if last.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = last.iter().map(|line| shortened(line)).collect();
    format!("\nit printed last: {}", quoted.join("\n"))
}

/// A line that fits on a screen.
fn shortened(line: &str) -> String {
    const MOST: usize = 160;
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    let beginning: String = line.chars().take(MOST).collect();
    format!("{beginning} …")
}

/// librdkafka checks itself and aborts. Its issue 4792 is one such abort, once in some hundred runs.
fn is_librdkafkas_assertion(status: ExitStatus, output: &str) -> bool {
    signal_of(status).as_deref() == Some("SIGABRT") && assertion(output).is_some()
}

/// `*** rdkafka_cgrp.c:519:rd_kafka_cgrp_terminated: assert: … ***`
fn assertion(output: &str) -> Option<&str> {
    output.lines().map(str::trim).find(|line| {
        line.starts_with("*** rd") && line.contains(".c:") && line.contains(": assert: ")
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::time::{Duration, Instant};

    use super::*;
    use pretty_assertions::assert_eq;

    fn ended(end: End, output: &str) -> Ended {
        Ended {
            end,
            panic: None,
            output: output.to_owned(),
            begun: Instant::now(),
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            strays: 0,
        }
    }

    fn seen(ended: &Ended) -> String {
        match outcome(ended) {
            Outcome::Failed { seen, .. } => seen,
            other => format!("{other:?}"),
        }
    }

    fn exited(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    const SIGABRT: i32 = 6;

    #[test]
    fn an_exit_says_its_code_and_what_was_printed() {
        let ended = ended(End::Died(exited(0)), "test phase2::a ... ok\n");
        assert_eq!(
            seen(&ended),
            "the process of the check ended before the check was done: exit code 0\nit printed last: test phase2::a ... ok"
        );
        assert!(may_differ_next_time(&ended));
    }

    #[test]
    fn an_abort_says_why() {
        let aborted = |output| {
            let mut ended = ended(End::Died(ExitStatus::from_raw(SIGABRT)), output);
            ended.panic = Some(Panic {
                place: "exercises/a.rs:1:1".to_owned(),
                message: "no".to_owned(),
            });
            seen(&ended)
        };
        assert!(aborted("").contains("SIGABRT (abort)\nfirst panic at exercises/a.rs:1:1: no"));
        let overflow = aborted("thread 'main' has overflowed its stack\n");
        assert!(overflow.contains("SIGABRT (stack overflow)"), "{overflow}");
    }

    #[test]
    fn an_assertion_of_librdkafka_is_no_verdict() {
        let output =
            "*** rdkafka_cgrp.c:519:rd_kafka_cgrp_terminated: assert: !rkcg->rkcg_assignment ***\n";
        let aborted = ended(End::Died(ExitStatus::from_raw(SIGABRT)), output);
        assert!(matches!(outcome(&aborted), Outcome::NotGraded { .. }));
        // The words alone are the learner's.
        let exited = ended(End::Died(exited(1)), output);
        assert!(matches!(outcome(&exited), Outcome::Failed { .. }));
    }

    #[test]
    fn a_pass_that_leaves_a_process_running_is_none() {
        let mut passed = ended(End::Verdict(Outcome::Passed), "");
        assert_eq!(outcome(&passed), Outcome::Passed);
        passed.strays = 1;
        assert!(seen(&passed).contains("still running"));
    }
}
