//! Runs the graded checks, as a learner does, and reads the report.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use report::{Check, Kafka, Report, variables};

use crate::repo::Repo;

/// Cargo's exit code when a check failed.
pub const FAILED: i32 = 101;

/// A run that has ended.
#[derive(Debug, Default)]
pub struct Run {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its report; `None` if there is none, or it is not complete.
    pub report: Option<Report>,
    /// What it printed to stderr: cargo's words, and why there is no Kafka.
    pub stderr: String,
}

impl Run {
    /// A run that has ended, with the report that it wrote.
    pub fn new(output: &Output, report: &Path) -> Self {
        Self {
            code: output.status.code(),
            report: Report::read(report).ok(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The checks, in the order of the path.
    pub fn checks(&self) -> &[Check] {
        self.report.as_ref().map_or(&[], |report| &report.checks)
    }

    /// Whether it started no Kafka.
    pub fn started_no_kafka(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|report| report.header.kafka == Kafka::NotNeeded)
    }
}

/// Compiles the checks, with the stubs or whatever stands in `exercises/`.
///
/// # Errors
/// When they do not compile.
pub fn build(repo: &Repo) -> Result<()> {
    let output = cargo(repo, None, &["--no-run"])?;
    ensure!(
        output.status.success(),
        "the graded checks do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Runs the checks whose name contains `filter`, with these further options. Which Kafka they use, the environment says.
///
/// # Errors
/// When cargo cannot be started.
pub fn checks(repo: &Repo, filter: &str, options: &[&str]) -> Result<Run> {
    let folder = tempfile::tempdir().context("no room for a report")?;
    let report = folder.path().join("report.jsonl");
    let arguments = [&["--", filter, "--include-ignored"], options].concat();
    let output = cargo(repo, Some(&report), &arguments)?;
    Ok(Run::new(&output, &report))
}

fn cargo(repo: &Repo, report: Option<&Path>, arguments: &[&str]) -> Result<Output> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["test", "--test", "graded"])
        .args(arguments)
        .current_dir(repo.root());
    if let Some(report) = report {
        command.env(variables::REPORT, report);
    }
    command.output().context("cannot start cargo")
}

/// Checks and runs for the tests of this crate.
#[cfg(test)]
pub mod fixtures {
    use report::{
        Check, Counts, Failure, Header, Kafka, Reason, ReasonKind, Report, Trailer, VERSION,
        Verdict,
    };

    use super::Run;

    /// A check with this verdict. One that was not graded needs a real broker.
    pub fn check(name: &str, verdict: Verdict) -> Check {
        let reason = Reason {
            kind: ReasonKind::NeedsRealBroker,
            text: "needs a real broker".to_owned(),
        };
        Check {
            name: name.to_owned(),
            phase: 2,
            exercise: None,
            verdict,
            reason: (verdict == Verdict::NotGraded).then_some(reason),
            failure: None,
            milliseconds: 1,
            attempts: 1,
            process: None,
            output: String::new(),
        }
    }

    /// A check that failed like this.
    pub fn failed(name: &str, failure: &Failure) -> Check {
        Check {
            failure: Some(failure.clone()),
            ..check(name, Verdict::Failed)
        }
    }

    /// A failure that was seen and understood like this.
    pub fn failure(seen: &str, concept: &str) -> Failure {
        Failure {
            seen: seen.to_owned(),
            expected: "more".to_owned(),
            concept: concept.to_owned(),
            look: "here".to_owned(),
        }
    }

    /// A run that has ended with this exit code and these checks.
    pub fn run(code: i32, checks: Vec<Check>) -> Run {
        let report = Report {
            header: Header {
                version: VERSION,
                kit: "0.1.0".to_owned(),
                kafka: Kafka::Mock,
                selected: checks.iter().map(|check| check.name.clone()).collect(),
                complete: Vec::new(),
            },
            trailer: Trailer {
                counts: Counts::of(&checks),
                exit_code: u8::try_from(code).unwrap_or(u8::MAX),
                milliseconds: 1,
                findings: Vec::new(),
                left_behind: Vec::new(),
            },
            checks,
        };
        Run {
            code: Some(code),
            report: Some(report),
            stderr: String::new(),
        }
    }
}
