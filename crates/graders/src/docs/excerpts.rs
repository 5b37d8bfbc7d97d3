//! Code in a chapter is what stands in the source, word for word.
//!
//! A comment `<!-- excerpt: src/topics.rs#ORDERS -->` stands directly above the block and says what it shows.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;
use report::Exercise;

use super::markdown::{self, Kind, Piece};
use super::{FOLDER, MARKDOWN, Problem, Report, item};
use crate::repo::Repo;

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^<!-- excerpt: ([^\s#]+)#(\S+) -->\s*$").expect("a pattern that is written here")
});

/// What excerpts may be taken from: what is given, and no solution.
const SOURCES: [&str; 4] = ["src/", "exercises/", "crates/testbed/", "tests/"];

/// A block of code in a chapter.
struct Block {
    /// The line of its opening fence.
    line: usize,
    /// What it has between the fences.
    text: String,
    /// What it should have, or what is wrong with it.
    wanted: Result<String, String>,
}

/// Every excerpt of `docs/` is as its source, and there is no other Rust.
///
/// # Errors
/// When files cannot be read or listed.
pub fn check(repo: &Repo) -> Result<Report> {
    let mut report = Report {
        name: "excerpts",
        count: 0,
        problems: Vec::new(),
    };
    let exercises = repo.exercises()?;
    for file in chapters(repo)? {
        for block in blocks(&repo.read(&file)?, |path, name| {
            source(repo, &exercises, path, name)
        }) {
            report.count += 1;
            let what = match block.wanted {
                Ok(wanted) if wanted == block.text => continue,
                Ok(_) => {
                    "differs from its source: `cargo run -p graders -- docs --update`".to_owned()
                }
                Err(what) => what,
            };
            report.problems.push(Problem::new(&file, block.line, what));
        }
    }
    Ok(report)
}

/// Takes the excerpts anew from their sources. Returns the files that have changed.
///
/// # Errors
/// When files cannot be read, listed or written.
pub fn update(repo: &Repo) -> Result<Vec<String>> {
    let exercises = repo.exercises()?;
    let mut changed = Vec::new();
    for file in chapters(repo)? {
        let text = repo.read(&file)?;
        let blocks = blocks(&text, |path, name| source(repo, &exercises, path, name));
        let updated = updated(&text, &blocks);
        if updated != text {
            repo.write(&file, &updated)?;
            changed.push(file);
        }
    }
    Ok(changed)
}

fn chapters(repo: &Repo) -> Result<Vec<String>> {
    let mut files = repo.files(&[MARKDOWN])?;
    files.retain(|file| file.starts_with(FOLDER));
    Ok(files)
}

/// The text of an item, where it may be shown.
fn source(repo: &Repo, exercises: &[Exercise], path: &str, name: &str) -> Result<String, String> {
    if path.contains("..") || !SOURCES.iter().any(|given| path.starts_with(given)) {
        return Err(format!(
            "{path} is nothing to take excerpts from: only {}",
            SOURCES.join(", ")
        ));
    }
    if exercises
        .iter()
        .any(|exercise| exercise.stub_file() == path && exercise.name == name)
    {
        return Err(format!(
            "{name} is the learner's to write: no excerpt of it stays true"
        ));
    }
    let text = repo.read(path).map_err(|error| format!("{error:#}"))?;
    item::text(&text, name).map_err(|error| format!("{path}: {error}"))
}

/// The blocks of Rust, and markers without one.
fn blocks(text: &str, source: impl Fn(&str, &str) -> Result<String, String>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut marker: Option<(usize, String)> = None;
    let wrong = |line, what: &str| Block {
        line,
        text: String::new(),
        wanted: Err(what.to_owned()),
    };
    for Piece { line, kind } in markdown::pieces(text) {
        let above = marker.take_if(|_| !matches!(kind, Kind::Code(_) | Kind::BrokenLink(_)));
        match kind {
            Kind::Fence {
                language,
                text,
                at_margin,
            } if language == "rust" => {
                let wanted = match above.filter(|(above, _)| above + 1 == line) {
                    Some(_) if !at_margin => {
                        Err("an excerpt stands at the margin, not in a list or quote".to_owned())
                    }
                    Some((_, marker)) => taken(&marker, &source),
                    None => Err(
                        "Rust without a line `<!-- excerpt: FILE#ITEM -->` directly above it"
                            .to_owned(),
                    ),
                };
                blocks.push(Block { line, text, wanted });
                continue;
            }
            Kind::Html(html) if html.contains("excerpt:") => marker = Some((line, html)),
            _ => {}
        }
        if let Some((line, _)) = above {
            blocks.push(wrong(line, "no block ```rust follows directly below"));
        }
    }
    if let Some((line, _)) = marker {
        blocks.push(wrong(line, "no block ```rust follows directly below"));
    }
    blocks
}

fn taken(
    marker: &str,
    source: impl Fn(&str, &str) -> Result<String, String>,
) -> Result<String, String> {
    let Some(parts) = MARKER.captures(marker) else {
        return Err(format!(
            "expected `<!-- excerpt: FILE#ITEM -->`, found {}",
            marker.trim()
        ));
    };
    let (_, [path, name]) = parts.extract();
    source(path, name)
}

fn updated(text: &str, blocks: &[Block]) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    // From the end on, so that the lines of the others stay where they are.
    for block in blocks.iter().rev() {
        if let Ok(wanted) = &block.wanted {
            let begin = block.line.min(lines.len());
            let end = (begin + block.text.lines().count()).min(lines.len());
            lines.splice(begin..end, wanted.split_inclusive('\n'));
        }
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn source(path: &str, name: &str) -> Result<String, String> {
        match path {
            "a.rs" => Ok(format!("// {name}\n// of {path}\n")),
            other => Err(format!("there is no {other}")),
        }
    }

    fn told(text: &str) -> Vec<(usize, Result<String, String>)> {
        let blocks = blocks(text, source);
        blocks
            .into_iter()
            .map(|block| (block.line, block.wanted))
            .collect()
    }

    #[test]
    fn an_excerpt_is_rewritten_and_nothing_else() {
        let text = "# A\n\n<!-- excerpt: a.rs#B -->\n```rust\nold\nolder\noldest\n```\n\n<!-- excerpt: a.rs#C -->\n```rust\n```\n```sh\nls\n```\n";
        let expected = "# A\n\n<!-- excerpt: a.rs#B -->\n```rust\n// B\n// of a.rs\n```\n\n<!-- excerpt: a.rs#C -->\n```rust\n// C\n// of a.rs\n```\n```sh\nls\n```\n";
        let new = updated(text, &blocks(text, source));
        assert_eq!(new, expected);
        assert_eq!(updated(&new, &blocks(&new, source)), new);
    }

    #[test]
    fn rust_without_a_marker_is_refused() {
        let refused =
            Err("Rust without a line `<!-- excerpt: FILE#ITEM -->` directly above it".to_owned());
        assert_eq!(told("```rust\nlet a;\n```\n"), [(1, refused.clone())]);
        let below = Err("no block ```rust follows directly below".to_owned());
        assert_eq!(
            told("<!-- excerpt: a.rs#B -->\n\n```rust,ignore\n```\n"),
            [(3, refused)]
        );
        assert_eq!(
            told("<!-- excerpt: a.rs#B -->\n```text\n```\n"),
            [(1, below.clone())]
        );
        assert_eq!(told("<!-- excerpt: a.rs#B -->\n"), [(1, below)]);
        assert_eq!(
            told("<!-- excerpt: a.rs -->\n```rust\n```\n"),
            [(
                2,
                Err(
                    "expected `<!-- excerpt: FILE#ITEM -->`, found <!-- excerpt: a.rs -->"
                        .to_owned()
                )
            )]
        );
    }

    #[test]
    fn solutions_and_exercises_are_not_shown() {
        let repo = Repo::here();
        let exercises = repo.exercises().expect("facts");
        let tried = |path, name| super::source(&repo, &exercises, path, name);
        assert!(tried("solutions/phase2_producer.rs", "produce_event").is_err());
        assert!(tried("src/../solutions/phase2_producer.rs", "create_producer").is_err());
        assert!(tried("exercises/phase2_producer.rs", "produce_event").is_err());
        assert!(tried("exercises/phase2_producer.rs", "create_producer").is_ok());
    }
}
