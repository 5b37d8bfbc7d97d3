//! Checks that wait longer than somebody who is learning should at each run. They are left out of a run of a part of the
//! checks, unless they are asked for, and never in silence.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::Arguments;

use super::Check;

/// For how long a patient check waits: longer than the five or ten seconds that many a time limit is made of.
pub const PATIENCE: Duration = Duration::from_secs(12);

/// Set, to anything but 0, it makes every run patient.
pub const PATIENT_VARIABLE: &str = "KAFKALINGS_PATIENT";

static LEFT_OUT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Which patient checks a run has the time for.
#[derive(Debug, Clone)]
pub enum Patience {
    /// All that are selected.
    ForAll,
    /// Those that the filter of the command line names.
    ForThoseNamedIn(String),
}

impl Patience {
    /// All checks take their time anyway, so a run of all, without a filter, is patient.
    pub fn of(arguments: &Arguments) -> Self {
        let set = std::env::var_os(PATIENT_VARIABLE).is_some_and(|value| value != "0");
        match &arguments.filter {
            Some(filter) if !set && !arguments.exact => Self::ForThoseNamedIn(filter.clone()),
            _ => Self::ForAll,
        }
    }

    /// Whether this check is run if it is selected.
    pub fn is_enough_for(&self, check: &Check) -> bool {
        match self {
            Self::ForAll => true,
            Self::ForThoseNamedIn(filter) => !check.patient || filter.contains(check.name),
        }
    }
}

/// Remembers that a check was left out. Returns the words for its line.
pub fn leave_out(check: &Check) -> String {
    LEFT_OUT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(check.path());
    format!("left out: takes {} s", PATIENCE.as_secs())
}

/// Prints which checks were left out, and how to run them.
pub fn print_what_was_left_out() {
    let mut checks = LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    if checks.is_empty() {
        return;
    }
    checks.sort_unstable();
    eprintln!(
        "LEFT OUT, {} of the checks: each takes {} s and is for the end, when the others pass. They run with `cargo test` \
         without a filter, by their names, or with {PATIENT_VARIABLE}=1.",
        checks.len(),
        PATIENCE.as_secs()
    );
    for check in checks.iter() {
        eprintln!("    {check}");
    }
    eprintln!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Needs;

    fn check(patient: bool) -> Check {
        Check {
            module: "graded::phase2::produce_event",
            name: "has_patience",
            needs: Needs::OwnMock,
            exclusive: false,
            patient,
            long: patient,
            deadline: PATIENCE,
            run: || Ok(()),
        }
    }

    #[test]
    fn only_who_names_a_patient_check_waits_for_it() {
        let named_in = |filter: &str| Patience::ForThoseNamedIn(filter.to_owned());
        let patient = check(true);
        assert!(!named_in("phase2").is_enough_for(&patient));
        assert!(!named_in("phase2::produce_event::").is_enough_for(&patient));
        assert!(named_in("has_patience").is_enough_for(&patient));
        assert!(named_in("produce_event::has_patience").is_enough_for(&patient));
        assert!(Patience::ForAll.is_enough_for(&patient));
        assert!(named_in("phase2").is_enough_for(&check(false)));
    }
}
