//! What both pictures need beside the spans: how long it took, which partitions there are, what each worker did.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Activity, Entry};
use crate::group::WorkerId;

/// A worker's part in the story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WorkerSummary {
    /// How many events it processed, repetitions included.
    pub processed: usize,
    /// When it was first heard of.
    pub started: Duration,
    /// When it left, if it did.
    pub left: Option<Duration>,
}

impl WorkerSummary {
    /// The line that legends have of it.
    pub fn describe(&self, worker: WorkerId) -> String {
        let started = self.started.as_secs_f64();
        let left = match self.left {
            Some(left) => format!("left {:.1} s", left.as_secs_f64()),
            None => "never left".to_owned(),
        };
        let processed = self.processed;
        let events = if processed == 1 { "event" } else { "events" };
        format!("{worker}: {processed:>3} {events} processed, started {started:.1} s, {left}")
    }
}

/// When the last entry was written; a moment at the least, so that it can be divided by.
pub(super) fn end(entries: &[Entry]) -> Duration {
    let last = entries.iter().map(|entry| entry.at).max();
    last.unwrap_or_default().max(Duration::from_millis(1))
}

/// Every partition that was assigned or processed.
pub(super) fn partitions(entries: &[Entry]) -> BTreeSet<i32> {
    let mut partitions = BTreeSet::new();
    for entry in entries {
        match &entry.activity {
            Activity::Assigned(assigned) => partitions.extend(assigned),
            Activity::Processed { partition, .. } => {
                partitions.insert(*partition);
            }
            _ => {}
        }
    }
    partitions
}

/// What each worker did.
pub(super) fn workers(entries: &[Entry]) -> BTreeMap<WorkerId, WorkerSummary> {
    let mut workers = BTreeMap::new();
    for entry in entries {
        let worker = workers.entry(entry.worker).or_insert(WorkerSummary {
            started: entry.at,
            ..WorkerSummary::default()
        });
        match entry.activity {
            Activity::Processed { .. } => worker.processed += 1,
            Activity::Left => worker.left = Some(entry.at),
            _ => {}
        }
    }
    workers
}

/// When a worker was assigned its partitions: each is the end of a rebalance for that worker.
pub(super) fn assignments(entries: &[Entry]) -> impl Iterator<Item = Duration> + '_ {
    entries
        .iter()
        .filter(|entry| matches!(entry.activity, Activity::Assigned(_)))
        .map(|entry| entry.at)
}

/// The whole seconds to write on an axis of `length`, at most `most` of them, in round steps.
pub(super) fn axis_seconds(length: Duration, most: u64) -> impl Iterator<Item = u64> {
    let seconds = length.as_secs();
    let step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800]
        .into_iter()
        .find(|step| seconds / step < most)
        .unwrap_or(3600);
    (0..=seconds).step_by(step as usize)
}
