//! `graders stubs`: runs the checks of every exercise as it is on a fresh clone.

use std::error::Error;
use std::process::ExitCode;

use graders::facts::{self, Exercise};
use graders::kit::Kit;
use graders::run::{self, Run};
use graders::untouched::{self, Proof};

/// Prove that each untouched stub fails by its own todo!() and that phase 1 passes
///
/// It compiles what stands in exercises/ and runs the checks on the Kafka that the environment names.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only exercises whose path contains this, such as phase2 or `produce_event`
    filter: Option<String>,
}

/// Phase 1 is no exercise: everything in it is given.
const GIVEN: &str = "phase1::";

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let kit = Kit::here();
    let exercises = facts::exercises(&kit)?;
    let wanted = |path: &str| {
        args.filter
            .as_deref()
            .is_none_or(|filter| path.contains(filter))
    };
    let exercises: Vec<&Exercise> = exercises.iter().filter(|e| wanted(&e.path())).collect();
    run::build(&kit)?;
    let mut proved = !exercises.is_empty();
    println!(
        "{:<34} {:>6} {:>6} {:>10}",
        "", "failed", "passed", "not graded"
    );
    if wanted(GIVEN) {
        let run = run::checks(&kit, GIVEN)?;
        proved &= told(GIVEN.trim_end_matches(':'), &untouched::given(&run), &run);
    }
    for exercise in exercises {
        let path = exercise.path();
        // The colons keep `produce_event` from selecting what only begins like it.
        let run = run::checks(&kit, &format!("{path}::"))?;
        proved &= told(&path, &untouched::stub(exercise, &run), &run);
    }
    Ok(if proved {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn told(path: &str, proof: &Proof, run: &Run) -> bool {
    let Proof {
        failed,
        passed,
        not_graded,
        objections,
    } = proof;
    let verdict = if objections.is_empty() {
        "as it should be"
    } else {
        "MISS"
    };
    println!("{path:<34} {failed:>6} {passed:>6} {not_graded:>10}  {verdict}");
    for objection in objections {
        println!("    {objection}");
    }
    if run.checks.is_empty() {
        println!("    no checks ran; stderr was:\n{}", run.stderr);
    }
    objections.is_empty()
}
