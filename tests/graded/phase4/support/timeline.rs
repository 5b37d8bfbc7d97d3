//! What the timeline says of the workers.

use event_log::group::WorkerId;
use event_log::timeline::{Activity, Entry, ownership};

use super::condition::expect;

/// What `entries` say of one worker, without the entries for events.
pub fn story_of(entries: &[Entry], number: u32) -> Vec<Activity> {
    let its = entries.iter().filter(|entry| entry.worker.0 == number);
    its.map(|entry| entry.activity.clone())
        .filter(|activity| !matches!(activity, Activity::Processed { .. }))
        .collect()
}

/// The numbers of the workers that have started, in order.
pub fn started(entries: &[Entry]) -> Vec<u32> {
    let started = entries
        .iter()
        .filter(|entry| entry.activity == Activity::Started);
    started.map(|entry| entry.worker.0).collect()
}

/// The workers that have started and not left.
pub fn running(entries: &[Entry]) -> Vec<WorkerId> {
    let mut running = Vec::new();
    for entry in entries {
        match entry.activity {
            Activity::Started => running.push(entry.worker),
            Activity::Left => running.retain(|worker| *worker != entry.worker),
            _ => {}
        }
    }
    running
}

/// How far a group has settled.
pub struct Settling {
    /// Whether the newest member has been assigned its partitions, possibly none.
    pub newest_is_assigned: bool,
    /// How many partitions have an owner among the members.
    pub owned: usize,
    partitions: usize,
}

impl Settling {
    /// How far a group of these members, the newest last, has settled after `entries`.
    pub fn of(members: &[WorkerId], entries: &[Entry], partitions: i32) -> Self {
        let newest_is_assigned = members.last().is_none_or(|newest| {
            entries.iter().any(|entry| {
                entry.worker == *newest && matches!(entry.activity, Activity::Assigned(_))
            })
        });
        let owners = ownership::owners(entries);
        let is_owned = |partition: &i32| {
            owners
                .get(partition)
                .is_some_and(|owner| members.contains(owner))
        };
        Self {
            newest_is_assigned,
            owned: (0..partitions).filter(is_owned).count(),
            partitions: usize::try_from(partitions).unwrap_or_default(),
        }
    }

    /// Whether the newest member has its assignment, and each partition an owner among the members.
    ///
    /// An empty assignment counts. With a cooperative assignor the first one is empty, and nothing has moved yet.
    pub fn is_complete(&self) -> bool {
        self.newest_is_assigned && self.owned == self.partitions
    }
}

/// `Ok` when the workers that run had settled after `entries`, or what was missing.
pub fn settled(entries: &[Entry], partitions: i32) -> Result<(), String> {
    let running = running(entries);
    let settling = Settling::of(&running, entries, partitions);
    expect(settling.is_complete(), || {
        let joined = if settling.newest_is_assigned {
            ""
        } else {
            "not "
        };
        format!(
            "of the {} workers that ran the newest had {joined}been assigned anything, and {} of {partitions} partitions \
             had an owner among them",
            running.len(),
            settling.owned
        )
    })
}
