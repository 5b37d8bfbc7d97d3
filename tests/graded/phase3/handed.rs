//! What the learner's function did with the handler that it was given.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Instant;

use event_log::consuming::{Handler, HandlerError};
use event_log::event::ReceivedEvent;
use testbed::history::PartitionOffset;

use super::place;

/// What the handler was handed, in the order of the calls, and what it accepted.
#[derive(Clone, Default)]
pub(super) struct Handed(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    handed: Vec<ReceivedEvent>,
    accepted: Vec<PartitionOffset>,
    last_accepted: Option<Instant>,
}

impl Handed {
    /// A handler that accepts every event.
    pub(super) fn handler(&self) -> Handler {
        self.handler_that(|_, _| Ok(()))
    }

    /// A handler that does `work`, which is told how many events were handed over before this one.
    pub(super) fn handler_that(
        &self,
        work: impl Fn(usize, &ReceivedEvent) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Handler {
        let log = self.clone();
        Arc::new(move |event| {
            let earlier = log.count();
            log.lock().handed.push(event.clone());
            work(earlier, event)?;
            let mut log = log.lock();
            log.accepted.push(place(event));
            log.last_accepted = Some(Instant::now());
            Ok(())
        })
    }

    /// A handler that is held at one event: the one before which `earlier` were handed over. The gate lets it go on.
    pub(super) fn handler_held_after(&self, earlier: usize) -> (Handler, Gate) {
        let (gate, wait) = Gate::new();
        let handler = self.handler_that(move |before, _| {
            if before == earlier {
                wait();
            }
            Ok(())
        });
        (handler, gate)
    }

    pub(super) fn events(&self) -> Vec<ReceivedEvent> {
        self.lock().handed.clone()
    }

    pub(super) fn places(&self) -> Vec<PartitionOffset> {
        self.lock().handed.iter().map(place).collect()
    }

    pub(super) fn accepted(&self) -> Vec<PartitionOffset> {
        self.lock().accepted.clone()
    }

    pub(super) fn last_accepted(&self) -> Option<Instant> {
        self.lock().last_accepted
    }

    pub(super) fn count(&self) -> usize {
        self.lock().handed.len()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds whoever waits until it is opened or dropped.
pub(super) struct Gate(mpsc::Sender<()>);

impl Gate {
    /// A gate, and what waits at it.
    fn new() -> (Self, impl Fn() + Send + Sync + 'static) {
        let (sender, receiver) = mpsc::channel();
        let receiver = Mutex::new(receiver);
        let wait = move || {
            let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
            // An error says that the gate was dropped.
            let _: Result<(), mpsc::RecvError> = receiver.recv();
        };
        (Self(sender), wait)
    }

    pub(super) fn open(self) {
        drop(self.0);
    }
}
