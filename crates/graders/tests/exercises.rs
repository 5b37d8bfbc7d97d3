//! `exercises.toml` is true: its points, names, files and anchors.

use std::collections::BTreeSet;

use graders::repo::Repo;
use graders::slugs;
use report::exercises::{ALL_POINTS, Exercise};

fn exercises() -> Vec<Exercise> {
    Repo::here()
        .exercises()
        .unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn the_points_add_up() {
    let points: u32 = exercises().iter().map(|exercise| exercise.points).sum();
    assert_eq!(points, ALL_POINTS, "points of all exercises");
}

#[test]
fn every_name_is_there_once() {
    let exercises = exercises();
    let names: BTreeSet<&str> = exercises
        .iter()
        .map(|exercise| exercise.name.as_str())
        .collect();
    assert_eq!(names.len(), exercises.len(), "different names: {names:?}");
}

#[test]
fn the_phases_are_in_order_and_a_file_belongs_to_one() {
    let exercises = exercises();
    for pair in exercises.windows(2) {
        let [one, next] = pair else { continue };
        assert!(
            one.phase <= next.phase,
            "{} comes before {}",
            one.name,
            next.name
        );
    }
    for exercise in &exercises {
        let begin = format!("phase{}_", exercise.phase);
        assert!(
            exercise.file.starts_with(&begin),
            "{}: {}",
            exercise.name,
            exercise.file
        );
    }
}

#[test]
fn the_files_exist() {
    let repo = Repo::here();
    for exercise in exercises() {
        for folder in ["exercises", "solutions"] {
            let path = format!("{folder}/{}", exercise.file);
            assert!(repo.has(&path), "{}: no file {path}", exercise.name);
        }
    }
}

/// A failure's last line sends the learner to hints and chapter: both are there.
#[test]
fn hints_and_chapters_exist() {
    let repo = Repo::here();
    for exercise in exercises() {
        for place in [&exercise.hint, &exercise.chapter] {
            let (document, anchor) = place.split_once('#').unwrap_or((place, ""));
            let text = repo
                .read(document)
                .unwrap_or_else(|error| panic!("{}: {error:#}", exercise.name));
            let anchors = slugs::anchors(&text);
            assert!(
                anchors.iter().any(|found| found == anchor),
                "{}: {document} has no heading for #{anchor}, only {anchors:?}",
                exercise.name
            );
        }
    }
}

/// An exercise's chapter is that of its phase.
#[test]
fn chapters_are_those_of_the_phases() {
    for exercise in exercises() {
        let expected = format!("docs/phase{}.md#", exercise.phase);
        assert!(
            exercise.chapter.starts_with(&expected),
            "{}: its chapter is {}, not in {expected}",
            exercise.name,
            exercise.chapter
        );
    }
}
