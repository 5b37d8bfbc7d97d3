//! Where a failure sends the learner: the function, its hints, its chapter. All of it is from `exercises.toml`.

use std::path::Path;

use toml::{Table, Value};

const EXERCISES: &str = include_str!("../../exercises.toml");

/// The fourth line of a failure, for the check with this name: `phase2::produce_event::record::keeps_the_key`.
pub fn look(check: &str) -> String {
    let mut path = check.split("::");
    let phase = path.next().unwrap_or_default();
    let name = path.next().unwrap_or_default();
    let Ok(facts) = EXERCISES.parse::<Table>() else {
        return "exercises.toml, which cannot be read".to_owned();
    };
    let all = facts.get("exercise").and_then(Value::as_array);
    let exercises = || all.into_iter().flatten();
    // What is given, such as `create_consumer`, stands in the file of its phase and belongs to the phase's first exercise.
    let exercise = exercises()
        .find(|exercise| text(exercise, "name") == name)
        .or_else(|| {
            exercises().find(|exercise| phase == format!("phase{}", number(exercise, "phase")))
        });
    match exercise {
        Some(exercise) => format!(
            "{} · {} · {}",
            place(text(exercise, "file"), name),
            text(exercise, "hint"),
            text(exercise, "chapter")
        ),
        None => "README.md#phase-1-the-set-up · README.md#when-something-does-not-work".to_owned(),
    }
}

fn number(exercise: &Value, fact: &str) -> i64 {
    exercise
        .get(fact)
        .and_then(Value::as_integer)
        .unwrap_or_default()
}

fn text<'a>(exercise: &'a Value, fact: &str) -> &'a str {
    exercise
        .get(fact)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// File and line of the function, as an editor takes them.
fn place(file: &str, function: &str) -> String {
    let folder = if cfg!(feature = "solutions") {
        "solutions"
    } else {
        "exercises"
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder)
        .join(file);
    let signature = format!("fn {function}(");
    let source = std::fs::read_to_string(path).unwrap_or_default();
    match source.lines().position(|line| line.contains(&signature)) {
        Some(index) => format!("{folder}/{file}:{}", index + 1),
        None => format!("{folder}/{file}"),
    }
}
