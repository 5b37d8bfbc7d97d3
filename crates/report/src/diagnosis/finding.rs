//! The failures of a run, gathered by text, the likeliest cause first.

use std::collections::HashSet;

use super::patterns::Patterns;
use super::score::{Scored, scores};
use super::symptom::{Symptom, TextId, name_in_exercise};
use crate::run::{Check, Finding, ReasonKind, Verdict};

/// What a run has found: the exercises in the order of `checks`, and in each the likeliest cause first. An exercise that is not
/// written yet has no findings.
pub fn findings(checks: &[Check], patterns: &Patterns) -> Vec<Finding> {
    let mut exercises: Vec<Option<&String>> = Vec::new();
    for check in checks.iter().filter(|check| is_found(check)) {
        let exercise = check.exercise.as_ref();
        if !exercises.contains(&exercise) {
            exercises.push(exercise);
        }
    }
    exercises
        .into_iter()
        .flat_map(|exercise| {
            let of_exercise: Vec<&Check> = checks
                .iter()
                .filter(|check| check.exercise.as_ref() == exercise)
                .collect();
            of_one_exercise(exercise, &of_exercise, patterns)
        })
        .collect()
}

fn is_found(check: &Check) -> bool {
    check.failure.is_some() && check.kind() != Some(ReasonKind::Unwritten)
}

fn of_one_exercise(
    exercise: Option<&String>,
    checks: &[&Check],
    patterns: &Patterns,
) -> Vec<Finding> {
    let failed: Vec<(&Check, Symptom)> = checks
        .iter()
        .filter(|check| is_found(check))
        .filter_map(|check| Some((*check, Symptom::of(check)?)))
        .collect();
    let symptoms: Vec<Symptom> = failed.iter().map(|(_, symptom)| symptom.clone()).collect();
    let known = exercise.map_or_else(Vec::new, |exercise| patterns.of_exercise(exercise));
    let has_verdict: HashSet<&str> = checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Passed | Verdict::Failed))
        .map(|check| name_in_exercise(check))
        .collect();
    scores(&symptoms, &known, |check| has_verdict.contains(check))
        .iter()
        .filter_map(|scored| finding(exercise, &failed, scored))
        .collect()
}

fn finding(
    exercise: Option<&String>,
    failed: &[(&Check, Symptom)],
    Scored { text, score }: &Scored,
) -> Option<Finding> {
    let mut checks = with_text(failed, text);
    Some(Finding {
        exercise: exercise.cloned(),
        check: checks.next()?,
        also: checks.collect(),
        score: (score * 100.0).round() as u8,
    })
}

fn with_text(failed: &[(&Check, Symptom)], text: &TextId) -> impl Iterator<Item = String> {
    failed
        .iter()
        .filter(move |(_, symptom)| symptom.text == *text)
        .map(|(check, _)| check.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::patterns::Pattern;
    use crate::run::{Failure, Reason};
    use pretty_assertions::assert_eq;

    fn failed(exercise: &str, name: &str, concept: &str, kind: ReasonKind) -> Check {
        Check {
            name: format!("phase2::{exercise}::{name}"),
            phase: 2,
            exercise: Some(exercise.to_owned()),
            verdict: Verdict::Failed,
            reason: Some(Reason {
                kind,
                text: String::new(),
            }),
            failure: Some(Failure {
                seen: String::new(),
                expected: String::new(),
                concept: concept.to_owned(),
                look: String::new(),
            }),
            milliseconds: 0,
            attempts: 1,
            process: None,
            output: String::new(),
        }
    }

    fn names(findings: &[Finding]) -> Vec<(&str, Vec<&str>)> {
        findings
            .iter()
            .map(|finding| {
                let also = finding.also.iter().map(String::as_str);
                (finding.check.as_str(), also.collect())
            })
            .collect()
    }

    #[test]
    fn checks_with_one_text_are_one_finding_and_exercises_stay_in_their_order() {
        let judged = ReasonKind::Judged;
        let checks = [
            failed("send", "a", "common", judged),
            failed("send", "b", "rare", judged),
            failed("send", "c", "common", judged),
            failed("later", "d", "other", judged),
            failed("stub", "e", "todo", ReasonKind::Unwritten),
        ];
        let of_a_relative = Pattern {
            exercise: "send".to_owned(),
            answer: "relative".to_owned(),
            named_by: vec![TextId::of("rare")],
            symptoms: checks[..3].iter().filter_map(Symptom::of).collect(),
        };
        let patterns: Patterns = [of_a_relative].into_iter().collect();
        assert_eq!(
            names(&findings(&checks, &patterns)),
            [
                ("phase2::send::b", vec![]),
                ("phase2::send::a", vec!["phase2::send::c"]),
                ("phase2::later::d", vec![]),
            ]
        );
    }
}
