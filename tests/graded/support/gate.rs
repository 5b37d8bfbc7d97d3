//! Holds the learner's worker or handler back.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Holds back every thread that waits at it, until the check opens it. Dropping it opens it, so no thread outlives a check
/// that has failed.
pub struct Gate(Arc<State>);

#[derive(Default)]
struct State {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    /// A gate that is closed.
    pub fn closed() -> Self {
        Self(Arc::default())
    }

    /// What waits at the gate.
    pub fn waiter(&self) -> impl Fn() + Send + Sync + 'static {
        let state = Arc::clone(&self.0);
        move || {
            let open = state.open.lock().unwrap_or_else(PoisonError::into_inner);
            drop(state.opened.wait_while(open, |open| !*open));
        }
    }

    /// Lets every waiting thread go on. No thread waits from now on.
    pub fn open(&self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.opened.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}
