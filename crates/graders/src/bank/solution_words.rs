//! The words of a solution that no failure may use: they would give the solution away.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::{TokenStream, TokenTree};
use report::Exercise;

use crate::repo::Repo;

/// The words that only the solution has.
#[derive(Debug, Default)]
pub struct SolutionWords(BTreeSet<String>);

impl SolutionWords {
    /// The words of an exercise's solution that neither its stub nor anything given has.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of(repo: &Repo, exercise: &Exercise) -> Result<Self> {
        let mut given = words(&repo.read(&exercise.stub_file())?);
        for path in repo.files(&[".rs"])? {
            if path.starts_with("src/") {
                given.extend(words(&repo.read(&path)?));
            }
        }
        let solution = repo.read(&exercise.solution_file())?;
        let mut own = BTreeSet::new();
        if let Ok(tokens) = solution.parse() {
            identifiers(tokens, &mut own);
        }
        // A plain word may be English.
        own.retain(|word| !given.contains(word) && is_a_name(word));
        Ok(Self(own))
    }

    /// Those that a text uses.
    pub fn in_text<'a>(&'a self, text: &str) -> Vec<&'a str> {
        let text = words(text);
        let own = self.0.iter().map(String::as_str);
        own.filter(|word| text.contains(*word)).collect()
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
    use pretty_assertions::assert_eq;

    #[test]
    fn kafkas_codes_are_no_words_of_the_solution() {
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
    fn a_text_uses_a_word_or_it_does_not() {
        let own = SolutionWords(BTreeSet::from(["spawn_blocking".to_owned()]));
        assert_eq!(own.in_text("Use spawn_blocking."), ["spawn_blocking"]);
        assert!(own.in_text("Use spawn_blocking_twice.").is_empty());
    }
}
