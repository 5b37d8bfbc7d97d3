//! The exercises that are still stubs: one block for each, however many checks wait for it.

use std::fmt::Write;
use std::slice::from_ref;

use report::tally::by_exercise;

use super::summary::{Summary, count_of};

/// The unwritten exercises of a run, unless there are none.
pub fn text(summary: &Summary<'_>) -> Option<String> {
    let mut text = String::new();
    for group in by_exercise(&summary.course.exercises, from_ref(summary.report)) {
        let Some(exercise) = group.exercise.filter(|_| group.is_unwritten()) else {
            continue;
        };
        let Some(stub) = (summary.course.stub)(exercise) else {
            continue;
        };
        let waiting = group.checks.len();
        let verb = if waiting == 1 { "is" } else { "are" };
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "`{}` is not written yet: {} {verb} waiting.\n  \
             Begin with its doc comment, {}. Then replace the `todo!()`, {}.\n  \
             {} · {}\n",
            exercise.name,
            count_of(waiting, "check"),
            stub.function,
            stub.todo,
            exercise.hint,
            exercise.chapter
        );
    }
    (!text.is_empty()).then_some(text)
}
