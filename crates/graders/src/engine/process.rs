//! One run of the compiled checks.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use report::variables;

use super::{JobResult, NoRun, Ran};
use crate::outcome;
use crate::run::Run;

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
    /// Whether the patient checks run.
    pub patient: bool,
    /// Whether it is ended at the first failure.
    pub until_first_failure: bool,
}

impl Process<'_> {
    /// Runs the checks to their end, or ends them.
    ///
    /// # Errors
    /// When they do not start or are late.
    pub fn run(&self) -> JobResult {
        let begun = Instant::now();
        let mut child = Command::new(self.checks)
            .arg(self.filter)
            // Several programs run at a time, so each has fewer checks at a time than a learner's.
            .env("RUST_TEST_THREADS", "16")
            .env(variables::PATIENT, if self.patient { "1" } else { "0" })
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = in_background(child.stderr.take());
        let printed = self.read(&mut child, begun);
        if printed.is_err() {
            child.kill()?;
        }
        let status = child.wait()?;
        let stdout = printed?;
        Ok(Ran {
            run: Run {
                code: status.code(),
                checks: outcome::checks(&stdout),
                stderr: stderr.join().unwrap_or_default(),
            },
            elapsed: begun.elapsed(),
        })
    }

    /// What it prints, until it ends or has to be ended.
    fn read(&self, child: &mut Child, begun: Instant) -> Result<String, NoRun> {
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let mut printed = String::new();
        loop {
            let left = self.limit.saturating_sub(begun.elapsed());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    printed += &line;
                    printed += "\n";
                    if self.until_first_failure && outcome::is_failure(&line) {
                        child.kill()?;
                        return Ok(printed);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(printed),
                Err(RecvTimeoutError::Timeout) => return Err(NoRun::Late(self.limit)),
            }
        }
    }
}

fn in_background(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}
