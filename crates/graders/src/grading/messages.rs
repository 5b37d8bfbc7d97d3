//! Whether the failures of the wrong answers say what they should.

use super::grade::{Grade, Graded};
use super::wrong::failure;
use crate::bank::golden::{self, Secrets};
use crate::bank::wrong::Wrong;
use crate::engine::{Ended, Ran};

/// Compares the text of the named check with the one that is kept.
pub fn grade(wrong: &Wrong, ended: &Ended, golden: Option<&str>, secrets: &Secrets) -> Graded {
    Graded::new(wrong.id(), ended, |ran| of_run(wrong, ran, golden, secrets))
}

fn of_run(wrong: &Wrong, ran: &Ran, golden: Option<&str>, secrets: &Secrets) -> (Grade, String) {
    match failure(wrong, ran) {
        Some(check) => {
            let objections = golden::objections(golden, check, secrets);
            if objections.is_empty() {
                (Grade::Good, "says what is kept".to_owned())
            } else {
                (Grade::Miss, objections.join("\n"))
            }
        }
        None => super::wrong::grade_of_run(wrong, ran),
    }
}
