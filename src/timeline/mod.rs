//! Who owned which partition when: what the workers of a group write down while they work.
//!
//! [`ownership`] reads spans of ownership out of the entries; [`text`] and [`svg`] draw them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::error::Elapsed;

use crate::group::WorkerId;

mod grid;
pub mod ownership;
mod shapes;
mod summary;
pub mod svg;
pub mod text;

/// What happened to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// It started and asked to join the group.
    Started,
    /// The group gave it these partitions, possibly none. With an eager assignor they are all it has; with a
    /// cooperative one they come on top of what it has.
    Assigned(Vec<i32>),
    /// It gave these partitions up in good order.
    Revoked(Vec<i32>),
    /// The group had taken these partitions away before the worker heard of it.
    Lost(Vec<i32>),
    /// It has worked on the event at this place.
    Processed {
        /// The partition.
        partition: i32,
        /// The event's offset in it.
        offset: i64,
    },
    /// The broker accepted these committed offsets, by partition: each the offset of the next event to work on.
    Committed(BTreeMap<i32, i64>),
    /// It has left the group.
    Left,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, counted from the timeline's beginning.
    pub at: Duration,
    /// To whom.
    pub worker: WorkerId,
    /// What.
    pub activity: Activity,
}

/// A shared record of what happened to the workers of one group, in the order in which they wrote it down.
///
/// Clones share the same entries. Writing never blocks for longer than another write takes, so it is fine inside a
/// rebalance callback.
#[derive(Debug, Clone)]
pub struct Timeline {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    entries: Mutex<Vec<Entry>>,
    length: watch::Sender<usize>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// An empty timeline that begins now.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                began: Instant::now(),
                entries: Mutex::new(Vec::new()),
                length: watch::Sender::new(0),
            }),
        }
    }

    /// Writes down what happened to `worker` just now.
    pub fn record(&self, worker: WorkerId, activity: Activity) {
        let mut entries = self.lock();
        entries.push(Entry {
            at: self.shared.began.elapsed(),
            worker,
            activity,
        });
        self.shared.length.send_replace(entries.len());
    }

    /// A copy of all entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// The entries from number `first` on, for whoever tells the story as it happens.
    pub fn entries_from(&self, first: usize) -> Vec<Entry> {
        self.lock().iter().skip(first).cloned().collect()
    }

    /// Who owns each partition at this moment. A partition that nobody owns is not in the map.
    pub fn owners(&self) -> BTreeMap<i32, WorkerId> {
        ownership::owners(&self.lock())
    }

    /// Whether the group has given `worker` an assignment, be it an empty one.
    pub fn has_been_assigned(&self, worker: WorkerId) -> bool {
        self.lock()
            .iter()
            .any(|entry| entry.worker == worker && matches!(entry.activity, Activity::Assigned(_)))
    }

    /// The places of all events worked on: each one once, however often it was processed.
    pub fn processed(&self) -> BTreeSet<(i32, i64)> {
        self.processed_in_order().into_iter().collect()
    }

    /// The places of all events worked on, in order, with repetitions.
    pub fn processed_in_order(&self) -> Vec<(i32, i64)> {
        self.lock()
            .iter()
            .filter_map(|entry| match entry.activity {
                Activity::Processed { partition, offset } => Some((partition, offset)),
                _ => None,
            })
            .collect()
    }

    /// Waits until `condition` holds of this timeline; it is looked at again after each new entry.
    ///
    /// Cancel-safe.
    ///
    /// # Errors
    /// When it did not come to hold within `timeout`.
    pub async fn wait_until(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Result<(), Elapsed> {
        let mut length = self.shared.length.subscribe();
        let waiting = async {
            while !condition(self) {
                if length.changed().await.is_err() {
                    break; // Cannot happen: `self` keeps the sender alive.
                }
            }
        };
        tokio::time::timeout(timeout, waiting).await
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // A panic while the lock is held can leave no half-written entry: `push` comes last.
        self.shared
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Entries for the tests of the pictures.
#[cfg(test)]
mod sample {
    use super::{Activity, Duration, Entry, WorkerId};

    pub fn entry(millis: u64, worker: u32, activity: Activity) -> Entry {
        Entry {
            at: Duration::from_millis(millis),
            worker: WorkerId(worker),
            activity,
        }
    }
}
