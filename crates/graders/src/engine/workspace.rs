//! A copy of the kit in which an answer takes the reference's place. The kit itself is not touched.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use report::Check;
use serde::Deserialize;

use super::batch::{self, ANSWER_VARIABLE};
use super::lock::Lock;
use super::{Answer, NoRun};
use crate::repo::Repo;

/// The copy. Compiled dependencies are shared with the kit, so an answer costs the event log, the checks and a link.
pub struct Workspace {
    folder: PathBuf,
    target: PathBuf,
    /// The answers' files as the reference has them.
    solutions: Vec<(String, String)>,
    _lock: Lock,
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

/// What the compiler says by way of cargo.
#[derive(Deserialize)]
struct CompilerLine {
    message: Diagnostic,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
}

/// The checks' program.
const CHECKS: &str = "graded";

impl Workspace {
    /// Copies the kit as it is now, uncommitted changes included. Waits while another command uses the copy.
    ///
    /// # Errors
    /// When its files cannot be listed, read or written.
    pub fn copy(repo: &Repo) -> Result<Self> {
        let target = target_folder(repo);
        let folder = target.join("graders").join("kit");
        let lock = target.join("graders").join("kit.lock");
        let lock = Lock::take(&lock).with_context(|| format!("cannot lock {}", lock.display()))?;
        let files = repo.files(&[""])?;
        for path in &files {
            let content = if path == "Cargo.toml" {
                isolate_version(&repo.read(path)?).into_bytes()
            } else {
                repo.read_bytes(path)?
            };
            write_if_changed(&folder.join(path), &content)
                .with_context(|| format!("cannot copy {path}"))?;
        }
        prune(&folder, &folder, &files)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
        Ok(Self {
            folder,
            target,
            solutions: solutions(repo)?,
            _lock: lock,
        })
    }

    /// Whether an answer can be compiled together with others.
    pub fn fits_into_a_batch(&self, answer: &Answer) -> bool {
        let reference = self
            .solutions
            .iter()
            .find(|(path, _)| answer.file.as_ref() == Some(path));
        reference.is_some_and(|(_, reference)| batch::same_signatures(reference, &answer.source))
    }

    /// Compiles the checks with each of the answers, all of which stand for one file.
    ///
    /// # Errors
    /// For each answer, when it does not compile.
    pub fn compile(&self, answers: &[&Answer]) -> Vec<Result<Program, NoRun>> {
        if let [answer] = answers {
            let program = self
                .put_alone(answer)
                .and_then(|()| self.build(&answer.id))
                .map(|file| Program {
                    file: Arc::new(file),
                    number: None,
                });
            return vec![program.map_err(NoRun::readable)];
        }
        let mut refused: BTreeMap<usize, String> = BTreeMap::new();
        loop {
            let numbers: Vec<usize> = (0..answers.len())
                .filter(|n| !refused.contains_key(n))
                .collect();
            if numbers.is_empty() {
                return all_results(answers.len(), &refused, |_| {
                    Err(NoRun::Compile(String::new()))
                });
            }
            let put = self.put_batch(answers, &numbers);
            match put.and_then(|()| self.build(&answers[numbers[0]].id)) {
                Ok(file) => {
                    let file = Arc::new(file);
                    let program = |number| {
                        Ok(Program {
                            file: Arc::clone(&file),
                            number: Some(number),
                        })
                    };
                    return all_results(answers.len(), &refused, program);
                }
                Err(NoRun::Compile(output)) => {
                    let known = refused.len();
                    refused.extend(by_answer(&output));
                    if refused.len() == known {
                        return all_results(answers.len(), &refused, |_| {
                            Err(NoRun::Compile(output.clone()))
                        });
                    }
                }
                Err(other) => {
                    let output = other.to_string();
                    let error = |_| Err(NoRun::Machine(io::Error::other(output.clone())));
                    return all_results(answers.len(), &refused, error);
                }
            }
        }
    }

    fn put_alone(&self, answer: &Answer) -> Result<(), NoRun> {
        for (path, reference) in &self.solutions {
            let is_answer = answer.file.as_deref() == Some(path);
            let text = if is_answer { &answer.source } else { reference };
            write_if_changed(&self.folder.join(path), text.as_bytes())?;
        }
        Ok(())
    }

    fn put_batch(&self, answers: &[&Answer], numbers: &[usize]) -> Result<(), NoRun> {
        for (path, reference) in &self.solutions {
            if answers[0].file.as_deref() != Some(path) {
                write_if_changed(&self.folder.join(path), reference.as_bytes())?;
                continue;
            }
            for number in numbers {
                let file = self.folder.join(batch::file(path, *number));
                write_if_changed(&file, answers[*number].source.as_bytes())?;
            }
            let name = path.rsplit('/').next().unwrap_or(path);
            let dispatcher =
                batch::dispatcher(reference, name, numbers).map_err(io::Error::other)?;
            write_if_changed(&self.folder.join(path), dispatcher.as_bytes())?;
        }
        Ok(())
    }

    /// Compiles what has been put, and copies the program: the next one takes its place.
    fn build(&self, name: &str) -> Result<ProgramFile, NoRun> {
        let output = Command::new(cargo())
            .args([
                "test",
                "--test",
                CHECKS,
                "--features",
                "solutions",
                "--no-run",
            ])
            .args(["--message-format", "json"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .stdin(Stdio::null())
            .output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(NoRun::Compile(format!("{stderr}{stdout}")));
        }
        let built = stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
            .filter(|artifact| artifact.target.name == CHECKS)
            .find_map(|artifact| artifact.executable)
            .ok_or_else(|| io::Error::other("cargo names no program of the checks"))?;
        let folder = self.target.join("graders").join("programs");
        fs::create_dir_all(&folder)?;
        let own = folder.join(format!("{}-{}", std::process::id(), name.replace('/', ".")));
        fs::copy(built, &own)?;
        Ok(ProgramFile(own))
    }
}

fn solutions(repo: &Repo) -> Result<Vec<(String, String)>> {
    let mut paths = repo.files(&[".rs"])?;
    paths.retain(|path| path.starts_with("solutions/"));
    let with_text = |path: String| Ok((path.clone(), repo.read(&path)?));
    paths.into_iter().map(with_text).collect()
}

/// What became of each answer of a batch: refused, or what `other` says of its number.
fn all_results(
    count: usize,
    refused: &BTreeMap<usize, String>,
    other: impl Fn(usize) -> Result<Program, NoRun>,
) -> Vec<Result<Program, NoRun>> {
    let one = |number| match refused.get(&number) {
        Some(output) => Err(NoRun::Compile(output.clone())),
        None => other(number),
    };
    (0..count).map(one).collect()
}

impl NoRun {
    /// What the compiler says to people, out of what cargo says to programs.
    fn readable(self) -> Self {
        match self {
            Self::Compile(output) => {
                let errors: String = errors(&output).map(|error| error.rendered).collect();
                Self::Compile(if errors.is_empty() { output } else { errors })
            }
            other => other,
        }
    }
}

fn errors(output: &str) -> impl Iterator<Item = Diagnostic> {
    output
        .lines()
        .filter_map(|line| serde_json::from_str::<CompilerLine>(line).ok())
        .map(|line| line.message)
        .filter(|message| message.level == "error")
}

/// The compiler's errors, by the answers that they are about.
fn by_answer(output: &str) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    for error in errors(output) {
        let mut files = error.spans.iter().map(|span| span.file_name.as_str());
        if let Some(number) = files.find_map(batch::answer_number) {
            *found.entry(number).or_default() += &error.rendered;
        }
    }
    found
}

/// A compiled program of the checks, to be run with one answer.
#[derive(Clone)]
pub struct Program {
    file: Arc<ProgramFile>,
    number: Option<usize>,
}

impl Program {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file.0
    }

    /// What its environment has to say, so that the answer is called.
    pub fn environment(&self) -> Option<(String, String)> {
        let number = self.number?;
        Some((ANSWER_VARIABLE.to_owned(), number.to_string()))
    }

    /// Makes the failure of a check read as if the answer were the only one.
    pub fn strip_number(&self, check: &mut Check) {
        if let (Some(number), Some(failure)) = (self.number, &mut check.failure) {
            for text in [&mut failure.seen, &mut failure.look] {
                *text = batch::strip_number(text, number);
            }
        }
    }
}

/// The file goes when nobody needs it any more.
struct ProgramFile(PathBuf);

impl Drop for ProgramFile {
    fn drop(&mut self) {
        // A process may still be running it; its file may go all the same.
        let _ = fs::remove_file(&self.0);
    }
}

/// The cargo that runs this program, if one does.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn target_folder(repo: &Repo) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => repo.root().join(folder),
        None => repo.root().join("target"),
    }
}

/// Cargo tells packages of the same name apart by version, not by folder, so the copy's have a version of their own: else
/// cargo would take what it compiled for the one for the other.
fn isolate_version(manifest: &str) -> String {
    manifest.replacen("\nversion = \"", "\nversion = \"0.0.0-copy-of-", 1)
}

/// A file that is not written keeps its time, and cargo what it made of it.
fn write_if_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

/// Removes what an earlier copy had and this one has not.
fn prune(root: &Path, folder: &Path, files: &[String]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            prune(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let relative = relative.to_string_lossy().replace('\\', "/");
            if !files.contains(&relative) {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}
