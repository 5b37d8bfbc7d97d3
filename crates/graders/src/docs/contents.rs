//! The chapters and the book's table of contents agree.

use std::collections::BTreeMap;

use anyhow::Result;

use super::markdown::{self, Kind};
use super::{FOLDER, MARKDOWN, Problem, Report};
use crate::repo::Repo;

/// The table of contents, from the repository's root.
pub const SUMMARY: &str = "docs/SUMMARY.md";

/// Every Markdown file of `docs/` is in the table once, and nothing else is.
///
/// # Errors
/// When files cannot be read or listed.
pub fn check(repo: &Repo) -> Result<Report> {
    let files = repo.files(&[MARKDOWN])?;
    let chapters: Vec<&str> = files
        .iter()
        .filter(|file| *file != SUMMARY)
        .filter_map(|file| file.strip_prefix(FOLDER))
        .collect();
    Ok(Report {
        name: "chapters",
        count: chapters.len(),
        problems: compared(&repo.read(SUMMARY)?, &chapters),
    })
}

fn compared(summary: &str, chapters: &[&str]) -> Vec<Problem> {
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for piece in markdown::pieces(summary) {
        let Kind::Link(chapter) = piece.kind else {
            continue;
        };
        if !chapters.contains(&chapter.as_str()) {
            problems.push(Problem::new(
                SUMMARY,
                piece.line,
                format!("there is no chapter {chapter}"),
            ));
        } else if listed.insert(chapter.clone(), piece.line).is_some() {
            problems.push(Problem::new(
                SUMMARY,
                piece.line,
                format!("{chapter} is listed twice"),
            ));
        }
    }
    let missing = chapters
        .iter()
        .filter(|chapter| !listed.contains_key(**chapter));
    problems.extend(missing.map(|chapter| {
        Problem::new(
            &format!("{FOLDER}{chapter}"),
            1,
            format!("is not in {SUMMARY}, so the book lacks it"),
        )
    }));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn orphans_strangers_and_repetitions_are_found() {
        let summary =
            "# Summary\n\n[One](one.md)\n- [Two](two.md)\n- [Two](two.md)\n- [Three](three.md)\n";
        let found: Vec<String> = compared(summary, &["one.md", "two.md", "four.md"])
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/SUMMARY.md:5: two.md is listed twice",
                "docs/SUMMARY.md:6: there is no chapter three.md",
                "docs/four.md:1: is not in docs/SUMMARY.md, so the book lacks it",
            ]
        );
        assert_eq!(compared("[One](one.md)", &["one.md"]), []);
    }
}
