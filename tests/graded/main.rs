//! The graded checks, one module a phase and one file an exercise.
//!
//! `cargo test phase2` runs those of phase 2, `cargo test phase2::produce_events_batch::` those of one exercise. Each check
//! is named after the promise of the doc comment that it checks.
//!
//! - `phase1`: the environment answers, and the admin makes the topics. Passes on a fresh clone.
//! - `phase2`: `produce_event`, `produce_events_batch`.
//! - `phase3`: `consume_events`.
//! - `phase4`: `run_consumer_worker`, `demonstrate_rebalancing`.
//! - `phase5`: one experiment of `phase5_reflection` each.
//! - `support`, and a module of that name in a phase: what checks share. A helper imports from lower helpers alone.
//! - `course`: what the judge has to know of the exercises.

use std::process::ExitCode;

mod course;
mod phase1;
mod phase2;
mod phase3;
mod phase4;
mod phase5;
mod support;

fn main() -> ExitCode {
    match course::course() {
        Ok(course) => testbed::harness::main(&course),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(testbed::harness::NOT_GRADED)
        }
    }
}
