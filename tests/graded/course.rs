//! What the judge has to know of the exercises: the facts, where a failure sends the learner, and which exercises are still
//! stubs. All of it comes from `exercises.toml` and the exercises' own files.

use std::path::Path;

use anyhow::Context;
use report::diagnosis::Patterns;
use report::{Exercise, Exercises};
use testbed::harness::{Course, Stub};

const FACTS: &str = include_str!("../../exercises.toml");

const PATTERNS: &str = include_str!("patterns.jsonl");

/// The folder that the checks are compiled with.
const FOLDER: &str = if cfg!(feature = "solutions") {
    "solutions"
} else {
    "exercises"
};

/// The course of the graded checks.
///
/// # Errors
/// When `exercises.toml` lacks a fact, or `patterns.jsonl` has a line that is no pattern.
pub fn course() -> anyhow::Result<Course> {
    Ok(Course {
        exercises: exercises().context(report::exercises::FILE)?,
        patterns: Patterns::parse(PATTERNS).context(report::diagnosis::patterns::FILE)?,
        command: if cfg!(feature = "solutions") {
            "cargo test --features solutions"
        } else {
            "cargo test"
        },
        look,
        stub,
    })
}

fn exercises() -> Result<Exercises, toml::de::Error> {
    Exercises::parse(FACTS)
}

/// The fourth line of a failure, for the check with this name: `phase2::produce_event::record::keeps_the_key`.
fn look(check: &str) -> String {
    let exercises = exercises().unwrap_or_default();
    match exercises.of_check(check) {
        Some(exercise) => format!(
            "{} · {} · {}",
            function(exercise),
            exercise.hint,
            exercise.chapter
        ),
        None => "README.md#phase-1-the-set-up · README.md#when-something-does-not-work".to_owned(),
    }
}

/// Where the exercise's function begins, as an editor takes it.
fn function(exercise: &Exercise) -> String {
    let signature = format!("fn {}(", exercise.name);
    place(exercise, |line| line.contains(&signature))
        .unwrap_or_else(|| format!("{FOLDER}/{}", exercise.file))
}

/// Where the stub of the exercise stands, while it does: its own `todo!()` is still in the code.
fn stub(exercise: &Exercise) -> Option<Stub> {
    // The macro's name may stand in the line before: rustfmt breaks a long one.
    let text = format!("\"{}\"", exercise.todo());
    let is_code = |line: &str| !line.trim_start().starts_with("//") && line.contains(&text);
    Some(Stub {
        function: function(exercise),
        todo: place(exercise, is_code)?,
    })
}

/// File and line of the first line that is wanted.
fn place(exercise: &Exercise, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(FOLDER)
        .join(&exercise.file);
    let source = std::fs::read_to_string(path).ok()?;
    let line = source.lines().position(is_wanted)?;
    Some(format!("{FOLDER}/{}:{}", exercise.file, line + 1))
}
