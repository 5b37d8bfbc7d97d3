//! One question after the other, and out as soon as the answer is clear: early returns, other arithmetic, and small types of
//! its own in place of matches on everything at once.

use std::cmp::Ordering;

use crate::experiments::{
    Acks, Answer, Assignor, AutoCommit, Commits, GroupStart, Growth, Handover, InFlight, Isolation,
    KeyPlaces, Keys, Loss, LostAnswers, OffsetStored, OnRevoke, Order, Replay, Replayed,
    Replication, Rerun, Reset, SecondJoins, Sharing, Shutdown, Spread, Start, Step, Sticky,
    Transactions, TwoEvents,
};

/// A topic, as far as a partitioner is concerned.
struct Wheel {
    size: u64,
}

impl Wheel {
    fn of(partitions: i32) -> Self {
        Self {
            size: u64::from(partitions.unsigned_abs()).max(1),
        }
    }

    fn turned_by(&self, hash: u32) -> i32 {
        let turns = u64::from(hash) / self.size;
        let rest = u64::from(hash) - turns * self.size;
        i32::try_from(rest).unwrap_or(0)
    }
}

/// How many consumers have work.
pub fn consumers_with_work(set_up: &Sharing) -> usize {
    let mut idle = set_up.consumers;
    let mut free = set_up.partitions;
    while idle > 0 && free > 0 {
        idle -= 1;
        free -= 1;
    }
    set_up.consumers - idle
}

/// Where two records of a key are.
pub fn key_after_growth(set_up: &Growth) -> KeyPlaces {
    let [earlier, next] =
        [set_up.before, set_up.after].map(|size| Wheel::of(size).turned_by(set_up.key_hash));
    KeyPlaces { earlier, next }
}

/// What the report says.
pub fn acks_and_replicas(set_up: &Replication) -> Answer {
    if set_up.acks == Acks::None {
        return Answer::Unknown;
    }
    if set_up.acks == Acks::Leader {
        return Answer::Delivered;
    }
    let all_there_are = set_up.in_sync == set_up.replicas;
    let enough = set_up.in_sync >= set_up.min_insync_replicas;
    if all_there_are || enough {
        return Answer::Delivered;
    }
    Answer::Refused
}

/// Whether the order is kept.
pub fn order_of_two(set_up: &TwoEvents) -> Order {
    let apart = set_up.key_hashes[0].abs_diff(set_up.key_hashes[1]);
    if Wheel::of(set_up.partitions).turned_by(apart) == 0 {
        return Order::Kept;
    }
    Order::NotKept
}

/// How many partitions get records.
pub fn spread_of_records(set_up: &Spread) -> usize {
    let everywhere = set_up.partitions.unsigned_abs() as usize;
    if set_up.keys == Keys::OneForAll {
        return 1;
    }
    if set_up.keys == Keys::OneForEach {
        return everywhere;
    }
    if set_up.sticky == Sticky::Off {
        return everywhere;
    }
    1
}

/// Where a group starts.
pub fn where_a_group_starts(set_up: &GroupStart) -> Start {
    if let Some(offset) = set_up.committed {
        let is_there = set_up.first <= offset && offset <= set_up.written;
        if is_there {
            return Start::At(offset);
        }
    }
    if set_up.reset == Reset::Error {
        return Start::Error;
    }
    if set_up.reset == Reset::Latest {
        return Start::At(set_up.written);
    }
    Start::At(set_up.first)
}

/// How many come again.
pub fn delivered_again(set_up: &Rerun) -> usize {
    if set_up.shutdown == Shutdown::Clean {
        return 0;
    }
    let size = match set_up.commits {
        Commits::Never => return set_up.processed,
        Commits::EachRecord => 1,
        Commits::EachBatch(size) => size,
    };
    let over = set_up.processed % size;
    // A whole batch: its own commit was not made any more.
    if over == 0 { size } else { over }
}

/// What is lost, and what comes again.
pub fn lost_or_repeated(set_up: &AutoCommit) -> Loss {
    let nothing = Loss {
        lost: 0,
        repeated: 0,
    };
    if !set_up.commit_was_due {
        return Loss {
            repeated: set_up.handled,
            ..nothing
        };
    }
    if set_up.stored == OffsetStored::WhenHandled {
        return nothing;
    }
    Loss {
        lost: set_up.polled - set_up.handled,
        ..nothing
    }
}

/// What three readers get.
pub fn second_group_reads(set_up: &Replay) -> Replayed {
    let taken = set_up.consumed.min(set_up.records);
    Replayed {
        second_group: taken + (set_up.records - taken),
        same_group: set_up.records - taken,
        queue: set_up.records - taken,
    }
}

/// What the first member is told.
pub fn first_member_sees(set_up: &SecondJoins) -> Vec<Step> {
    let keeps = set_up.partitions - set_up.partitions / 2;
    let mut told = Vec::new();
    if set_up.assignor == Assignor::CooperativeSticky {
        told.push(Step::Revoked(set_up.partitions - keeps));
        return told;
    }
    told.push(Step::Revoked(set_up.partitions));
    told.push(Step::Assigned(keeps));
    told
}

/// What the next owner finds.
pub fn handed_over_again(set_up: &InFlight) -> Handover {
    let mut last_commit = set_up.committed;
    if set_up.on_revoke == OnRevoke::Commits && set_up.done.cmp(&last_commit) == Ordering::Greater {
        last_commit = set_up.done;
    }
    let again = (last_commit..set_up.done).count();
    Handover {
        starts_at: last_commit,
        worked_on_twice: i64::try_from(again).unwrap_or(0),
    }
}

/// Which records are read.
pub fn aborted_transaction(set_up: &Transactions) -> usize {
    let everything = [set_up.committed, set_up.aborted, set_up.open, set_up.plain];
    if set_up.isolation == Isolation::ReadUncommitted {
        return everything.iter().sum();
    }
    let waits = set_up.open > 0;
    if waits {
        return set_up.committed;
    }
    everything.iter().sum::<usize>() - set_up.aborted
}

/// How many are in the log.
pub fn copies_after_a_lost_answer(set_up: &LostAnswers) -> usize {
    let mut copies = set_up.records;
    if set_up.idempotence {
        return copies;
    }
    for _ in 0..set_up.lost {
        copies += set_up.records;
    }
    copies
}
