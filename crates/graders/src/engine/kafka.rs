//! The Kafka that all runs share. The checks' own program holds it, so it is started, chosen and tidied up as for a
//! learner.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use report::variables;

use super::NoRun;

/// A Kafka that is there until this is dropped.
pub struct Kafka {
    holder: Child,
    /// Closed, it ends the holder. So does the end of this process, however it comes.
    stdin: Option<ChildStdin>,
    environment: Vec<(String, String)>,
}

impl Kafka {
    /// Opens the Kafka that the environment names, and waits until it is there.
    ///
    /// # Errors
    /// When there is none; stderr says why.
    pub fn hold(checks: &Path) -> Result<Self, NoRun> {
        let mut holder = Command::new(checks)
            .env(variables::HOLD, "for the graders")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = holder.stdin.take();
        let stdout = holder.stdout.take().into_iter();
        let environment: Vec<(String, String)> = stdout
            .flat_map(|stdout| BufReader::new(stdout).lines())
            .map_while(Result::ok)
            .map_while(|line| {
                let (variable, value) = line.split_once('=')?;
                Some((variable.to_owned(), value.to_owned()))
            })
            .collect();
        if environment.is_empty() {
            let _ = holder.wait();
            return Err(NoRun::Machine(std::io::Error::other("there is no Kafka")));
        }
        Ok(Self {
            holder,
            stdin,
            environment,
        })
    }

    /// The environment that leads a run to it.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Whether it is a real one.
    pub fn is_real(&self) -> bool {
        self.name() != "mock"
    }

    /// Its address, or what it is.
    pub fn name(&self) -> &str {
        let mut values = self.environment.iter().map(|(_, value)| value.as_str());
        values.next_back().unwrap_or_default()
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.holder.wait();
    }
}
