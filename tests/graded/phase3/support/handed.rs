//! What the learner's function did with the handler that it was given.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use event_log::consuming::{Handler, HandlerError};
use event_log::event::ReceivedEvent;
use testbed::history::PartitionOffset;

use super::records::partition_offset;
use crate::support::gate::Gate;

/// What the handler was handed, in the order of the calls, and what it accepted.
#[derive(Clone, Default)]
pub struct Handed(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    handed: Vec<ReceivedEvent>,
    accepted: Vec<PartitionOffset>,
    last_accepted: Option<Instant>,
}

impl Handed {
    /// A handler that accepts every event.
    pub fn handler(&self) -> Handler {
        self.handler_that(|_, _| Ok(()))
    }

    /// A handler that does `work`, which is told how many events were handed over before this one.
    pub fn handler_that(
        &self,
        work: impl Fn(usize, &ReceivedEvent) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Handler {
        let log = self.clone();
        Arc::new(move |event| {
            let earlier = log.count();
            log.lock().handed.push(event.clone());
            work(earlier, event)?;
            let mut log = log.lock();
            log.accepted.push(partition_offset(event));
            log.last_accepted = Some(Instant::now());
            Ok(())
        })
    }

    /// A handler that is held at one event: the one before which `earlier` were handed over. The gate lets it go on.
    pub fn handler_held_after(&self, earlier: usize) -> (Handler, Gate) {
        let gate = Gate::closed();
        let wait = gate.waiter();
        let handler = self.handler_that(move |before, _| {
            if before == earlier {
                wait();
            }
            Ok(())
        });
        (handler, gate)
    }

    pub fn events(&self) -> Vec<ReceivedEvent> {
        self.lock().handed.clone()
    }

    pub fn places(&self) -> Vec<PartitionOffset> {
        self.lock().handed.iter().map(partition_offset).collect()
    }

    pub fn accepted(&self) -> Vec<PartitionOffset> {
        self.lock().accepted.clone()
    }

    pub fn last_accepted(&self) -> Option<Instant> {
        self.lock().last_accepted
    }

    pub fn count(&self) -> usize {
        self.lock().handed.len()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
