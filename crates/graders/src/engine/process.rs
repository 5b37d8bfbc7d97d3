//! One run of the compiled checks.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use report::variables;

use super::{JobResult, NoRun, Ran};
use crate::run::Run;

/// How often it is looked whether the run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A run to be made.
pub struct Process<'a> {
    /// The checks' program.
    pub checks: &'a Path,
    /// The checks whose name contains this.
    pub filter: &'a str,
    /// Leads it to a Kafka.
    pub environment: &'a [(String, String)],
    /// After this it is ended.
    pub limit: Duration,
    /// Whether the slow checks run.
    pub slow: bool,
    /// Whether the first failure ends it.
    pub until_first_failure: bool,
}

impl Process<'_> {
    /// Runs the checks to their end, or ends them.
    ///
    /// # Errors
    /// When they do not start or are late.
    pub fn run(&self) -> JobResult {
        let begun = Instant::now();
        let folder = tempfile::tempdir()?;
        let report = folder.path().join("report.jsonl");
        let mut child = self.command(&report).spawn()?;
        let stderr = in_background(child.stderr.take());
        let Some(status) = wait(&mut child, begun + self.limit)? else {
            // Its workers end with it.
            child.kill()?;
            child.wait()?;
            return Err(NoRun::Late(self.limit));
        };
        let output = Output {
            status,
            stdout: Vec::new(),
            stderr: stderr.join().unwrap_or_default(),
        };
        Ok(Ran {
            run: Run::new(&output, &report),
            elapsed: begun.elapsed(),
        })
    }

    fn command(&self, report: &Path) -> Command {
        let mut command = Command::new(self.checks);
        command
            .arg(self.filter)
            .args(["--quiet", "--leave-cleanup", "--test-threads", "24"])
            .args(self.slow.then_some("--include-ignored"))
            .args(self.until_first_failure.then_some("--fail-fast"))
            .env(variables::REPORT, report)
            .env_remove(variables::SLOW)
            .env_remove(variables::PATIENT)
            // Backtraces would be among the last lines that a failure quotes.
            .env_remove("RUST_BACKTRACE")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }
}

/// How the process ended, if it did by then.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || Instant::now() >= deadline {
            return Ok(ended);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn in_background(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut text);
        }
        text
    })
}
