//! A copy of the kit in which an answer takes the reference's place. The kit itself is not touched.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Answer, NoRun};
use crate::kit::{Kit, KitError};

/// The copy. Compiled dependencies are shared with the kit, so an answer costs the event log, the checks and a link.
pub struct Workspace {
    folder: PathBuf,
    target: PathBuf,
    /// The answers' files as the reference has them.
    solutions: Vec<(String, String)>,
}

/// What cargo says of something that it has built.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The checks' program.
const CHECKS: &str = "graded";

impl Workspace {
    /// Copies the kit as it is now, uncommitted changes included.
    ///
    /// # Errors
    /// When its files cannot be listed, read or written.
    pub fn copy(kit: &Kit) -> Result<Self, KitError> {
        let target = target_folder(kit);
        let folder = target.join("graders").join("kit");
        let wrote = |path: &str, result: io::Result<()>| {
            result.map_err(|source| KitError::Write {
                path: path.to_owned(),
                source,
            })
        };
        let files = kit.files(&[""])?;
        let mut solutions = Vec::new();
        for path in &files {
            let text = kit.read(path)?;
            wrote(path, write_if_other(&folder.join(path), &text))?;
            if path.starts_with("solutions/") {
                solutions.push((path.clone(), text));
            }
        }
        wrote(
            "target/graders/kit",
            remove_others(&folder, &folder, &files),
        )?;
        Ok(Self {
            folder,
            target,
            solutions,
        })
    }

    /// Compiles the checks with an answer and returns the program, a file of its own that the next call leaves alone.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn compile(&self, answer: &Answer) -> Result<Program, NoRun> {
        for (path, reference) in &self.solutions {
            let is_answer = answer.file.as_deref() == Some(path);
            let text = if is_answer { &answer.source } else { reference };
            write_if_other(&self.folder.join(path), text)?;
        }
        let built = self.cargo()?;
        let folder = self.target.join("graders").join("programs");
        fs::create_dir_all(&folder)?;
        let own = folder.join(format!(
            "{}-{}",
            std::process::id(),
            answer.id.replace('/', ".")
        ));
        fs::copy(built, &own)?;
        Ok(Program { path: own })
    }

    fn cargo(&self) -> Result<PathBuf, NoRun> {
        let output = Command::new(cargo())
            .args([
                "test",
                "--test",
                CHECKS,
                "--features",
                "solutions",
                "--no-run",
            ])
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(NoRun::Compile(said));
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
            .filter(|artifact| artifact.target.name == CHECKS)
            .find_map(|artifact| artifact.executable)
            .ok_or(NoRun::Compile(said))
    }
}

/// A compiled program of the checks; the file goes with it.
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A process may still be running it; its file may go all the same.
        let _ = fs::remove_file(&self.path);
    }
}

/// The cargo that runs this program, if one does.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn target_folder(kit: &Kit) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => kit.root().join(folder),
        None => kit.root().join("target"),
    }
}

/// A file that is not written keeps its time, and cargo what it made of it.
fn write_if_other(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Removes what an earlier copy had and this one has not.
fn remove_others(root: &Path, folder: &Path, files: &[String]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let relative = relative.to_string_lossy().replace('\\', "/");
            if !files.contains(&relative) {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}
