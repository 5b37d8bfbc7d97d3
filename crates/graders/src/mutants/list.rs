//! Which mutants there are, as cargo-mutants says.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::engine::workspace::cargo;
use crate::repo::Repo;

/// A changed reference.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The file that it changes, from the repository's root.
    pub file: String,
    /// What is changed: `replace + with - in poll_loop`.
    pub change: String,
    /// The line that it begins in, without the blanks in front: it tells two of the same name apart and survives a move.
    pub line: String,
    /// Where that line is.
    pub number: usize,
    /// The file with the change.
    pub source: String,
}

/// A mutant as cargo-mutants lists it.
#[derive(Deserialize)]
struct Listed {
    file: String,
    name: String,
    replacement: String,
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Position,
    end: Position,
}

/// Counted from 1, in characters.
#[derive(Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

/// The mutants of the solutions: all of them, or those of the lines that changed since a commit.
///
/// cargo-mutants does not see through the `cfg_attr` that chooses between stubs and solutions, so it is shown a package that
/// has the solutions and nothing else. To list its mutants that package need not compile.
///
/// # Errors
/// When cargo-mutants or git fails.
pub fn mutants(repo: &Repo, since: Option<&str>) -> Result<Vec<Mutant>> {
    let package = tempfile::tempdir()?;
    let folder = package.path();
    fs::create_dir(folder.join("solutions"))?;
    let mut modules = String::new();
    for path in repo.files(&[".rs"])? {
        if let Some(name) = path
            .strip_prefix("solutions/")
            .and_then(|p| p.strip_suffix(".rs"))
        {
            fs::write(folder.join(&path), repo.read(&path)?)?;
            modules.extend(["#[path = \"", &path, "\"]\nmod ", name, ";\n"]);
        }
    }
    fs::write(folder.join("lib.rs"), modules)?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    let mut command = Command::new(cargo());
    command
        .args(["mutants", "--list", "--json"])
        .current_dir(folder);
    if let Some(since) = since {
        let changes = changes(repo, since)?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let diff = folder.join("changes.diff");
        fs::write(&diff, changes)?;
        command.arg("--in-diff").arg(diff);
    }
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "`cargo mutants` does not list them; `cargo install --locked cargo-mutants` gets it. It says:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let listed = String::from_utf8_lossy(&output.stdout);
    // Nothing at all is printed when nothing has changed.
    if listed.trim().is_empty() {
        return Ok(Vec::new());
    }
    let listed: Vec<Listed> =
        serde_json::from_str(&listed).context("what `cargo mutants --list --json` printed")?;
    listed
        .into_iter()
        .map(|listed| listed.mutant(repo))
        .collect()
}

const MANIFEST: &str = "\
[package]
name = \"solutions\"
version = \"0.0.0\"
edition = \"2024\"

[lib]
path = \"lib.rs\"

[workspace]
";

fn changes(repo: &Repo, since: &str) -> Result<String> {
    let output = Command::new("git")
        .args(["diff", since, "--", "solutions"])
        .current_dir(repo.root())
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "git does not say what changed since {since}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Listed {
    fn mutant(self, repo: &Repo) -> Result<Mutant> {
        let reference = repo.read(&self.file)?;
        let number = self.span.start.line;
        let line = reference.lines().nth(number.saturating_sub(1));
        let change = self.name.splitn(4, ':').last().unwrap_or_default();
        Ok(Mutant {
            change: change.trim().to_owned(),
            line: line.unwrap_or_default().trim().to_owned(),
            number,
            source: replaced(&reference, &self.span, &self.replacement),
            file: self.file,
        })
    }
}

fn replaced(source: &str, span: &Span, replacement: &str) -> String {
    let (start, end) = (byte(source, &span.start), byte(source, &span.end));
    format!("{}{replacement}{}", &source[..start], &source[end..])
}

fn byte(source: &str, position: &Position) -> usize {
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(position.line - 1).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let characters = line.char_indices().map(|(at, _)| at);
    before
        + characters
            .chain([line.len()])
            .nth(position.column - 1)
            .unwrap_or(line.len())
}

impl Mutant {
    /// `phase3_consumer.rs:90: replace < with == in poll_loop`.
    pub fn id(&self) -> String {
        let file = self.file.trim_start_matches("solutions/");
        format!("{file}:{}: {}", self.number, self.change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_span_is_counted_in_characters_from_one() {
        let span = |start: (usize, usize), end: (usize, usize)| Span {
            start: Position {
                line: start.0,
                column: start.1,
            },
            end: Position {
                line: end.0,
                column: end.1,
            },
        };
        let source = "«a» + b\nc\n";
        assert_eq!(replaced(source, &span((1, 5), (1, 6)), "-"), "«a» - b\nc\n");
        assert_eq!(replaced(source, &span((1, 7), (2, 2)), "d"), "«a» + d\n");
    }
}
