//! Stubs and solutions promise the same, word for word.

use graders::public_api::PublicApi;
use graders::repo::Repo;
use graders::stubs;
use report::Exercise;

fn kit_and_exercises() -> (Repo, Vec<Exercise>) {
    let repo = Repo::here();
    let exercises = repo.exercises().unwrap_or_else(|error| panic!("{error:#}"));
    (repo, exercises)
}

/// Both folders have the same files, and each of them has an exercise.
#[test]
fn both_folders_have_the_files_of_the_exercises() {
    let (repo, exercises) = kit_and_exercises();
    let mut expected: Vec<&str> = exercises
        .iter()
        .map(|exercise| exercise.file.as_str())
        .collect();
    expected.dedup();
    for folder in ["exercises", "solutions"] {
        let files = repo
            .files(&[".rs"])
            .unwrap_or_else(|error| panic!("{error:#}"));
        let mut found: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_prefix(folder)?.strip_prefix('/'))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "files in {folder}/ against exercises.toml");
    }
}

/// Signatures, doc comments and module docs agree, and so do the bodies of what is given.
#[test]
fn stubs_and_solutions_offer_the_same() {
    let (repo, exercises) = kit_and_exercises();
    let mut files: Vec<&str> = exercises
        .iter()
        .map(|exercise| exercise.file.as_str())
        .collect();
    files.dedup();
    let is_given = |name: &str| !exercises.iter().any(|exercise| exercise.name == name);
    for file in files {
        let read = |folder: &str| {
            let path = format!("{folder}/{file}");
            let source = repo.read(&path).unwrap_or_else(|error| panic!("{error:#}"));
            PublicApi::parse(&source).unwrap_or_else(|error| panic!("{path}: {error:#}"))
        };
        let stub = read("exercises");
        assert!(!stub.items.is_empty(), "exercises/{file} offers nothing");
        let found = stub.differences(&read("solutions"), is_given);
        let list: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(
            found.is_empty(),
            "exercises/{file} and solutions/{file} differ in\n{}",
            list.join("\n")
        );
    }
}

/// A stub's `todo!()` says which exercise it is and where to write it.
#[test]
fn every_stub_ends_in_a_todo_that_names_it() {
    let (repo, exercises) = kit_and_exercises();
    for exercise in &exercises {
        let path = exercise.stub_file();
        let source = repo.read(&path).unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(
            stubs::todo(&source, &exercise.name).ok(),
            Some(exercise.todo()),
            "{} in {path}",
            exercise.name
        );
    }
}

/// A stub says where its chapter and its hints are, as exercises.toml does.
#[test]
fn every_stub_and_every_hint_names_the_chapter() {
    let (repo, exercises) = kit_and_exercises();
    let read = |path: &str| repo.read(path).unwrap_or_else(|error| panic!("{error:#}"));
    for exercise in &exercises {
        let path = exercise.stub_file();
        let line = format!(
            "// The chapter: {}; hints: {}.",
            exercise.chapter, exercise.hint
        );
        assert!(read(&path).contains(&line), "{path} lacks «{line}»");

        let (document, _) = exercise
            .hint
            .split_once('#')
            .unwrap_or((&exercise.hint, ""));
        let heading = format!("## {}\n", exercise.name);
        let hints = read(document);
        let section = hints.split_once(&heading).map_or("", |(_, rest)| rest);
        let section = section.split("\n## ").next().unwrap_or_default();
        let link = format!("]({})", exercise.chapter);
        assert!(
            section.contains(&link),
            "{document}: the hints of {} lack a link to {}",
            exercise.name,
            exercise.chapter
        );
    }
}

/// A failure that a document shows names the line in which the function begins.
#[test]
fn samples_of_failures_name_the_right_line() {
    let (repo, exercises) = kit_and_exercises();
    let read = |path: &str| repo.read(path).unwrap_or_else(|error| panic!("{error:#}"));
    let documents = repo
        .files(&[".md"])
        .unwrap_or_else(|error| panic!("{error:#}"));
    let mut samples = 0;
    for document in documents {
        let text = read(&document);
        for exercise in &exercises {
            let path = exercise.stub_file();
            let begin = format!("fn {}(", exercise.name);
            let stub = read(&path);
            let line = stub.lines().position(|line| line.contains(&begin));
            let line = line.map_or(0, |index| index + 1);
            let tail = format!(" · {} · {}", exercise.hint, exercise.chapter);
            for found in text.lines().filter(|line| line.ends_with(&tail)) {
                samples += 1;
                assert!(
                    found.ends_with(&format!("{path}:{line}{tail}")),
                    "{document}: «{found}», and {begin} is in line {line} of {path}"
                );
            }
        }
    }
    assert!(samples > 0, "README shows no failure");
}
