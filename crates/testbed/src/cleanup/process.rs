//! The run's end of the pipe to its cleanup process.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::report::Report;
use super::task::Task;
use crate::broker::background;
use crate::process_id::ProcessId;

/// How long a run waits at its end for the cleanup process, which goes on by itself. A group whose member was killed stays
/// until the broker takes the member for dead, six seconds for most checks.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);

/// Removes what a run used. Dropping it has the cleanup process do so while nobody waits.
#[derive(Debug)]
pub struct Cleanup {
    task: Task,
    process: io::Result<Child>,
}

impl Cleanup {
    /// Starts the cleanup process. It touches nothing of this run as long as this process lives and keeps the value.
    pub fn start(task: Task) -> Self {
        let process = spawn(&task);
        Self { task, process }
    }

    /// Why there is no cleanup process: a run that is killed then leaves behind what it used.
    pub fn problem(&self) -> Option<&io::Error> {
        self.process.as_ref().err()
    }

    /// The processes that the run belongs to, as far as the system tells: this one and the cleanup process.
    pub fn processes(&self) -> Vec<ProcessId> {
        let cleanup = self.process.as_ref().ok().map(Child::id);
        let processes = [Some(std::process::id()), cleanup];
        let processes = processes.into_iter().flatten();
        processes.filter_map(ProcessId::of).collect()
    }

    /// Says that every container the run will ever use is there: the cleanup process need not wait for late ones.
    pub fn mark_started(&mut self) {
        let pipe = self
            .process
            .as_mut()
            .ok()
            .and_then(|process| process.stdin.as_mut());
        if let Some(pipe) = pipe {
            // A cleanup process that is gone shows at the release.
            let _ = pipe.write_all(b".");
        }
    }

    /// Ends the run: waits until everything is removed, for ten seconds at most. Returns what is left, and why.
    pub fn release(self) -> Vec<String> {
        match self.process {
            Ok(process) => release(process),
            Err(_no_process) => background::block_on(self.task.remove(true, |_| ())),
        }
    }
}

fn spawn(task: &Task) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(task.arguments()?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // Ctrl-C goes to a whole process group.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

fn release(mut process: Child) -> Vec<String> {
    drop(process.stdin.take());
    let reports = process.stdout.take().map(reports_of);
    let Some(reports) = reports else {
        return vec!["what the run used: its cleanup process has no standard output".to_owned()];
    };
    let deadline = Instant::now() + RELEASE_TIMEOUT;
    let mut latest = None;
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        match reports.recv_timeout(remaining) {
            Ok(report) if report.is_final => {
                // It ends with this report. How it ends adds nothing.
                let _ = process.wait();
                return report.left;
            }
            Ok(report) => latest = Some(report.left),
            Err(RecvTimeoutError::Timeout) => return unfinished(latest, process.id()),
            Err(RecvTimeoutError::Disconnected) => return ended_early(&mut process),
        }
    }
}

/// The reports as they come. They end with the process, or with a line that is none.
fn reports_of(stdout: ChildStdout) -> Receiver<Report> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let reports = lines.map_while(|line| serde_json::from_str(&line).ok());
        for report in reports {
            if sender.send(report).is_err() {
                return;
            }
        }
    });
    receiver
}

fn unfinished(latest: Option<Vec<String>>, process: u32) -> Vec<String> {
    let goes_on = format!("process {process} goes on removing for up to a minute");
    match latest {
        Some(left) if !left.is_empty() => left
            .iter()
            .map(|what| format!("{what} ({goes_on})"))
            .collect(),
        _ => vec![format!("what the run used is not all gone yet: {goes_on}")],
    }
}

fn ended_early(process: &mut Child) -> Vec<String> {
    let end = match process.wait() {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    vec![format!(
        "what the run used: its cleanup process ended without a report ({end})"
    )]
}
