//! Whether the failures of the wrong answers say what they should.

use super::grade::{Grade, Graded};
use super::wrong::failure;
use crate::bank::failure_text;
use crate::bank::solution_words::SolutionWords;
use crate::bank::wrong::Wrong;
use crate::engine::{Ended, Ran};

/// Compares the text of the named check with the one that is recorded.
pub fn grade(wrong: &Wrong, ended: &Ended, words: &SolutionWords) -> Graded {
    Graded::new(wrong.id(), ended, |ran| of_run(wrong, ran, words))
}

fn of_run(wrong: &Wrong, ran: &Ran, words: &SolutionWords) -> (Grade, String) {
    let Some(check) = failure(wrong, ran) else {
        return super::wrong::grade_of_run(wrong, ran);
    };
    let objections = failure_text::objections(wrong.header.failure.as_ref(), check, words);
    if objections.is_empty() {
        (Grade::Good, "says what is recorded".to_owned())
    } else {
        (Grade::Miss, objections.join("\n"))
    }
}
