//! How often the text that is shown first names the misconception: measured for each wrong answer, with the patterns of the
//! others.

use std::collections::BTreeMap;
use std::fmt;

use report::diagnosis::score::scores;
use report::diagnosis::{Pattern, Patterns, Symptom};

use crate::assess::assessment::Assessment;
use crate::bank::wrong::Wrong;

/// Which patterns the order of the failures of a wrong answer may be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// All but its own.
    Itself,
    /// All but those of the wrong answers that the same texts name.
    ItsTexts,
}

/// How many wrong answers there are, and how many the text shown first names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Named by the text shown first.
    pub named: usize,
    /// All of them.
    pub all: usize,
}

impl Share {
    /// In per cent.
    pub fn percent(self) -> f64 {
        100.0 * self.named as f64 / self.all.max(1) as f64
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.named, self.all)
    }
}

/// The pattern of a wrong answer, by its latest assessment; `None` if no check of its exercise failed.
pub fn pattern(wrong: &Wrong, assessments: &[Assessment]) -> Option<Pattern> {
    let id = wrong.id();
    let mut latest_first = assessments.iter().rev();
    let assessment = latest_first.find(|assessment| assessment.answer == id)?;
    let checks = assessment.failed.iter();
    let of_exercise = checks.filter(|check| wrong.exercise.owns(&check.name));
    let symptoms: Vec<(Symptom, bool)> = of_exercise
        .filter_map(|check| {
            let concept = &check.failure.as_ref()?.concept;
            Some((Symptom::of(check)?, wrong.missing_in(concept).is_none()))
        })
        .collect();
    let names = symptoms.iter().filter(|(_, names)| *names);
    let mut named_by: Vec<_> = names.map(|(symptom, _)| symptom.text.clone()).collect();
    named_by.sort();
    named_by.dedup();
    (!symptoms.is_empty()).then(|| Pattern {
        exercise: wrong.exercise.name.clone(),
        answer: wrong.name.clone(),
        named_by,
        symptoms: symptoms.into_iter().map(|(symptom, _)| symptom).collect(),
    })
}

/// The share of each exercise.
pub fn measure(patterns: &Patterns, left_out: LeftOut) -> BTreeMap<String, Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for pattern in patterns.all() {
        let share = shares.entry(pattern.exercise.clone()).or_default();
        share.all += 1;
        share.named += usize::from(is_named_first(pattern, patterns, left_out));
    }
    shares
}

/// Whether the text that is shown first names the misconception.
pub fn is_named_first(pattern: &Pattern, patterns: &Patterns, left_out: LeftOut) -> bool {
    let mut known = patterns.of_exercise(&pattern.exercise);
    known.retain(|other| !is_left_out(other, pattern, left_out));
    let ranked = scores(&pattern.symptoms, &known, |_| true);
    ranked
        .first()
        .is_some_and(|first| pattern.named_by.contains(&first.text))
}

fn is_left_out(other: &Pattern, pattern: &Pattern, left_out: LeftOut) -> bool {
    match left_out {
        LeftOut::Itself => other.answer == pattern.answer,
        LeftOut::ItsTexts => {
            let mut texts = other.named_by.iter();
            other.answer == pattern.answer || texts.any(|text| pattern.named_by.contains(text))
        }
    }
}

/// The share of all exercises together.
pub fn total(shares: &BTreeMap<String, Share>) -> Share {
    let shares = shares.values();
    shares.fold(Share::default(), |sum, share| Share {
        named: sum.named + share.named,
        all: sum.all + share.all,
    })
}
