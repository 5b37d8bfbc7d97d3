//! Runs the checks of a plan: each attempt in a process of its own, so many at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::ClientConfig;
use report::{Reason, Verdict};

use super::super::course::Course;
use super::super::protocol::{Job, Outcome};
use super::super::registry::{Check, Needs};
use super::queue::{Pending, Queue};
use super::retry::{self, Decision};
use super::stall_monitor::StallMonitor;
use super::worker_process::{self, End, Ended, Limits, Stop};
use super::{death, plan};
use crate::cluster::Cluster;
use crate::context;
use crate::session::{Connection, Session};
use crate::verdict::NotGraded;

/// How much memory the process of a check may use. A correct one needs a twentieth.
const MEMORY_LIMIT: u64 = 1024 * 1024 * 1024;

/// How many attempts are made again at a time. What was too much for the machine would be so again.
const RETRIES_AT_A_TIME: usize = 4;

/// What happens while the checks run.
#[derive(Debug)]
pub enum Event {
    /// Something that a learner should read at once.
    Notice(String),
    /// A check has its verdict.
    Decided(Box<Decided>),
}

/// A check that has its verdict.
#[derive(Debug)]
pub struct Decided {
    /// For the report.
    pub check: report::Check,
    /// The longest stall that made an attempt void.
    pub stall: Option<Duration>,
}

/// The run of a plan.
pub struct Run<'a> {
    course: &'a Course,
    events: Mutex<Sender<Event>>,
    session: OnceLock<Result<Session, NotGraded>>,
    monitor: StallMonitor,
    options: Options,
    /// Set at the first failure of a run that ends there.
    is_over: Arc<AtomicBool>,
}

/// How checks run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many at a time.
    pub threads: usize,
    /// Whether what they print is shown at once.
    pub show_output: bool,
    /// Whether the first failure ends the run.
    pub fail_fast: bool,
}

impl<'a> Run<'a> {
    /// A run that has not begun.
    pub fn new(course: &'a Course, options: Options, events: Sender<Event>) -> Self {
        Self {
            course,
            events: Mutex::new(events),
            session: OnceLock::new(),
            monitor: StallMonitor::start(),
            options,
            is_over: Arc::default(),
        }
    }

    /// Runs the checks, in this order, and those that disturb the broker one by one at the end. Opens Kafka first if
    /// `needs_kafka`.
    pub fn run(&self, checks: &[&'static Check], needs_kafka: bool) {
        let (exclusive, shared): (Vec<Pending>, Vec<Pending>) = checks
            .iter()
            .map(|&check| Pending::first(check))
            .partition(|pending| pending.check.exclusive);
        let queue = Queue::new(shared, !needs_kafka);
        let mut again = thread::scope(|scope| {
            if needs_kafka {
                scope.spawn(|| self.open_kafka(&queue));
            }
            self.attempt_all(&queue, self.options.threads)
        });
        while !again.is_empty() {
            let slots = self.options.threads.min(RETRIES_AT_A_TIME);
            again = self.attempt_all(&Queue::new(again, true), slots);
        }
        for pending in exclusive {
            self.attempt_alone(pending);
        }
    }

    /// The Kafka of the run, once it was opened or could not be.
    pub fn into_session(self) -> Option<Result<Session, NotGraded>> {
        self.session.into_inner()
    }

    fn open_kafka(&self, queue: &Queue) {
        let session = self.session.get_or_init(Session::open);
        match session {
            Ok(session) => {
                if let Some(notice) = session.notice() {
                    self.tell(Event::Notice(notice));
                }
                if let Some(broker) = client(&session.connection()) {
                    self.monitor.watch_broker(broker);
                }
            }
            Err(reason) => self.tell(Event::Notice(reason.to_string())),
        }
        queue.broker_is_known();
    }

    /// One attempt at each check of the queue. Returns those that are to be attempted again.
    fn attempt_all(&self, queue: &Queue, slots: usize) -> Vec<Pending> {
        let again = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..slots {
                scope.spawn(|| {
                    while let Some(pending) = queue.next() {
                        if self.is_over.load(Ordering::Relaxed) {
                            queue.clear();
                        } else if let Some(next) = self.attempt(pending) {
                            again
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push(next);
                        }
                    }
                });
            }
        });
        again.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts at a check that disturbs the broker. After each the broker is as before, even when the worker died.
    fn attempt_alone(&self, pending: Pending) {
        let mut next = Some(pending);
        while let Some(pending) = next.filter(|_| !self.is_over.load(Ordering::Relaxed)) {
            next = self.attempt(pending);
            if let Some(Ok(session)) = self.session.get()
                && let Err(error) = session.restore()
            {
                self.tell(Event::Notice(format!(
                    "the broker is not as it was before: {error}"
                )));
            }
        }
    }

    /// One attempt. Returns the next one, if one is needed.
    fn attempt(&self, pending: Pending) -> Option<Pending> {
        let connection = match self.connection(pending.check) {
            Ok(connection) => connection,
            Err(reason) => {
                self.decide(self.not_graded(pending.check, &reason), pending);
                return None;
            }
        };
        let ended = match self.run_worker(pending, connection) {
            Ok(ended) => ended,
            Err(error) => {
                let reason = NotGraded::Environment(format!("no process for the check: {error}"));
                self.decide(self.not_graded(pending.check, &reason), pending);
                return None;
            }
        };
        if matches!(ended.end, End::Stopped(Stop::RunIsOver)) {
            return None;
        }
        let stall = self.monitor.longest_since(ended.begun);
        match retry::decide(pending.attempt, &ended, stall, pending.check.exclusive) {
            Decision::Again => Some(Pending {
                attempt: pending.attempt + 1,
                stall: pending.stall.max(stall),
                ..pending
            }),
            Decision::Final(outcome) => {
                self.decide(self.graded(pending, outcome, &ended), pending);
                None
            }
        }
    }

    fn run_worker(
        &self,
        pending: Pending,
        connection: Option<Connection>,
    ) -> std::io::Result<Ended> {
        let delay = connection
            .as_ref()
            .map_or(Duration::ZERO, Connection::initial_rebalance_delay);
        let job = Job {
            check: pending.check.path(),
            attempt: pending.attempt,
            run: context::run_id().to_owned(),
            connection,
            token: String::new(),
            memory_limit: MEMORY_LIMIT,
        };
        let limits = Limits {
            deadline: pending.check.deadline + delay,
            show_output: self.options.show_output,
            is_over: Arc::clone(&self.is_over),
        };
        worker_process::run(job, &limits)
    }

    /// How the worker of a check reaches Kafka, if it has to.
    fn connection(&self, check: &Check) -> Result<Option<Connection>, NotGraded> {
        if check.needs == Needs::OwnMock {
            return Ok(None);
        }
        let defect = || NotGraded::KitDefect("Kafka was not opened for this check".to_owned());
        let session = self.session.get().ok_or_else(defect)?;
        let connection = session.as_ref().map_err(Clone::clone)?.connection();
        if check.needs == Needs::RealBroker && connection == Connection::Mock {
            return Err(NotGraded::NeedsRealBroker);
        }
        Ok(Some(connection))
    }

    fn not_graded(&self, check: &Check, reason: &NotGraded) -> report::Check {
        report::Check {
            reason: Some(Reason {
                kind: reason.kind(),
                text: reason.to_string(),
            }),
            ..plan::not_run(self.course, &check.path())
        }
    }

    fn graded(&self, pending: Pending, outcome: Outcome, ended: &Ended) -> report::Check {
        let name = pending.check.path();
        let look = (self.course.look)(&name);
        let (verdict, reason, failure) = in_the_report(outcome, look);
        report::Check {
            verdict,
            reason,
            failure,
            milliseconds: u64::try_from(ended.elapsed.as_millis()).unwrap_or(u64::MAX),
            attempts: pending.attempt,
            process: Some(death::process(ended)),
            output: ended.output.clone(),
            ..plan::not_run(self.course, &name)
        }
    }

    fn decide(&self, check: report::Check, pending: Pending) {
        if check.verdict == Verdict::Failed && self.options.fail_fast {
            self.is_over.store(true, Ordering::Relaxed);
        }
        self.tell(Event::Decided(Box::new(Decided {
            check,
            stall: pending.stall,
        })));
    }

    fn tell(&self, event: Event) {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // The receiver listens until the run is over.
        let _ = events.send(event);
    }
}

/// The client configuration with which the broker can be asked from outside the checks.
fn client(connection: &Connection) -> Option<ClientConfig> {
    let address = match connection {
        Connection::External {
            bootstrap_servers, ..
        }
        | Connection::Docker {
            bootstrap_servers, ..
        } => bootstrap_servers,
        Connection::Mock => return None,
    };
    Some(Cluster::external(address.clone()).client())
}

fn in_the_report(
    outcome: Outcome,
    look: String,
) -> (Verdict, Option<Reason>, Option<report::Failure>) {
    match outcome {
        Outcome::Passed => (Verdict::Passed, None, None),
        Outcome::NotGraded { kind, text } => {
            (Verdict::NotGraded, Some(Reason { kind, text }), None)
        }
        Outcome::Failed {
            kind,
            seen,
            expected,
            concept,
        } => {
            let reason = Reason {
                kind,
                text: seen.clone(),
            };
            let failure = report::Failure {
                seen,
                expected,
                concept,
                look,
            };
            (Verdict::Failed, Some(reason), Some(failure))
        }
    }
}
