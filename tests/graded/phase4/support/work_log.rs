//! What `work` was really called with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_log::event::ReceivedEvent;
use event_log::group::Work;
use testbed::history::{self, PartitionOffset};

/// One call of `work`, as the check saw it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The event's place, as `work` was told.
    pub place: PartitionOffset,
    /// The event's payload.
    pub payload: serde_json::Value,
}

/// What `work` was really called with. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct WorkLog(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    /// In the order in which they began.
    begun: Vec<Call>,
    /// The places of those that have returned, in the order in which they did.
    done: Vec<PartitionOffset>,
}

impl WorkLog {
    /// A `work` that writes down its calls and runs `during` in the middle of each.
    pub fn work(&self, during: impl Fn(PartitionOffset) + Send + Sync + 'static) -> Work {
        let log = self.clone();
        Arc::new(move |event: &ReceivedEvent| {
            let place = (event.partition, event.offset);
            let payload = event.event.payload.clone();
            log.lock().begun.push(Call { place, payload });
            during(place);
            log.lock().done.push(place);
        })
    }

    /// All calls so far, in the order in which they began.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().begun.clone()
    }

    /// The places of the calls that have returned, in the order in which they did, with repetitions.
    pub fn done(&self) -> Vec<PartitionOffset> {
        self.lock().done.clone()
    }

    /// The places of the calls that have returned, each one once.
    pub fn done_once(&self) -> BTreeSet<PartitionOffset> {
        self.done().into_iter().collect()
    }

    /// For each partition, what should be committed once everything done is.
    pub fn next_offsets(&self) -> BTreeMap<i32, i64> {
        history::next_offsets(&self.done())
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
