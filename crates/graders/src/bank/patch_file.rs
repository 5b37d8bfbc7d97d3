//! The file of a wrong answer: what it claims, what its failure says, and what differs from the reference.
//!
//! ```text
//! misconception = "The delivery report comes by itself."
//! check = "record::keeps_the_key"
//! concept = ["BaseProducer must be polled by you"]
//!
//! [failure]
//! seen = "nothing for TIME: …"
//! expected = "…"
//! concept = "…"
//! look = "…"
//!
//! --- a/solutions/phase2_producer.rs
//! +++ b/solutions/phase2_producer.rs
//! ```
//!
//! `git apply` skips the TOML and takes the diff.

use anyhow::{Context, Result, ensure};
use diffy::DiffOptions;
use report::Failure;
use serde::{Deserialize, Serialize};

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
    /// Whether the run covers the whole phase, where every other exercise has to pass: for an answer that harms its process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_phase: bool,
    /// What the failure of that check says, normalised. `None`: not recorded yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The table of the failure alone.
#[derive(Serialize)]
struct FailureTable<'a> {
    failure: &'a Failure,
}

/// The line that opens that table.
const FAILURE: &str = "\n[failure]\n";

/// Header and diff of a file.
///
/// # Errors
/// When one is missing, or the header is not valid.
pub fn parse(text: &str) -> Result<(Header, &str)> {
    let (toml, diff) = split(text)?;
    let header: Header = toml::from_str(toml)?;
    ensure!(
        !header.concept.is_empty(),
        "no words that the failure's concept has to contain"
    );
    Ok((header, diff))
}

/// A file with this header and this diff.
///
/// # Errors
/// When the header has no form in TOML.
pub fn encode(header: &Header, diff: &str) -> Result<String> {
    Ok(format!("{}\n{diff}", toml::to_string(header)?))
}

/// The file with another failure; all the rest stays as it is.
///
/// # Errors
/// When the file has no diff.
pub fn with_failure(text: &str, failure: &Failure) -> Result<String> {
    let (toml, diff) = split(text)?;
    let claims = toml.find(FAILURE).map_or(toml, |at| &toml[..at]).trim_end();
    let failure = toml::to_string(&FailureTable { failure })?;
    Ok(format!("{claims}\n\n{failure}\n{diff}"))
}

/// The file with another diff; all the rest stays as it is.
///
/// # Errors
/// When the file has no diff.
pub fn with_diff(text: &str, diff: &str) -> Result<String> {
    let (toml, _) = split(text)?;
    Ok(format!("{toml}{diff}"))
}

/// What differs between the reference and an answer that stands for `file`, under the names that git gives the two.
///
/// # Errors
/// When nothing differs.
pub fn diff(file: &str, reference: &str, answer: &str) -> Result<String> {
    ensure!(
        reference != answer,
        "{file} is the reference: make the mistake in it first"
    );
    let diff = DiffOptions::new()
        .set_context_len(1)
        .create_patch(reference, answer)
        .to_string();
    let hunks = diff.splitn(3, '\n').nth(2).unwrap_or_default();
    Ok(format!("--- a/{file}\n+++ b/{file}\n{hunks}"))
}

fn split(text: &str) -> Result<(&str, &str)> {
    let before = text
        .find("\n--- ")
        .context("no diff: a line that begins with `--- ` is missing")?;
    Ok(text.split_at(before + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const DIFF: &str = "--- a/f.rs\n+++ b/f.rs\n@@ -1,1 +1,1 @@\n-one\n+two\n";

    fn failure(seen: &str) -> Failure {
        Failure {
            seen: seen.to_owned(),
            expected: "\"N\" records".to_owned(),
            concept: "It's two.".to_owned(),
            look: "f.rs:N".to_owned(),
        }
    }

    fn header(failure: Option<Failure>) -> Header {
        Header {
            misconception: "Two is for nothing.".to_owned(),
            check: "counts::to_three".to_owned(),
            concept: vec!["two".to_owned()],
            whole_phase: false,
            failure,
        }
    }

    #[test]
    fn parsing_undoes_encoding() {
        for failure in [None, Some(failure("N of N"))] {
            let header = header(failure);
            let text = encode(&header, DIFF).expect("it has a form in TOML");
            assert_eq!(parse(&text).expect("both parts"), (header, DIFF));
        }
    }

    #[test]
    fn the_whole_phase_is_an_exception_that_the_header_names() {
        let whole_phase = Header {
            whole_phase: true,
            ..header(Some(failure("N of N")))
        };
        let text = encode(&whole_phase, DIFF).expect("it has a form in TOML");
        assert!(text.contains("\nwhole_phase = true\n"), "{text}");
        assert_eq!(parse(&text).expect("both parts"), (whole_phase, DIFF));
        let usual = encode(&header(None), DIFF).expect("it has a form in TOML");
        assert!(!usual.contains("whole_phase"), "{usual}");
    }

    #[test]
    fn another_failure_changes_nothing_else() {
        let recorded = |failure| encode(&header(failure), DIFF).expect("it has a form in TOML");
        let first = with_failure(&recorded(None), &failure("none")).expect("it has a diff");
        assert_eq!(first, recorded(Some(failure("none"))));
        let second = with_failure(&first, &failure("N of N")).expect("it has a diff");
        assert_eq!(second, recorded(Some(failure("N of N"))));
    }

    #[test]
    fn another_diff_changes_nothing_else() {
        let by_hand = format!("# Written by hand.\ncheck = 'a'\n\n[failure]\n\n{DIFF}");
        let longer = format!("{DIFF} three\n");
        let expected = by_hand.replace(DIFF, &longer);
        assert_eq!(
            with_diff(&by_hand, &longer).expect("it has a diff"),
            expected
        );
    }

    #[test]
    fn a_file_has_a_diff_words_of_the_concept_and_no_unknown_field() {
        assert!(parse("misconception = 'a'\n").is_err());
        let text = encode(&header(None), DIFF).expect("it has a form in TOML");
        assert!(parse(&text.replace("[\"two\"]", "[]")).is_err());
        assert!(parse(&format!("other = 1\n{text}")).is_err());
    }

    #[test]
    fn a_diff_names_the_file_as_git_does() {
        let diff = diff("solutions/f.rs", "one\ntwo\n", "one\n").expect("they differ");
        assert!(
            diff.starts_with("--- a/solutions/f.rs\n+++ b/solutions/f.rs\n@@ "),
            "{diff}"
        );
        assert!(super::diff("solutions/f.rs", "one\n", "one\n").is_err());
    }
}
