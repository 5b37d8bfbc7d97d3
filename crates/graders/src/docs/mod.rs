//! Checks of the documents that need nothing but the files: links, the book's contents, excerpts and settings.
//!
//! - [`links`]: every link leads to a file and a heading that exist.
//! - [`contents`]: the chapters and `docs/SUMMARY.md` agree.
//! - [`excerpts`]: code in a chapter is what stands in the source.
//! - [`settings`]: every setting that is named exists.
//!
//! And [`outside`], which is no check: what becomes of links out of the book on its pages.

use std::fmt;

use anyhow::Result;

use crate::repo::Repo;

pub mod contents;
pub mod excerpts;
mod fields;
mod item;
pub mod links;
mod markdown;
pub mod outside;
mod properties;
pub mod settings;

/// The folder of the book, from the repository's root.
pub const FOLDER: &str = "docs/";

const MARKDOWN: &str = ".md";
const RUST: &str = ".rs";

/// Something in a document that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, from the repository's root.
    pub file: String,
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// What one of the checks came to.
#[derive(Debug)]
pub struct Report {
    /// What it looks at.
    pub name: &'static str,
    /// How many of them it has looked at.
    pub count: usize,
    /// What it found.
    pub problems: Vec<Problem>,
}

impl Problem {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// All checks, in the order in which they are told.
///
/// # Errors
/// When files cannot be read.
pub fn check(repo: &Repo) -> Result<Vec<Report>> {
    Ok(vec![
        links::check(repo)?,
        contents::check(repo)?,
        excerpts::check(repo)?,
        settings::check(repo)?,
        settings::check_list(repo)?,
    ])
}
