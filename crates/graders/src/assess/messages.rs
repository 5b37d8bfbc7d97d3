//! Whether the failures of the wrong answers say what they should.

use super::assessment::{Assessment, Rating};
use super::wrong::failure;
use crate::bank::failure_text;
use crate::bank::solution_words::SolutionWords;
use crate::bank::wrong::Wrong;
use crate::engine::{JobResult, Ran};

/// Compares the text of the named check with the one that is recorded.
pub fn assess(wrong: &Wrong, result: &JobResult, words: &SolutionWords) -> Assessment {
    Assessment::new(wrong.id(), result, |ran| of_run(wrong, ran, words))
}

fn of_run(wrong: &Wrong, ran: &Ran, words: &SolutionWords) -> (Rating, String) {
    let Some(check) = failure(wrong, ran) else {
        return super::wrong::rate_run(wrong, ran);
    };
    let problems = failure_text::problems(wrong.header.failure.as_ref(), check, words);
    if problems.is_empty() {
        (Rating::Good, "says what is recorded".to_owned())
    } else {
        (Rating::Miss, problems.join("\n"))
    }
}
