//! What could not be graded, told at the end and by name: it must not pass for green.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Check;
use crate::verdict::NotGraded;

static ENTRIES: Mutex<Vec<(String, String, bool)>> = Mutex::new(Vec::new());

static AGAIN: Mutex<Vec<(String, Duration)>> = Mutex::new(Vec::new());

/// Remembers that a check was run again, and how long machine or broker stood still while it failed.
pub fn run_again(check: &Check, stall: Duration) {
    AGAIN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((check.path(), stall));
}

/// Prints which checks were run again.
pub fn print_what_was_run_again() {
    let entries = AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
    if entries.is_empty() {
        return;
    }
    eprintln!(
        "RUN AGAIN, {} times: a check did not pass while this machine or its Kafka stood still, and that is no verdict.",
        entries.len()
    );
    for (check, stall) in entries.iter() {
        eprintln!("    {check}, {:.1} s", stall.as_secs_f64());
    }
    eprintln!();
}

/// Remembers that a check could not be graded.
pub fn not_graded(check: &Check, reason: &NotGraded) {
    let entry = (
        check.path(),
        reason.to_string(),
        reason.kind().is_broken_environment(),
    );
    ENTRIES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(entry);
}

/// Prints the checks that were not graded, by reason. Returns whether one of the reasons is a broken environment.
pub fn print_what_was_not_graded() -> bool {
    let entries = ENTRIES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (check, reason, _) in entries.iter() {
        by_reason.entry(reason).or_default().push(check);
    }
    for (reason, mut checks) in by_reason {
        checks.sort_unstable();
        eprintln!("NOT GRADED, {} of the checks: {reason}", checks.len());
        for check in checks {
            eprintln!("    {check}");
        }
        eprintln!();
    }
    let broken = entries.iter().any(|(_, _, broken)| *broken);
    if broken {
        eprintln!("The environment broke: that is no verdict on the checks named above.\n");
    }
    broken
}
