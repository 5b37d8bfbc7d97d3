//! The files of the bank are complete. Whether a run says the same, `cargo run -p graders -- messages` tells.

use graders::bank::wrong;
use graders::kit::Kit;

#[test]
fn every_wrong_answer_applies_and_records_its_failure() {
    let kit = Kit::here();
    let answers = kit
        .exercises()
        .and_then(|exercises| wrong::load(&kit, &exercises, ""))
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
