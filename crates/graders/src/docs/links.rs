//! Every link leads to a file and a heading that exist. Nothing is fetched.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use super::markdown::{self, Kind};
use super::{MARKDOWN, Problem, Report};
use crate::repo::Repo;
use crate::slugs;

static SCHEME: LazyLock<Regex> = LazyLock::new(|| regex(r"^([a-z][a-z0-9+.-]*:|//)"));
static EXTERNAL: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"^https://[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}([/?#][^\s<>"]*)?$"#));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern that is written here")
}

/// Looks at all Markdown documents.
///
/// # Errors
/// When files cannot be read or listed.
pub fn check(repo: &Repo) -> Result<Report> {
    let files: BTreeSet<String> = repo.files(&[""])?.into_iter().collect();
    let mut report = Report {
        name: "links",
        count: 0,
        problems: Vec::new(),
    };
    for file in files.iter().filter(|file| file.ends_with(MARKDOWN)) {
        for piece in markdown::pieces(&repo.read(file)?) {
            let wrong = match &piece.kind {
                Kind::Link(target) => {
                    report.count += 1;
                    wrong_with(target, file, &files, |path| repo.read(path))?
                }
                Kind::BrokenLink(label) => Some(format!("nothing says where [{label}] leads")),
                Kind::Html(html) if html.contains("href=") || html.contains("src=") => {
                    Some("write links and images in Markdown, not in HTML".to_owned())
                }
                _ => None,
            };
            report
                .problems
                .extend(wrong.map(|what| Problem::new(file, piece.line, what)));
        }
    }
    Ok(report)
}

/// What is wrong with a link that stands in `file`.
fn wrong_with(
    target: &str,
    file: &str,
    files: &BTreeSet<String>,
    read: impl Fn(&str) -> Result<String>,
) -> Result<Option<String>> {
    if SCHEME.is_match(target) {
        let wrong = (!EXTERNAL.is_match(target)).then(|| format!("{target} is no https link"));
        return Ok(wrong);
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let Some(path) = resolved(path, file) else {
        return Ok(Some(format!("{target} leads out of the repository")));
    };
    let is_folder = path.ends_with('/') && files.iter().any(|file| file.starts_with(&path));
    if !files.contains(&path) && !is_folder {
        return Ok(Some(format!("{target}: there is no file {path}")));
    }
    let Some(anchor) = anchor else {
        return Ok(None);
    };
    if !path.ends_with(MARKDOWN) {
        let wrong =
            format!("{target}: an anchor into {path}, where lines come and go; link to the file");
        return Ok(Some(wrong));
    }
    let there = slugs::anchors(&read(&path)?)
        .iter()
        .any(|found| found == anchor);
    Ok((!there).then(|| format!("{target}: {path} has no heading for #{anchor}")))
}

/// A path as seen from the file it stands in, as one from the repository's root.
fn resolved(path: &str, file: &str) -> Option<String> {
    if path.is_empty() {
        return Some(file.to_owned());
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    if path.starts_with('/') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn wrong(target: &str) -> Option<String> {
        let files = ["README.md", "docs/a.md", "docs/b.md", "src/lib.rs"];
        let files = files.into_iter().map(str::to_owned).collect();
        wrong_with(
            target,
            "docs/a.md",
            &files,
            |_| Ok("# One two\n".to_owned()),
        )
        .expect("files")
    }

    #[test]
    fn what_leads_somewhere_is_right() {
        for target in [
            "b.md",
            "./b.md#one-two",
            "#one-two",
            "../README.md",
            "../src/lib.rs",
            "../src/",
            "https://kafka.apache.org",
            "https://cwiki.apache.org/confluence/x?y=z#w",
        ] {
            assert_eq!(wrong(target), None, "{target}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_said() {
        for (target, expected) in [
            ("c.md", "c.md: there is no file docs/c.md"),
            ("B.md", "B.md: there is no file docs/B.md"),
            ("src", "src: there is no file docs/src"),
            ("#two", "#two: docs/a.md has no heading for #two"),
            ("b.md#", "b.md#: docs/b.md has no heading for #"),
            ("../../x", "../../x leads out of the repository"),
            ("/README.md", "/README.md leads out of the repository"),
            (
                "../src/lib.rs#L1",
                "../src/lib.rs#L1: an anchor into src/lib.rs, where lines come and go; link to the file",
            ),
            (
                "http://kafka.apache.org",
                "http://kafka.apache.org is no https link",
            ),
            ("https://kafka", "https://kafka is no https link"),
            ("mailto:a@b.org", "mailto:a@b.org is no https link"),
        ] {
            assert_eq!(wrong(target).as_deref(), Some(expected), "{target}");
        }
    }
}
