//! What the failure of a wrong answer says, against the text that its file records. A change in wording shows in review.

use report::{Check, Failure};

use super::normalise;
use super::solution_words::SolutionWords;

/// What is wrong with a failure's text, if anything.
pub fn problems(recorded: Option<&Failure>, check: &Check, words: &SolutionWords) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(found) = &check.failure else {
        return vec!["there is no failure".to_owned()];
    };
    let Failure {
        seen,
        expected,
        concept,
        look,
    } = found;
    for (label, text) in [
        ("seen", seen),
        ("expected", expected),
        ("concept", concept),
        ("look", look),
    ] {
        if text.trim().is_empty() {
            problems.push(format!("nothing stands at `{label}`"));
        }
    }
    let leaked = words.in_text(&found.to_string());
    if !leaked.is_empty() {
        problems.push(format!("it gives the solution away: {}", leaked.join(", ")));
    }
    let failure = normalise::failure(found);
    match recorded {
        None => problems.push("no text is recorded to compare it with".to_owned()),
        Some(recorded) if *recorded != failure => problems.push(format!(
            "it is not what is recorded:\n{}",
            diffy::create_patch(&lines(recorded), &lines(&failure))
        )),
        Some(_) => {}
    }
    problems
}

/// Whether a failure differs from the recorded text in nothing but what was seen. What happens in a run may depend on
/// chance; a wording that has changed differs in every run.
pub fn differs_only_in_seen(recorded: &Failure, check: &Check) -> bool {
    let Some(failure) = check.failure.as_ref().map(normalise::failure) else {
        return false;
    };
    let with_its_seen = Failure {
        seen: failure.seen.clone(),
        ..recorded.clone()
    };
    *recorded != failure && with_its_seen == failure
}

/// The four lines, as a learner reads them.
fn lines(failure: &Failure) -> String {
    let Failure {
        seen,
        expected,
        concept,
        look,
    } = failure;
    format!("seen      {seen}\nexpected  {expected}\nconcept   {concept}\nlook      {look}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixtures::failed;
    use pretty_assertions::assert_eq;

    fn check() -> Check {
        failed("phase2::f::holds", &told())
    }

    fn told() -> Failure {
        Failure {
            seen: "2 of\n3".to_owned(),
            expected: "3".to_owned(),
            concept: "Wait.".to_owned(),
            look: "a:1".to_owned(),
        }
    }

    fn recorded() -> Failure {
        Failure {
            seen: "N of N".to_owned(),
            expected: "N".to_owned(),
            concept: "Wait.".to_owned(),
            look: "a:N".to_owned(),
        }
    }

    #[test]
    fn a_text_as_recorded_has_no_objections() {
        let found = problems(Some(&recorded()), &check(), &SolutionWords::default());
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn another_wording_is_shown_as_a_difference() {
        let other = Failure {
            concept: "Poll.".to_owned(),
            ..recorded()
        };
        let found = problems(Some(&other), &check(), &SolutionWords::default());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("-concept   Poll.\n+concept   Wait.\n"),
            "{found:?}"
        );
    }

    #[test]
    fn chance_is_in_what_was_seen_and_not_in_the_wording() {
        let only_in_seen = |recorded: &Failure| differs_only_in_seen(recorded, &check());
        let other_seen = Failure {
            seen: "none of N".to_owned(),
            ..recorded()
        };
        assert!(only_in_seen(&other_seen));
        assert!(!only_in_seen(&recorded()));
        let other_wording = Failure {
            expected: "more".to_owned(),
            ..other_seen
        };
        assert!(!only_in_seen(&other_wording));
    }

    #[test]
    fn four_lines_and_a_recorded_text() {
        let words = SolutionWords::default();
        let found = problems(None, &check(), &words);
        assert_eq!(found, ["no text is recorded to compare it with"]);
        let empty = Failure {
            look: String::new(),
            ..told()
        };
        let found = problems(
            Some(&recorded()),
            &failed("phase2::f::holds", &empty),
            &words,
        );
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
