//! Where the kit's files are.

use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

/// The kit's folder.
#[derive(Debug, Clone)]
pub struct Kit {
    root: PathBuf,
}

/// A file that could not be read, or files that could not be listed.
#[derive(Debug, Error)]
pub enum KitError {
    /// It is not there, or no text.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file, from the kit's folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file, from the kit's folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Git does not have it.
    #[error("git does not show {file}: {said}")]
    Committed {
        /// Commit and file.
        file: String,
        /// What git says.
        said: String,
    },
    /// Git is not there, or the kit is no clone.
    #[error("cannot list the files under version control: {0}")]
    List(String),
}

impl Kit {
    /// The kit that this program was built from.
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
    pub fn read(&self, path: &str) -> Result<String, KitError> {
        std::fs::read_to_string(self.root.join(path)).map_err(|source| KitError::Read {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes a file, and the folders that it needs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<(), KitError> {
        let file = self.root.join(path);
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|source| KitError::Write {
                path: path.to_owned(),
                source,
            })
    }

    /// The text of a file as it was committed.
    ///
    /// # Errors
    /// When git does not have it.
    pub fn committed(&self, commit: &str, path: &str) -> Result<String, KitError> {
        let file = format!("{commit}:{path}");
        self.git(&["show", &file])
            .map_err(|said| KitError::Committed { file, said })
    }

    /// The files under version control, and new ones that are not ignored, whose name ends like one of `endings`.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn files(&self, endings: &[&str]) -> Result<Vec<String>, KitError> {
        let list = self
            .git(&["ls-files", "--cached", "--others", "--exclude-standard"])
            .map_err(KitError::List)?;
        let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
        // A file that was deleted and not committed yet is still listed.
        Ok(list
            .lines()
            .filter(wanted)
            .filter(|path| self.has(path))
            .map(str::to_owned)
            .collect())
    }

    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.root)
            .output()
            .map_err(|error| format!("git: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }
}
