//! The failure text of every wrong answer, as it should be: `bank/messages/EXERCISE/NAME.txt`. A change in wording shows
//! in review.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};
use report::Exercise;

use super::wrong::Wrong;
use super::{FOLDER, folder_and_name, normal};
use crate::kit::Kit;
use crate::outcome::{Check, LABELS};

const KIND: &str = "messages";
const ENDING: &str = ".txt";

/// The file of a wrong answer, from the kit's folder.
pub fn path(wrong: &Wrong) -> String {
    format!("{FOLDER}/{KIND}/{}{ENDING}", wrong.id())
}

/// What is wrong with a failure's text, if anything.
pub fn objections(golden: Option<&str>, check: &Check, secrets: &Secrets) -> Vec<String> {
    let mut objections = Vec::new();
    if check.labels() != LABELS {
        let labels = check.labels().join(", ");
        objections.push(format!("its lines are {labels}, not {}", LABELS.join(", ")));
    }
    for label in LABELS {
        if check.section(label).is_none_or(|text| text.is_empty()) {
            objections.push(format!("nothing stands at `{label}`"));
        }
    }
    let leaked = secrets.in_text(&check.failure);
    if !leaked.is_empty() {
        let words: Vec<&str> = leaked.into_iter().collect();
        objections.push(format!("it gives the solution away: {}", words.join(", ")));
    }
    let text = normal::text(check);
    match golden {
        None => objections.push("there is no text to compare it with".to_owned()),
        Some(golden) if golden != text => objections.push(format!(
            "it is not what is kept:\n{}",
            diffy::create_patch(golden, &text)
        )),
        Some(_) => {}
    }
    objections
}

/// Whether a failure differs from the kept text in nothing but what was seen. What happens in a run may depend on chance; a
/// wording that has changed differs in every run.
pub fn differs_in_what_was_seen(golden: &str, check: &Check) -> bool {
    let text = normal::text(check);
    let rest = |text: &str| text.split_once('\n').map(|(_, rest)| rest.to_owned());
    golden != text && rest(golden) == rest(&text)
}

/// Kept texts whose wrong answer is gone.
///
/// # Errors
/// When the files cannot be listed.
pub fn orphans(kit: &Kit, all: &[Wrong]) -> Result<Vec<String>> {
    let ids: BTreeSet<String> = all.iter().map(Wrong::id).collect();
    let is_orphan = |path: &String| {
        folder_and_name(path, KIND, ENDING)
            .is_some_and(|(folder, name)| !ids.contains(&format!("{folder}/{name}")))
    };
    Ok(kit
        .files(&[ENDING])?
        .into_iter()
        .filter(is_orphan)
        .collect())
}

/// Words that only the solution has: a failure that used one would give it away.
#[derive(Debug, Default)]
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    /// The words of an exercise's solution that neither its stub nor anything given has.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of(kit: &Kit, exercise: &Exercise) -> Result<Self> {
        let mut public = words(&kit.read(&exercise.stub_file())?);
        for path in kit.files(&[".rs"])? {
            if path.starts_with("src/") {
                public.extend(words(&kit.read(&path)?));
            }
        }
        let solution = kit.read(&exercise.solution_file())?;
        let mut secret = BTreeSet::new();
        if let Ok(tokens) = solution.parse() {
            identifiers(tokens, &mut secret);
        }
        // A plain word is no secret: it may be English.
        secret.retain(|word| !public.contains(word) && is_a_name(word));
        Ok(Self(secret))
    }

    fn in_text<'a>(&'a self, text: &str) -> BTreeSet<&'a str> {
        let text = words(text);
        let secret = self.0.iter().map(String::as_str);
        secret.filter(|word| text.contains(*word)).collect()
    }
}

/// `store_offset` and `StreamConsumer`, not `loop` and `Stream`.
fn is_a_name(word: &str) -> bool {
    word.contains('_') || word.chars().skip(1).any(char::is_uppercase)
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(str::to_owned)
        .collect()
}

/// The names in a source but for Kafka's error codes: a failure quotes what the learner's own code returned.
fn identifiers(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut is_code = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if name == ERROR_CODE => is_code = true,
            TokenTree::Ident(name) => {
                if !is_code {
                    found.insert(name.to_string());
                }
                is_code = false;
            }
            TokenTree::Group(group) => identifiers(group.stream(), found),
            TokenTree::Punct(mark) => is_code &= mark.as_char() == ':',
            TokenTree::Literal(_) => {}
        }
    }
}

/// The type whose variants are Kafka's error codes.
const ERROR_CODE: &str = "RDKafkaErrorCode";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verdict;
    use pretty_assertions::assert_eq;

    fn failed(text: &str) -> Check {
        Check {
            name: "phase2::f::holds".to_owned(),
            verdict: Verdict::Fail,
            reason: String::new(),
            failure: text.to_owned(),
        }
    }

    const TEXT: &str = "  seen      2 of\n            3\n  expected  3\n  concept   Use spawn_blocking.\n  look      a:1";

    #[test]
    fn a_text_as_kept_has_no_objections() {
        let golden =
            "seen      N of N\nexpected  N\nconcept   Use spawn_blocking.\nlook      a:N\n";
        let found = objections(Some(golden), &failed(TEXT), &Secrets::default());
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn chance_is_in_what_was_seen_and_not_in_the_wording() {
        let by_chance = |golden: &str| differs_in_what_was_seen(golden, &failed(TEXT));
        let rest = "expected  N\nconcept   Use spawn_blocking.\nlook      a:N\n";
        assert!(by_chance(&format!("seen      none of N\n{rest}")));
        assert!(!by_chance(&format!("seen      N of N\n{rest}")));
        assert!(!by_chance(&format!("seen      none of N\n{rest}more")));
    }

    #[test]
    fn kafkas_codes_are_no_secret() {
        let source =
            "match code { RDKafkaErrorCode::QueueFull => wait_for_room(), _ => other_way() }";
        let mut found = BTreeSet::new();
        identifiers(source.parse().expect("it is Rust"), &mut found);
        assert!(!found.contains("QueueFull"), "{found:?}");
        assert!(
            found.contains("wait_for_room") && found.contains("other_way"),
            "{found:?}"
        );
    }

    #[test]
    fn four_lines_and_no_secret() {
        let secrets = Secrets(BTreeSet::from(["spawn_blocking".to_owned()]));
        let found = objections(None, &failed(TEXT), &secrets);
        assert_eq!(
            found,
            [
                "it gives the solution away: spawn_blocking",
                "there is no text to compare it with"
            ]
        );
        let found = objections(Some(""), &failed("  seen      2\n"), &Secrets::default());
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
