//! The properties of the librdkafka that the kit is built with, from its own list.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::repo::Repo;

/// What librdkafka has and its list leaves out.
const UNLISTED: [&str; 1] = ["test.mock.num.brokers"];

/// The properties' names.
///
/// # Errors
/// When cargo does not say where librdkafka is, or its list cannot be read.
pub fn all(repo: &Repo) -> Result<BTreeSet<String>> {
    let manifest = manifest(repo)?;
    let file = Path::new(&manifest).with_file_name("librdkafka/CONFIGURATION.md");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let mut names = names(&text);
    ensure!(
        names.contains("bootstrap.servers"),
        "no tables of properties in {}",
        file.display()
    );
    names.extend(UNLISTED.map(str::to_owned));
    Ok(names)
}

/// Where the manifest of the locked rdkafka-sys is.
fn manifest(repo: &Repo) -> Result<String> {
    // Of all platforms, cargo has downloaded the packages of this one alone.
    let host = cargo(repo, &["-vV"])?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_default()
        .to_owned();
    let platform = ["--filter-platform", &host];
    let output = cargo(
        repo,
        &[
            &["metadata", "--format-version", "1", "--offline", "--locked"][..],
            &platform,
        ]
        .concat(),
    )?;
    let metadata: serde_json::Value = serde_json::from_str(&output).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == "rdkafka-sys")
        .find_map(|package| package["manifest_path"].as_str());
    manifest
        .map(str::to_owned)
        .context("Cargo.lock has no rdkafka-sys")
}

fn cargo(repo: &Repo, arguments: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(repo.root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first column of the tables that begin with `Property`.
fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut in_table = false;
    for line in text.lines() {
        let first = line.split_once('|').map(|(first, _)| first.trim());
        match first {
            None => in_table = false,
            Some("Property") => in_table = true,
            Some(rule) if rule.starts_with('-') => {}
            Some(name) if in_table => {
                names.insert(name.to_owned());
            }
            Some(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names_are_the_first_column_of_the_tables() {
        let text = "# Properties\n\nProperty | C/P | Range\n-----|-----|----\nacks    |  P  | 1 | *a \\| b*\nlinger.ms | P |\n\nOther | one\n---|---\nno | x\n";
        assert_eq!(
            names(text).into_iter().collect::<Vec<_>>(),
            ["acks", "linger.ms"]
        );
    }
}
