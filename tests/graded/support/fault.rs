//! A fault that strikes only now and then: whether a request is in flight at that moment depends on the machine.

use testbed::{NotGraded, NotPassed};

/// How often a check tries until the fault has struck.
pub const TRIES: usize = 4;

/// The verdict when the fault has struck in none of the tries. `what` says what happened instead.
pub fn fault_not_observed(what: &str) -> NotPassed {
    NotGraded::too_busy(format!(
        "{what} in {TRIES} tries: this machine is too busy to tell"
    ))
}
