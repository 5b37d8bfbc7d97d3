//! The repository's files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use report::exercises::{self, Exercise, Exercises};

/// A clone of the repository.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The one that this program was built from.
    pub fn here() -> Self {
        Self {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
        }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it has this file.
    pub fn has(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &str) -> Result<String> {
        std::fs::read_to_string(self.root.join(path)).with_context(|| format!("cannot read {path}"))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_bytes(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(self.root.join(path)).with_context(|| format!("cannot read {path}"))
    }

    /// Writes a file, and the folders that it needs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        let file = self.root.join(path);
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .and_then(|()| std::fs::write(&file, text))
            .with_context(|| format!("cannot write {path}"))
    }

    /// The exercises, in the order in which they stand in `exercises.toml`.
    ///
    /// # Errors
    /// When the file cannot be read, lacks a fact or has one too many.
    pub fn exercises(&self) -> Result<Vec<Exercise>> {
        let exercises = Exercises::parse(&self.read(exercises::FILE)?).context(exercises::FILE)?;
        Ok(exercises.into_vec())
    }

    /// The text of a file as it was committed.
    ///
    /// # Errors
    /// When git does not have it.
    pub fn committed(&self, commit: &str, path: &str) -> Result<String> {
        let file = format!("{commit}:{path}");
        self.git(&["show", &file])
            .with_context(|| format!("git does not show {file}"))
    }

    /// The files under version control, and new ones that are not ignored, whose name ends like one of `endings`.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn files(&self, endings: &[&str]) -> Result<Vec<String>> {
        let list = self
            .git(&[
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .context("cannot list the files under version control")?;
        let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
        // A file that was deleted and not committed yet is still listed.
        Ok(list
            .split_terminator('\0')
            .filter(wanted)
            .filter(|path| self.has(path))
            .map(str::to_owned)
            .collect())
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.root)
            .output()
            .context("cannot start git")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
