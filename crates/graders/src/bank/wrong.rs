//! Wrong answers: plausible implementations with one misconception each.
//!
//! A wrong answer is a file `bank/wrong/EXERCISE/NAME.patch`, see [`super::patch_file`].

use anyhow::{Context, Result, anyhow};
use diffy::Patch;
use report::Exercise;

use super::patch_file::{self, Header};
use super::{FOLDER, folder_and_name};
use crate::repo::Repo;
use report::Check;

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

/// A wrong answer as it stands in the bank.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its exercise.
    pub exercise: Exercise,
    /// Its name.
    pub name: String,
    /// The file's text.
    pub text: String,
}

/// All files of the bank, in the order of the exercises and by name.
///
/// # Errors
/// When one belongs to no exercise.
pub fn list(repo: &Repo, exercises: &[Exercise]) -> Result<Vec<Entry>> {
    let mut all = Vec::new();
    for path in repo.files(&[ENDING])? {
        let Some((folder, name)) = folder_and_name(&path, KIND, ENDING) else {
            continue;
        };
        let exercise = exercises
            .iter()
            .find(|exercise| exercise.name == folder)
            .with_context(|| format!("{path}: no exercise has the folder's name"))?;
        all.push(Entry {
            exercise: exercise.clone(),
            name: name.to_owned(),
            text: repo.read(&path)?,
        });
    }
    let place = |entry: &Entry| exercises.iter().position(|e| e.name == entry.exercise.name);
    all.sort_by(|one, other| (place(one), &one.name).cmp(&(place(other), &other.name)));
    Ok(all)
}

/// All wrong answers whose id contains `filter`, in the order of the exercises and by name.
///
/// # Errors
/// When one is not what it should be, or does not apply to the reference.
pub fn load(repo: &Repo, exercises: &[Exercise], filter: &str) -> Result<Vec<Wrong>> {
    let mut all = Vec::new();
    for Entry {
        exercise,
        name,
        text,
    } in list(repo, exercises)?
    {
        let reference = repo.read(&exercise.solution_file())?;
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

/// The file's text for a reference that has changed: the mistake in the new one.
///
/// # Errors
/// When both change the same lines: then the mistake has to be made again.
pub fn rebase(exercise: &Exercise, text: &str, before: &str, now: &str) -> Result<String> {
    let (_, mistaken) = read(text, before)?;
    let merged = diffy::merge(before, now, &mistaken)
        .map_err(|_conflict| anyhow!("it and the solution change the same lines"))?;
    let diff = patch_file::diff(&exercise.solution_file(), now, &merged)?;
    patch_file::with_diff(text, &diff)
}

/// The file's text for a new wrong answer: what differs between the reference and `source`.
///
/// # Errors
/// When nothing does.
pub fn encode(
    exercise: &Exercise,
    header: &Header,
    reference: &str,
    source: &str,
) -> Result<String> {
    let diff = patch_file::diff(&exercise.solution_file(), reference, source)?;
    patch_file::encode(header, &diff)
}

impl Wrong {
    /// `produce_event/no_key`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.exercise.name, self.name)
    }

    /// Its file in the bank.
    pub fn path(&self) -> String {
        path(&self.exercise.name, &self.name)
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

    /// The first of the words that name its misconception which this text does not contain.
    pub fn missing_in(&self, concept: &str) -> Option<&String> {
        let lower = concept.to_lowercase();
        let mut words = self.header.concept.iter();
        words.find(|words| !lower.contains(&words.to_lowercase()))
    }
}

/// The file in the bank.
pub fn path(exercise: &str, name: &str) -> String {
    format!("{FOLDER}/{KIND}/{exercise}/{name}{ENDING}")
}

/// Header, and the reference with the mistake in it.
fn read(text: &str, reference: &str) -> Result<(Header, String)> {
    let (header, diff) = patch_file::parse(text)?;
    let patch = Patch::from_str(diff)?;
    let source =
        diffy::apply(reference, &patch).context("does not apply to the reference any more")?;
    Ok((header, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixtures::check;
    use pretty_assertions::assert_eq;
    use report::Verdict;

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
            whole_phase: false,
            failure: None,
        }
    }

    #[test]
    fn what_is_encoded_is_read_again() {
        let text = encode(&exercise(), &header(), REFERENCE, MISTAKEN).expect("they differ");
        let read = read(&text, REFERENCE).expect("it applies");
        assert_eq!(read, (header(), MISTAKEN.to_owned()));
    }

    #[test]
    fn another_text_is_no_reference() {
        let text = encode(&exercise(), &header(), REFERENCE, MISTAKEN).expect("they differ");
        assert!(read(&text, "fn g() {}\n").is_err());
    }

    #[test]
    fn a_mistake_follows_the_reference() {
        let before =
            "fn f() {\n    one();\n    two();\n    three();\n}\n\nfn g() {\n    four();\n}\n";
        let mistaken = before.replace("    two();\n", "");
        let text = encode(&exercise(), &header(), before, &mistaken).expect("they differ");
        let now = before.replace("four", "five");
        let rebased = rebase(&exercise(), &text, before, &now).expect("no conflict");
        let expected = now.replace("    two();\n", "");
        assert_eq!(read(&rebased, &now).expect("it applies").1, expected);
        let same_line = before.replace("two", "half");
        assert!(rebase(&exercise(), &text, before, &same_line).is_err());
    }

    #[test]
    fn a_check_has_its_cases() {
        let wrong = Wrong {
            exercise: exercise(),
            name: "no_two".to_owned(),
            header: header(),
            source: String::new(),
        };
        let named = |name: &str| wrong.is_named(&check(name, Verdict::Failed));
        assert!(named("phase2::f::counts::to_three"));
        assert!(named("phase2::f::counts::to_three::case_1_zero"));
        assert!(!named("phase2::f::counts::to_three_hundred"));
    }
}
