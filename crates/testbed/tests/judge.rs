//! The judge survives what the checks of `misbehaving/` do to their processes.
//!
//! These tests start many processes, some of which use all the machine has, so they take turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use report::{Check, Process, ReasonKind, Report, Verdict};
use serial_test::serial;

const PROGRAM: &str = env!("CARGO_BIN_EXE_misbehaving_checks");

/// A run with its report.
struct Run {
    output: Output,
    report: Report,
}

impl Run {
    fn of(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a report");
        let path = folder.path().join("report.jsonl");
        let output = program(arguments, Some(&path))
            .output()
            .expect("the program starts");
        let report = Report::read(&path).expect("the report is complete");
        Self { output, report }
    }

    fn check(&self, name: &str) -> &Check {
        let mut checks = self.report.checks.iter();
        let found = checks.find(|check| check.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.report))
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }
}

fn program(arguments: &[&str], report: Option<&Path>) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_remove(report::variables::REPORT)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    if let Some(report) = report {
        command.env(report::variables::REPORT, report);
    }
    command
}

fn seen(check: &Check) -> &str {
    let failure = check.failure.as_ref();
    failure.map_or("", |failure| failure.seen.as_str())
}

#[test]
#[serial]
fn each_misdeed_is_a_verdict_on_its_check_alone() {
    let run = Run::of(&[]);
    let expected = [
        (
            "ending::aborts",
            "SIGABRT (abort)\nit printed last: the last words",
        ),
        ("ending::aborts_in_a_panic_hook", "SIGABRT (abort)"),
        ("ending::eats_memory", "MiB of memory"),
        ("ending::exits_in_a_destructor", "exit code 7"),
        ("ending::exits_with_0", "exit code 0"),
        ("ending::is_killed", "SIGKILL"),
        (
            "ending::loops_without_awaiting",
            "still waiting for the loop to end",
        ),
        ("ending::overflows_the_stack", "SIGABRT (stack overflow)"),
        (
            "ending::panics_in_a_destructor_during_a_panic",
            "SIGABRT (abort after a panic that cannot unwind)\nfirst panic at crates/testbed/misbehaving/main.rs",
        ),
        ("ending::prints_without_end", "printed more than 16 MiB"),
        (
            "ending::sleeps_for_ever",
            "still waiting for the sleep to end",
        ),
        ("leaving::leaves_a_process_running", "still running"),
        (
            "leaving::leaves_a_process_running_in_another_session",
            "still running",
        ),
        ("others::fails", "one"),
    ];
    for (name, words) in expected {
        let check = run.check(name);
        assert_eq!(check.verdict, Verdict::Failed, "{check:?}");
        assert!(seen(check).contains(words), "{name}: {}", seen(check));
    }
    let harmless = [
        "others::passes",
        "leaving::does_not_wait_for_a_process_that_has_ended",
        "leaving::leaves_a_thread_that_prints",
    ];
    for name in harmless {
        assert_eq!(run.check(name).verdict, Verdict::Passed, "{name}");
    }
    assert_eq!(run.report.checks.len(), expected.len() + harmless.len());
    assert_eq!(run.output.status.code(), Some(101));
    assert_eq!(run.report.trailer.exit_code, 101);
}

#[test]
#[serial]
fn a_process_that_ends_itself_has_a_second_attempt_and_its_end_is_reported() {
    let run = Run::of(&["ending::exits_with_0"]);
    let check = run.check("ending::exits_with_0");
    assert_eq!(check.attempts, 2);
    assert_eq!(check.process, Some(Process::Exited { code: 0 }));
    assert_eq!(
        check.reason.as_ref().map(|r| r.kind),
        Some(ReasonKind::ProcessEnded)
    );
    let failed = run.check("ending::exits_with_0").verdict;
    assert_eq!(failed, Verdict::Failed);
}

#[test]
#[serial]
fn what_a_check_prints_is_shown_with_its_failure_and_is_no_verdict() {
    let run = Run::of(&["others::", "exits_with_0"]);
    let stdout = run.stdout();
    assert!(
        stdout.contains("test others::fails        ... FAILED\n"),
        "{stdout}"
    );
    assert!(
        stdout.contains("printed   printed without a newline"),
        "{stdout}"
    );
    // It passes, so nobody asks what it printed.
    assert!(!stdout.contains("is not its verdict"), "{stdout}");
    let forged = "\ntest ending::exits_with_0 ... ok";
    assert!(!stdout.contains(forged), "{stdout}");

    let asked_for = Run::of(&["others::", "--show-output"]).stdout();
    assert!(
        asked_for.contains("printed   what a check prints is not its verdict"),
        "{asked_for}"
    );
    let shown = Run::of(&["others::", "--no-capture"]).stdout();
    assert!(
        shown.contains("what a check prints is not its verdict"),
        "{shown}"
    );
}

#[test]
#[serial]
fn a_run_that_stops_at_the_first_failure_says_which_checks_it_did_not_reach() {
    let run = Run::of(&[
        "--fail-fast",
        "--test-threads",
        "1",
        "ending::a",
        "others::",
    ]);
    let counts = run.report.trailer.counts;
    assert_eq!(counts.failed, 1, "{:?}", run.report);
    assert!(counts.not_graded > 0, "{:?}", run.report);
    assert_eq!(counts.all(), run.report.header.selected.len());
}

#[test]
#[serial]
fn nothing_is_left_of_a_run_that_is_killed() {
    for signal in ["KILL", "INT", "TERM"] {
        let mut judge = program(&["sleeps_for_ever", "loops_without"], None)
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        wait_until("the workers run", || processes().len() >= 3);
        send(signal, &judge);
        judge.wait().expect("the judge ends");
        wait_until("the workers are gone", || processes().is_empty());
    }
}

#[test]
#[serial]
fn no_check_of_the_run_is_left_running() {
    Run::of(&["leaving::"]);
    let left = sleeping();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
#[serial]
fn cargo_nextest_is_told_what_to_do_before_anything_starts() {
    let output = program(&["--list", "--format", "terse"], None)
        .env("NEXTEST", "1")
        .env_remove(report::variables::KAFKA)
        .env_remove(report::variables::BOOTSTRAP_SERVERS)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("docker compose up -d"), "{stderr}");
    assert!(output.stdout.is_empty());
}

fn send(signal: &str, process: &Child) {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &process.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that run the program.
fn processes() -> Vec<PathBuf> {
    let program = fs::canonicalize(PROGRAM).expect("the program exists");
    of_all_processes(|process| fs::read_link(process.join("exe")).is_ok_and(|exe| exe == program))
}

/// The processes that the checks leave running.
fn sleeping() -> Vec<PathBuf> {
    of_all_processes(|process| {
        fs::read(process.join("cmdline")).is_ok_and(|line| line == b"sleep\x00600\x00")
            && fs::read_to_string(process.join("environ"))
                .is_ok_and(|environment| environment.contains("KAFKALINGS_ATTEMPT"))
    })
}

fn of_all_processes(is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let paths = processes.map(|process| process.path());
    paths.filter(|process| is_wanted(process)).collect()
}
