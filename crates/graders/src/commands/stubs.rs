//! `graders stubs`: runs the checks of every exercise as it is on a fresh clone.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use graders::repo::Repo;
use graders::run::{self, Run};
use graders::stub_proof::{self, StubReport, Stubs};
use report::Exercise;

use super::options;

/// Prove that each untouched stub fails by its own todo!() and that phase 1 passes
///
/// It compiles what stands in exercises/ and runs the checks on the Kafka that the environment names.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only exercises whose path contains this, such as phase2 or `produce_event`
    #[arg(default_value = "", hide_default_value = true)]
    filter: String,

    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Phase 1 is no exercise: everything in it is given.
const PHASE_1: &str = "phase1::";

pub fn run(args: &Args) -> Result<ExitCode> {
    let repo = Repo::here();
    let stubs = prove_all(&repo, &repo.exercises()?, &args.filter)?;
    options::write(args.json.as_deref(), &stubs)?;
    Ok(if stubs.holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub fn prove_all(repo: &Repo, exercises: &[Exercise], filter: &str) -> Result<Stubs> {
    let exercises: Vec<&Exercise> = exercises
        .iter()
        .filter(|e| e.path().contains(filter))
        .collect();
    run::build(repo)?;
    println!(
        "{:<34} {:>6} {:>6} {:>10}",
        "", "failed", "passed", "not graded"
    );
    let mut given_holds = true;
    if PHASE_1.contains(filter) {
        let run = run::checks(repo, PHASE_1, &[])?;
        given_holds = report_row(
            PHASE_1.trim_end_matches(':'),
            &stub_proof::of_given(&run),
            &run,
        );
    }
    let mut proved = 0;
    for exercise in &exercises {
        let path = exercise.path();
        // The colons keep `produce_event` from selecting what only begins like it.
        let filter = format!("{path}::");
        let waiting = run::checks(repo, &filter, &[])?;
        let run = run::checks(repo, &filter, &["--run-unwritten"])?;
        let mut report = stub_proof::of_stub(exercise, &run);
        report.problems.extend(stub_proof::of_waiting(&waiting));
        proved += usize::from(report_row(&path, &report, &run));
    }
    let holds = given_holds && proved == exercises.len() && proved > 0;
    Ok(Stubs { proved, holds })
}

fn report_row(path: &str, report: &StubReport, run: &Run) -> bool {
    let StubReport {
        failed,
        passed,
        not_graded,
        problems,
    } = report;
    let verdict = if problems.is_empty() {
        "as it should be"
    } else {
        "MISS"
    };
    println!("{path:<34} {failed:>6} {passed:>6} {not_graded:>10}  {verdict}");
    for problem in problems {
        println!("    {problem}");
    }
    if run.checks().is_empty() {
        println!("    no checks ran; stderr was:\n{}", run.stderr);
    }
    problems.is_empty()
}
