//! One worker process: started, listened to, and ended.

use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use report::variables;

use super::super::protocol::{Body, Job, Message, Outcome, Panic, WORKER_ARGUMENT};
use super::capture::Capture;
use super::strays;

/// How often the judge looks whether a worker printed too much.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a worker that is past its deadline has to say so itself.
const GRACE: Duration = Duration::from_secs(5);

/// How long Kafka may take for a check's topics before the worker counts as stuck.
const PREPARATION: Duration = Duration::from_secs(90);

/// How long the judge waits for the rest of the output of a process that it has ended.
const REST_OF_THE_OUTPUT: Duration = Duration::from_millis(300);

/// How an attempt ended.
#[derive(Debug)]
pub struct Ended {
    /// Its end.
    pub end: End,
    /// The first panic of the learner's code.
    pub panic: Option<Panic>,
    /// What it printed.
    pub output: String,
    /// When it began.
    pub begun: Instant,
    /// How long it took.
    pub elapsed: Duration,
    /// How long its process has computed, if it said so.
    pub cpu: Duration,
    /// How many processes it left running.
    pub strays: usize,
}

/// The end of a worker.
#[derive(Debug)]
pub enum End {
    /// It said what the check came to.
    Verdict(Outcome),
    /// It ended without a verdict.
    Died(ExitStatus),
    /// The judge ended it without a verdict.
    Stopped(Stop),
}

/// Why the judge ends a worker before it has a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is far past its deadline and says nothing.
    Deadline(Duration),
    /// It uses this much memory, in bytes.
    Memory(u64),
    /// It prints without end.
    Output,
    /// The run is over, so its verdict is not needed.
    RunIsOver,
}

/// When the judge ends a worker, and what it does with its output.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The check's deadline, from its first wait for the learner's code.
    pub deadline: Duration,
    /// Whether its output is shown at once.
    pub show_output: bool,
    /// Set when the run ends early.
    pub is_over: Arc<AtomicBool>,
}

/// Runs the job in a process of its own, and ends that process.
///
/// # Errors
/// When the process cannot be started.
pub fn run(mut job: Job, limits: &Limits) -> io::Result<Ended> {
    job.token = token();
    let begun = Instant::now();
    let (socket, theirs) = UnixStream::pair()?;
    let (pipe, output) = io::pipe()?;
    let mut child = spawn(&job, theirs, output)?;
    let capture = Capture::start(pipe, limits.show_output)?;
    let messages = send_and_listen(socket, &job)?;
    let mut watch = Watch {
        begun,
        first_wait: None,
        panic: None,
        cpu: Duration::ZERO,
        limits,
    };
    let end = watch.until_the_end(&messages, &capture);
    let status = end_process(&mut child)?;
    let strays = strays::end_of_group(group(&child)) + strays::end_of_attempt(&job.token);
    capture.wait_for_the_end(REST_OF_THE_OUTPUT);
    Ok(Ended {
        end: end.unwrap_or(End::Died(status)),
        panic: watch.panic,
        output: capture.text(),
        begun,
        elapsed: begun.elapsed(),
        cpu: watch.cpu,
        strays,
    })
}

/// Tells the messages of one attempt from anything else that finds its way into the socket.
fn token() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{number}", crate::context::run_id())
}

/// A process group of its own: Ctrl-C goes to the judge alone, and what the learner's code starts ends with the worker.
fn spawn(job: &Job, socket: UnixStream, output: io::PipeWriter) -> io::Result<Child> {
    Command::new(this_program()?)
        .arg(WORKER_ARGUMENT)
        .env_remove(variables::REPORT)
        .env(strays::ATTEMPT_VARIABLE, &job.token)
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stderr(output.try_clone()?)
        .stdout(output)
        .process_group(0)
        .spawn()
}

/// The file of this process. On Linux it is the very same one, even when a build has put another in its place meanwhile.
fn this_program() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() {
        return Ok(own);
    }
    std::env::current_exe()
}

/// Sends the job. A thread passes on what the worker says, until the socket is closed or says something else.
fn send_and_listen(socket: UnixStream, job: &Job) -> io::Result<Receiver<Body>> {
    let mut line = serde_json::to_vec(job)?;
    line.push(b'\n');
    // A worker that has died already says so by its end.
    let _ = (&socket).write_all(&line);
    let (sender, messages) = mpsc::channel();
    let token = job.token.clone();
    thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || {
            for line in BufReader::new(socket).lines().map_while(Result::ok) {
                match serde_json::from_str::<Message>(&line) {
                    Ok(message) if message.token == token => {
                        if sender.send(message.body).is_err() {
                            return;
                        }
                    }
                    _ => return,
                }
            }
        })?;
    Ok(messages)
}

/// What the judge knows of a worker that runs.
struct Watch<'a> {
    begun: Instant,
    first_wait: Option<Instant>,
    panic: Option<Panic>,
    cpu: Duration,
    limits: &'a Limits,
}

impl Watch<'_> {
    /// Listens until the worker has a verdict, has to be ended, or is gone: then there is no end to tell but its own.
    fn until_the_end(&mut self, messages: &Receiver<Body>, capture: &Capture) -> Option<End> {
        loop {
            match messages.recv_timeout(LOOK_EVERY) {
                Ok(Body::Begun) => self.first_wait = Some(Instant::now()),
                Ok(Body::Panicked(panic)) => self.panic = Some(panic),
                Ok(Body::OutOfMemory(used)) => return Some(End::Stopped(Stop::Memory(used))),
                Ok(Body::Done {
                    outcome,
                    cpu_milliseconds,
                }) => {
                    self.cpu = Duration::from_millis(cpu_milliseconds);
                    return Some(End::Verdict(outcome));
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    if capture.is_too_long() {
                        return Some(End::Stopped(Stop::Output));
                    }
                    if self.limits.is_over.load(Ordering::Relaxed) {
                        return Some(End::Stopped(Stop::RunIsOver));
                    }
                    if Instant::now() >= self.last_moment() {
                        return Some(End::Stopped(Stop::Deadline(self.limits.deadline)));
                    }
                }
            }
        }
    }

    fn last_moment(&self) -> Instant {
        let start = self.first_wait.unwrap_or(self.begun + PREPARATION);
        start + self.limits.deadline + GRACE
    }
}

/// Ends the process if it still runs, and says how it ended.
fn end_process(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    child.kill()?;
    child.wait()
}

fn group(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// The signal's name, such as `SIGABRT`, if a signal ended it.
pub fn signal_of(status: ExitStatus) -> Option<String> {
    let number = status.signal()?;
    let signal = Signal::try_from(number).map(|signal| signal.as_str().to_owned());
    Some(signal.unwrap_or_else(|_unknown| format!("signal {number}")))
}
