//! The checks that wait for a slot. While Kafka is still starting, only those run that need no broker.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::super::registry::{Check, Needs};

/// A check and the number of its next attempt.
#[derive(Debug, Clone, Copy)]
pub struct Pending {
    /// The check.
    pub check: &'static Check,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The longest stall that an earlier attempt met.
    pub stall: Option<Duration>,
}

impl Pending {
    /// The first attempt at a check.
    pub fn first(check: &'static Check) -> Self {
        Self {
            check,
            attempt: 1,
            stall: None,
        }
    }
}

/// The checks of one round.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    pending: Vec<Pending>,
    is_broker_known: bool,
}

impl Queue {
    /// A queue in which the checks keep their order.
    pub fn new(mut pending: Vec<Pending>, is_broker_known: bool) -> Self {
        pending.reverse();
        Self {
            state: Mutex::new(State {
                pending,
                is_broker_known,
            }),
            changed: Condvar::new(),
        }
    }

    /// Says that Kafka has started, or cannot be had.
    pub fn broker_is_known(&self) {
        self.lock().is_broker_known = true;
        self.changed.notify_all();
    }

    /// Empties the queue.
    pub fn clear(&self) {
        self.lock().pending.clear();
        self.changed.notify_all();
    }

    /// The next check. Blocks while all that is left needs a broker that is still starting.
    pub fn next(&self) -> Option<Pending> {
        let mut state = self.lock();
        loop {
            if state.pending.is_empty() {
                return None;
            }
            if let Some(place) = state.next_place() {
                return Some(state.pending.remove(place));
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The place of the next check that can run now. The first in order stands last.
    fn next_place(&self) -> Option<usize> {
        self.pending
            .iter()
            .rposition(|pending| self.is_broker_known || pending.check.needs == Needs::OwnMock)
    }
}
