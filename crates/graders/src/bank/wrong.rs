//! Wrong answers: plausible implementations with one misconception each.
//!
//! A wrong answer is a file `bank/wrong/EXERCISE/NAME.patch`: a few lines of TOML, then what differs from the reference as
//! a unified diff, which `git apply` takes too.

use anyhow::{Context, Result, anyhow, bail, ensure};
use diffy::Patch;
use report::Exercise;
use serde::{Deserialize, Serialize};

use super::{FOLDER, folder_and_name};
use crate::kit::Kit;
use crate::outcome::Check;

const KIND: &str = "wrong";
const ENDING: &str = ".patch";

/// A wrong answer.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// Its exercise.
    pub exercise: Exercise,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub header: Header,
    /// The solution's file with the mistake in it.
    pub source: String,
}

/// What stands in front of the diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The misconception, in one sentence.
    pub misconception: String,
    /// The check that has to fail, without phase and exercise. All cases of a check have its name.
    pub check: String,
    /// What the failure's concept has to say. Neither case nor line breaks count.
    pub concept: Vec<String>,
}

/// A wrong answer as it stands in the bank.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its exercise.
    pub exercise: Exercise,
    /// Its name.
    pub name: String,
    /// Header and diff.
    pub text: String,
}

/// All files of the bank, in the order of the exercises and by name.
///
/// # Errors
/// When one belongs to no exercise.
pub fn stored(kit: &Kit, exercises: &[Exercise]) -> Result<Vec<Stored>> {
    let mut all = Vec::new();
    for path in kit.files(&[ENDING])? {
        let Some((folder, name)) = folder_and_name(&path, KIND, ENDING) else {
            continue;
        };
        let exercise = exercises
            .iter()
            .find(|exercise| exercise.name == folder)
            .with_context(|| format!("{path}: no exercise has the folder's name"))?;
        all.push(Stored {
            exercise: exercise.clone(),
            name: name.to_owned(),
            text: kit.read(&path)?,
        });
    }
    let place = |stored: &Stored| {
        exercises
            .iter()
            .position(|e| e.name == stored.exercise.name)
    };
    all.sort_by(|one, other| (place(one), &one.name).cmp(&(place(other), &other.name)));
    Ok(all)
}

/// All wrong answers whose id contains `filter`, in the order of the exercises and by name.
///
/// # Errors
/// When one is not what it should be, or does not apply to the reference.
pub fn load(kit: &Kit, exercises: &[Exercise], filter: &str) -> Result<Vec<Wrong>> {
    let mut all = Vec::new();
    for Stored {
        exercise,
        name,
        text,
    } in stored(kit, exercises)?
    {
        let reference = kit.read(&exercise.solution_file())?;
        if format!("{}/{name}", exercise.name).contains(filter) {
            let (header, source) =
                read(&text, &reference).with_context(|| path(&exercise.name, &name))?;
            all.push(Wrong {
                exercise,
                name,
                header,
                source,
            });
        }
    }
    Ok(all)
}

/// A wrong answer for a reference that has changed: the mistake in the new one.
///
/// # Errors
/// When both change the same lines: then the mistake has to be made again.
pub fn carried_over(exercise: &Exercise, text: &str, before: &str, now: &str) -> Result<String> {
    let (header, diff) = split(text)?;
    let mistaken = apply(before, &diff)?;
    let merged = diffy::merge(before, now, &mistaken);
    let merged =
        merged.map_err(|_conflict| anyhow!("it and the solution change the same lines"))?;
    self::text(exercise, &header, now, &merged)
}

impl Wrong {
    /// `produce_event/no_key`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.exercise.name, self.name)
    }

    /// The check that has to fail, in full.
    pub fn check(&self) -> String {
        format!("{}::{}", self.exercise.path(), self.header.check)
    }

    /// Whether a check is the one that has to fail, or a case of it.
    pub fn is_named(&self, check: &Check) -> bool {
        let rest = check.name.strip_prefix(&self.check());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// Writes a wrong answer down: what differs between the reference and `source`.
///
/// # Errors
/// When nothing does.
pub fn text(exercise: &Exercise, header: &Header, reference: &str, source: &str) -> Result<String> {
    ensure!(
        reference != source,
        "{} is the reference: make the mistake in it first",
        exercise.solution_file()
    );
    let header = toml::to_string(header)?;
    let diff = diffy::DiffOptions::new()
        .set_context_len(1)
        .create_patch(reference, source)
        .to_string();
    // The names of the two texts, as git has them.
    let hunks = diff.splitn(3, '\n').nth(2).unwrap_or_default();
    let file = exercise.solution_file();
    Ok(format!("{header}\n--- a/{file}\n+++ b/{file}\n{hunks}"))
}

/// The file in the bank.
pub fn path(exercise: &str, name: &str) -> String {
    format!("{FOLDER}/{KIND}/{exercise}/{name}{ENDING}")
}

/// Header, and the reference with the mistake in it.
fn read(text: &str, reference: &str) -> Result<(Header, String)> {
    let (header, diff) = split(text)?;
    Ok((header, apply(reference, &diff)?))
}

fn split(text: &str) -> Result<(Header, String)> {
    let at = text
        .find("\n--- ")
        .context("no diff: a line that begins with `--- ` is missing")?;
    let (header, diff) = text.split_at(at + 1);
    let header: Header = toml::from_str(header)?;
    if header.concept.is_empty() {
        bail!("no words that the failure's concept has to contain");
    }
    Ok((header, diff.to_owned()))
}

fn apply(reference: &str, diff: &str) -> Result<String> {
    let patch = Patch::from_str(diff)?;
    diffy::apply(reference, &patch).context("does not apply to the reference any more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const REFERENCE: &str = "fn f() {\n    one();\n    two();\n    three();\n}\n";
    const MISTAKEN: &str = "fn f() {\n    one();\n    three();\n}\n";

    fn exercise() -> Exercise {
        Exercise {
            phase: 2,
            name: "f".to_owned(),
            file: "phase2_f.rs".to_owned(),
            points: 0,
            hint: String::new(),
            chapter: String::new(),
            promises: Vec::new(),
        }
    }

    fn header() -> Header {
        Header {
            misconception: "Two is for nothing.".to_owned(),
            check: "counts::to_three".to_owned(),
            concept: vec!["two".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = text(&exercise(), &header(), REFERENCE, MISTAKEN).expect("they differ");
        let (read, diff) = split(&text).expect("a header and a diff");
        assert_eq!(read, header());
        assert_eq!(apply(REFERENCE, &diff).expect("it applies"), MISTAKEN);
        assert!(
            diff.starts_with("--- a/solutions/phase2_f.rs\n+++ b/"),
            "{diff}"
        );
    }

    #[test]
    fn the_reference_is_no_wrong_answer_and_another_text_no_reference() {
        assert!(text(&exercise(), &header(), REFERENCE, REFERENCE).is_err());
        let text = text(&exercise(), &header(), REFERENCE, MISTAKEN).expect("they differ");
        let (_, diff) = split(&text).expect("a header and a diff");
        assert!(apply("fn g() {}\n", &diff).is_err());
    }

    #[test]
    fn a_mistake_follows_the_reference() {
        let before =
            "fn f() {\n    one();\n    two();\n    three();\n}\n\nfn g() {\n    four();\n}\n";
        let mistaken = before.replace("    two();\n", "");
        let text = text(&exercise(), &header(), before, &mistaken).expect("they differ");
        let now = before.replace("four", "five");
        let carried = carried_over(&exercise(), &text, before, &now).expect("no conflict");
        let (_, diff) = split(&carried).expect("a header and a diff");
        let expected = now.replace("    two();\n", "");
        assert_eq!(apply(&now, &diff).expect("it applies"), expected);
        let same_line = before.replace("two", "half");
        assert!(carried_over(&exercise(), &text, before, &same_line).is_err());
    }

    #[test]
    fn a_check_has_its_cases() {
        let wrong = Wrong {
            exercise: exercise(),
            name: "no_two".to_owned(),
            header: header(),
            source: String::new(),
        };
        let named = |name: &str| {
            wrong.is_named(&Check {
                name: name.to_owned(),
                verdict: crate::outcome::Verdict::Fail,
                reason: String::new(),
                failure: String::new(),
            })
        };
        assert!(named("phase2::f::counts::to_three"));
        assert!(named("phase2::f::counts::to_three::case_1_zero"));
        assert!(!named("phase2::f::counts::to_three_hundred"));
    }
}
