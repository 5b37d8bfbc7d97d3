//! The patterns fit the bank: each wrong answer has one, and it has the text that the answer's file records.

use graders::bank::wrong::{self, Wrong};
use graders::repo::Repo;
use report::diagnosis::{Pattern, Patterns, TextId, patterns};

fn bank(repo: &Repo) -> Vec<Wrong> {
    repo.exercises()
        .and_then(|exercises| wrong::load(repo, &exercises, ""))
        .unwrap_or_else(|error| panic!("{error:#}"))
}

fn patterns(repo: &Repo) -> Patterns {
    let text = repo.read(patterns::FILE).expect("the patterns are there");
    Patterns::parse(&text).expect("each line is a pattern")
}

#[test]
fn each_wrong_answer_has_a_pattern_and_each_pattern_an_answer() {
    let repo = Repo::here();
    let id = |pattern: &Pattern| format!("{}/{}", pattern.exercise, pattern.answer);
    let of_patterns: Vec<String> = patterns(&repo).all().iter().map(id).collect();
    let of_bank: Vec<String> = bank(&repo).iter().map(Wrong::id).collect();
    assert_eq!(
        of_patterns, of_bank,
        "`graders diagnosis --update-from` is due"
    );
}

#[test]
fn the_patterns_know_the_texts_that_the_bank_records() {
    let repo = Repo::here();
    let patterns = patterns(&repo);
    let mut compared = 0;
    for (wrong, pattern) in bank(&repo).iter().zip(patterns.all()) {
        let failure = wrong
            .header
            .failure
            .as_ref()
            .expect("each text is recorded");
        if has_placeholder(&failure.concept) {
            continue;
        }
        assert!(
            pattern.named_by.contains(&TextId::of(&failure.concept)),
            "the text of {} has changed: `graders diagnosis --update-from` is due",
            wrong.id()
        );
        compared += 1;
    }
    assert!(compared > 300, "only {compared} texts were compared");
}

/// The bank records `N` for each number and `TIME` for each time.
fn has_placeholder(concept: &str) -> bool {
    let mut words = concept.split(|character: char| !character.is_alphanumeric());
    words.any(|word| word == "N" || word == "TIME")
}
