//! Phase 4: `run_consumer_worker` and `demonstrate_rebalancing`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use event_log::event::ReceivedEvent;
use event_log::group::Work;
use serde_json::json;
use testbed::history::{self, PartitionOffset};
use testbed::probe::Seed;
use testbed::{Failure, NotGraded, Verdict, judge};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

mod demonstrate_rebalancing;
mod patience;
mod run_consumer_worker;
mod team;

/// An event for `partition` that can be told from every other by its numbers.
fn event_at(partition: i32, number: usize) -> Seed {
    Seed::text(
        partition,
        json!({ "partition": partition, "number": number }).to_string(),
    )
}

/// `each` events for each of `partitions` partitions, in turn.
fn events(partitions: i32, each: usize) -> Vec<Seed> {
    (0..each)
        .flat_map(|number| (0..partitions).map(move |partition| event_at(partition, number)))
        .collect()
}

/// The places that `each` events in each of `partitions` partitions have on a new topic.
fn places(partitions: i32, each: i64) -> BTreeSet<PartitionOffset> {
    (0..partitions)
        .flat_map(|partition| (0..each).map(move |offset| (partition, offset)))
        .collect()
}

/// One call of `work`, as the check saw it.
#[derive(Debug, Clone)]
struct Call {
    /// The event's place, as `work` was told.
    place: PartitionOffset,
    /// The event's payload.
    payload: serde_json::Value,
}

/// What `work` was really called with. Clones share it.
#[derive(Debug, Clone, Default)]
struct WorkLog(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    /// In the order in which they began.
    begun: Vec<Call>,
    /// The places of those that have returned, in the order in which they did.
    done: Vec<PartitionOffset>,
}

impl WorkLog {
    /// A `work` that writes down its calls and runs `during` in the middle of each.
    fn work(&self, during: impl Fn(PartitionOffset) + Send + Sync + 'static) -> Work {
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
    fn calls(&self) -> Vec<Call> {
        self.lock().begun.clone()
    }

    /// The places of the calls that have returned, in the order in which they did, with repetitions.
    fn done(&self) -> Vec<PartitionOffset> {
        self.lock().done.clone()
    }

    /// The places of the calls that have returned, each one once.
    fn done_once(&self) -> BTreeSet<PartitionOffset> {
        self.done().into_iter().collect()
    }

    /// For each partition, what should be committed once everything done is.
    fn next_offsets(&self) -> BTreeMap<i32, i64> {
        history::next_offsets(&self.done())
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds `work` back until it is opened. Dropping it opens it, so no worker outlives a check that has failed.
struct Gate(Arc<GateState>);

#[derive(Default)]
struct GateState {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn closed() -> Self {
        Self(Arc::default())
    }

    /// What waits at the gate.
    fn waiter(&self) -> impl Fn() + Send + Sync + 'static {
        let state = Arc::clone(&self.0);
        move || {
            let open = state.open.lock().unwrap_or_else(PoisonError::into_inner);
            drop(state.opened.wait_while(open, |open| !*open));
        }
    }

    fn open(&self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.opened.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

/// Where the learner's code runs: `work` may block, and must not hold up the check when it does so on an async thread.
struct Elsewhere(Option<Runtime>);

impl Elsewhere {
    fn new() -> Verdict<Self> {
        Self::with_threads(8)
    }

    fn with_threads(threads: usize) -> Verdict<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .map_err(|error| NotGraded::broken("no runtime", &error))?;
        Ok(Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = self.0.as_ref();
        runtime.expect("it is there until dropped").spawn(future)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The committed offsets on the broker are these.
fn judge_committed(
    when: &str,
    committed: &BTreeMap<i32, i64>,
    expected: &BTreeMap<i32, i64>,
    concept: &str,
) -> Verdict {
    judge(committed == expected, || {
        let all: BTreeSet<i32> = committed.keys().chain(expected.keys()).copied().collect();
        Failure::new(
            format!(
                "{when} the group's committed offsets are {}",
                offsets_text(committed, &all)
            ),
            format!(
                "{}: the last processed offset + 1 of each partition",
                offsets_text(expected, &all)
            ),
            concept,
        )
    })
}

/// The offset of each of `partitions`, 0 where there is none: that is where it would begin.
fn offsets_text(offsets: &BTreeMap<i32, i64>, partitions: &BTreeSet<i32>) -> String {
    let each = partitions.iter().map(|partition| {
        let offset = offsets.get(partition).copied().unwrap_or_default();
        format!("{offset} in partition {partition}")
    });
    each.collect::<Vec<_>>().join(", ")
}
