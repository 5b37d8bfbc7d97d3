//! How well each text of a run explains all its failures.
//!
//! - A failure that few wrong answers of the exercise have weighs more than one that many have.
//! - A wrong answer is like the run by the weight of the failures that both have, over the weight of those that either has.
//! - The score of a text is the share of the wrong answers that it names among those that show it. Each counts by its likeness
//!   to the fourth power, so that only the most similar ones matter.
//! - A text that no similar wrong answer shows has the score [`UNKNOWN`]: a rare failure says much.
//! - A later promise of the contract loses up to [`LAST`]: what is wrong there often follows from an earlier one.
//!
//! `graders diagnosis` measures how often the best text is the right one. The constants are those with the best result.

use std::collections::{BTreeSet, HashMap};

use super::patterns::Pattern;
use super::symptom::{Symptom, TextId};
use crate::run::ReasonKind;

const UNKNOWN: f64 = 0.9;

/// How many fully similar wrong answers weigh as much as not knowing.
const DOUBT: f64 = 0.3;

const LAST: f64 = 0.1;

/// A text of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The text.
    pub text: TextId,
    /// Between 0 and 1.
    pub score: f64,
}

/// What two failures can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Feature<'a> {
    /// The check failed.
    Check(&'a str),
    /// The check failed in this way, with this text.
    Symptom(&'a Symptom),
    /// Any check failed with this text.
    Text(&'a TextId),
}

fn features<'a>(symptoms: impl IntoIterator<Item = &'a Symptom>) -> BTreeSet<Feature<'a>> {
    let of_one = |symptom: &'a Symptom| {
        [
            Feature::Check(&symptom.check),
            Feature::Symptom(symptom),
            Feature::Text(&symptom.text),
        ]
    };
    symptoms.into_iter().flat_map(of_one).collect()
}

/// The texts of these failures, the best one first. `known` are the wrong answers of the exercise, and `has_run` says whether the
/// run has a verdict on a check.
pub fn scores(
    symptoms: &[Symptom],
    known: &[&Pattern],
    has_run: impl Fn(&str) -> bool,
) -> Vec<Scored> {
    let seen = features(symptoms);
    let others: Vec<Known<'_>> = known
        .iter()
        .map(|pattern| Known::new(pattern, &has_run))
        .collect();
    let weights = Weights::of(&others);
    let likenesses: Vec<f64> = others
        .iter()
        .map(|other| weights.likeness(&seen, &other.features).powi(4))
        .collect();
    let texts = texts(symptoms);
    let count = texts.len() as f64;
    let mut scored: Vec<Scored> = texts
        .into_iter()
        .enumerate()
        .map(|(place, text)| {
            let precision = precision(text, &others, &likenesses);
            let late = LAST * place as f64 / count;
            Scored {
                text: text.clone(),
                score: (precision - late).max(0.0),
            }
        })
        .collect();
    // A stable sort: of equally good ones the first in the contract stays first.
    scored.sort_by(|one, other| other.score.total_cmp(&one.score));
    if let Some(plain) = symptoms.iter().find(|symptom| is_plain(symptom.kind)) {
        scored.sort_by_key(|scored| scored.text != plain.text);
    }
    scored
}

/// A panic or the end of the process names its cause. What else failed, failed because of it or has to wait.
fn is_plain(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Panicked | ReasonKind::ProcessEnded)
}

/// The different texts, in the order of the contract.
fn texts(symptoms: &[Symptom]) -> Vec<&TextId> {
    let mut texts: Vec<&TextId> = Vec::new();
    for Symptom { text, .. } in symptoms {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// How often the text was the right one, among similar wrong answers that show it.
fn precision(text: &TextId, others: &[Known<'_>], likenesses: &[f64]) -> f64 {
    let (mut named, mut shown) = (UNKNOWN * DOUBT, DOUBT);
    for (other, likeness) in others.iter().zip(likenesses) {
        if other.features.contains(&Feature::Text(text)) {
            shown += likeness;
            if other.pattern.named_by.contains(text) {
                named += likeness;
            }
        }
    }
    named / shown
}

/// A wrong answer, as far as the run can be compared with it.
struct Known<'a> {
    pattern: &'a Pattern,
    features: BTreeSet<Feature<'a>>,
}

impl<'a> Known<'a> {
    fn new(pattern: &'a Pattern, has_run: impl Fn(&str) -> bool) -> Self {
        let symptoms = pattern.symptoms.iter();
        Self {
            pattern,
            features: features(symptoms.filter(|symptom| has_run(&symptom.check))),
        }
    }
}

/// How much each feature tells.
struct Weights<'a> {
    /// How many wrong answers have the feature.
    counts: HashMap<Feature<'a>, usize>,
    all: usize,
}

impl<'a> Weights<'a> {
    fn of(others: &[Known<'a>]) -> Self {
        let mut counts = HashMap::new();
        for feature in others.iter().flat_map(|other| &other.features) {
            *counts.entry(*feature).or_default() += 1;
        }
        Self {
            counts,
            all: others.len(),
        }
    }

    fn weight(&self, feature: &Feature<'_>) -> f64 {
        let count = self.counts.get(feature).copied().unwrap_or_default();
        ((self.all as f64 + 2.0) / (count as f64 + 0.5)).ln()
    }

    fn likeness(&self, one: &BTreeSet<Feature<'_>>, other: &BTreeSet<Feature<'_>>) -> f64 {
        let weight = |features: &mut dyn Iterator<Item = &Feature<'_>>| -> f64 {
            features.map(|feature| self.weight(feature)).sum()
        };
        let all = weight(&mut one.union(other));
        if all > 0.0 {
            weight(&mut one.intersection(other)) / all
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn symptom(check: &str) -> Symptom {
        Symptom {
            check: check.to_owned(),
            kind: ReasonKind::Judged,
            text: TextId::of(check),
        }
    }

    fn pattern(answer: &str, named_by: &str, checks: &[&str]) -> Pattern {
        Pattern {
            exercise: "f".to_owned(),
            answer: answer.to_owned(),
            named_by: vec![TextId::of(named_by)],
            symptoms: checks.iter().map(|check| symptom(check)).collect(),
        }
    }

    fn order(checks: &[&str], known: &[Pattern]) -> Vec<TextId> {
        let symptoms: Vec<Symptom> = checks.iter().map(|check| symptom(check)).collect();
        let known: Vec<&Pattern> = known.iter().collect();
        let scored = scores(&symptoms, &known, |_| true);
        scored.into_iter().map(|scored| scored.text).collect()
    }

    fn ids(checks: &[&str]) -> Vec<TextId> {
        checks.iter().map(|check| TextId::of(check)).collect()
    }

    #[test]
    fn a_check_that_many_misconceptions_fail_does_not_come_first() {
        let known = [
            pattern("one", "rare", &["common", "rare"]),
            pattern("two", "other", &["common", "other"]),
            pattern("three", "third", &["common", "third"]),
        ];
        assert_eq!(order(&["common", "rare"], &known), ids(&["rare", "common"]));
    }

    #[test]
    fn the_pattern_decides_between_two_texts() {
        let known = [
            pattern("one", "a", &["a", "b", "c"]),
            pattern("two", "b", &["a", "b", "d"]),
        ];
        assert_eq!(order(&["a", "b", "c"], &known)[0], TextId::of("a"));
        assert_eq!(order(&["a", "b", "d"], &known)[0], TextId::of("b"));
    }

    #[test]
    fn without_patterns_the_order_is_that_of_the_contract() {
        assert_eq!(order(&["a", "b", "c"], &[]), ids(&["a", "b", "c"]));
    }

    #[test]
    fn a_panic_comes_first() {
        let mut symptoms = vec![symptom("a"), symptom("b")];
        symptoms[1].kind = ReasonKind::Panicked;
        let scored = scores(&symptoms, &[], |_| true);
        assert_eq!(scored[0].text, TextId::of("b"));
    }

    #[test]
    fn a_check_that_did_not_run_does_not_make_an_answer_less_alike() {
        let known = [
            pattern("one", "a", &["a", "b", "slow"]),
            pattern("two", "b", &["a", "b", "c"]),
        ];
        let symptoms = [symptom("a"), symptom("b")];
        let known: Vec<&Pattern> = known.iter().collect();
        let first = |has_run: &dyn Fn(&str) -> bool| {
            let scored = scores(&symptoms, &known, has_run);
            scored[0].text.clone()
        };
        assert_eq!(first(&|check| check != "slow"), TextId::of("a"));
        assert_eq!(first(&|check| check != "c"), TextId::of("b"));
    }
}
