//! The files of the bank are complete. Whether a run says the same, `cargo run -p graders -- messages` tells.

use graders::bank::wrong;
use graders::repo::Repo;

#[test]
fn every_wrong_answer_applies_and_records_its_failure() {
    let repo = Repo::here();
    let answers = repo
        .exercises()
        .and_then(|exercises| wrong::load(&repo, &exercises, ""))
        .unwrap_or_else(|error| panic!("{error:#}"));
    assert!(!answers.is_empty(), "the bank is empty");
    let without: Vec<String> = answers
        .iter()
        .filter(|wrong| wrong.header.failure.is_none())
        .map(|wrong| wrong.id())
        .collect();
    assert!(
        without.is_empty(),
        "no recorded failure, so `messages --update` is due: {without:?}"
    );
}
