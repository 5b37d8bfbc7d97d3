//! Phase 5 by looking up: small tables that are searched, iterators that count one by one, and tuples that are matched in one
//! go, with hardly any arithmetic. What is counted is played through in small where that is possible.

use std::collections::BTreeSet;

use crate::experiments::{
    Acks, Answer, Assignor, AutoCommit, Commits, GroupStart, Growth, Handover, InFlight, Isolation,
    KeyPlaces, Keys, Loss, LostAnswers, OffsetStored, OnRevoke, Order, Replay, Replayed,
    Replication, Rerun, Reset, SecondJoins, Sharing, Shutdown, Spread, Start, Step, Sticky,
    Transactions, TwoEvents,
};

pub fn consumers_with_work(set_up: &Sharing) -> usize {
    // Partitions are dealt out like cards.
    let owners: BTreeSet<usize> = (0..set_up.partitions)
        .zip((0..set_up.consumers).cycle())
        .map(|(_partition, consumer)| consumer)
        .collect();
    owners.len()
}

pub fn key_after_growth(set_up: &Growth) -> KeyPlaces {
    let [earlier, next] =
        [set_up.before, set_up.after].map(|partitions| place(set_up.key_hash, partitions));
    KeyPlaces { earlier, next }
}

pub fn acks_and_replicas(set_up: &Replication) -> Answer {
    let everybody_is_there = set_up.in_sync == set_up.replicas;
    let enough_are_there = set_up.in_sync >= set_up.min_insync_replicas;
    match (set_up.acks, everybody_is_there, enough_are_there) {
        (Acks::None, _, _) => Answer::Unknown,
        (Acks::All, false, false) => Answer::Refused,
        (Acks::Leader, _, _) | (Acks::All, _, _) => Answer::Delivered,
    }
}

pub fn order_of_two(set_up: &TwoEvents) -> Order {
    let logs: BTreeSet<i32> = set_up
        .key_hashes
        .iter()
        .map(|&hash| place(hash, set_up.partitions))
        .collect();
    match logs.len() {
        1 => Order::Kept,
        _ => Order::NotKept,
    }
}

pub fn spread_of_records(set_up: &Spread) -> usize {
    const STAY_TOGETHER: [(Keys, Sticky); 3] = [
        (Keys::None, Sticky::LongerThanTheBurst),
        (Keys::OneForAll, Sticky::LongerThanTheBurst),
        (Keys::OneForAll, Sticky::Off),
    ];
    let partitions = 0..set_up.partitions;
    if STAY_TOGETHER.contains(&(set_up.keys, set_up.sticky)) {
        partitions.take(1).count()
    } else {
        partitions.count()
    }
}

pub fn where_a_group_starts(set_up: &GroupStart) -> Start {
    let there = |offset: &i64| set_up.first <= *offset && *offset <= set_up.written;
    match (set_up.committed.filter(there), set_up.reset) {
        (Some(offset), _) => Start::At(offset),
        (None, Reset::Earliest) => Start::At(set_up.first),
        (None, Reset::Latest) => Start::At(set_up.written),
        (None, Reset::Error) => Start::Error,
    }
}

pub fn delivered_again(set_up: &Rerun) -> usize {
    if set_up.shutdown == Shutdown::Clean {
        return 0;
    }
    // The commit after the last record is the one that the crash comes before.
    let committed = (1..set_up.processed)
        .filter(|&processed| match set_up.commits {
            Commits::EachRecord => true,
            Commits::EachBatch(size) => processed.is_multiple_of(size),
            Commits::Never => false,
        })
        .next_back()
        .unwrap_or(0);
    set_up.processed - committed
}

pub fn lost_or_repeated(set_up: &AutoCommit) -> Loss {
    let committed = match (set_up.commit_was_due, set_up.stored) {
        (false, _) => 0,
        (true, OffsetStored::WhenPolled) => set_up.polled,
        (true, OffsetStored::WhenHandled) => set_up.handled,
    };
    // The second consumer gets what is not committed.
    let comes_again = |record: &usize| *record >= committed;
    let handled = |record: &usize| *record < set_up.handled;
    let polled = || 0..set_up.polled;
    Loss {
        lost: polled().filter(|r| !handled(r) && !comes_again(r)).count(),
        repeated: polled().filter(|r| handled(r) && comes_again(r)).count(),
    }
}

pub fn second_group_reads(set_up: &Replay) -> Replayed {
    let [from_the_start, from_the_commit] =
        [0, set_up.consumed].map(|at| (at..set_up.records).len());
    Replayed {
        second_group: from_the_start,
        same_group: from_the_commit,
        queue: from_the_commit,
    }
}

pub fn first_member_sees(set_up: &SecondJoins) -> Vec<Step> {
    let (all, half) = (set_up.partitions, set_up.partitions.div_ceil(2));
    let eager = [Step::Revoked(all), Step::Assigned(half)];
    let incremental = [Step::Revoked(all - half)];
    let told: &[Step] = match set_up.assignor {
        Assignor::Range => &eager,
        Assignor::CooperativeSticky => &incremental,
    };
    told.to_vec()
}

pub fn handed_over_again(set_up: &InFlight) -> Handover {
    let commits = [
        (OnRevoke::Commits, set_up.done),
        (OnRevoke::Nothing, set_up.committed),
    ];
    let last = commits.iter().find(|(does, _)| *does == set_up.on_revoke);
    let starts_at = last.map_or(0, |(_, offset)| *offset);
    let twice = (0..set_up.done).filter(|offset| *offset >= starts_at);
    Handover {
        starts_at,
        worked_on_twice: i64::try_from(twice.count()).unwrap_or(i64::MAX),
    }
}

pub fn aborted_transaction(set_up: &Transactions) -> usize {
    #[derive(PartialEq)]
    enum Fate {
        Committed,
        Aborted,
        Open,
    }
    let log = [
        (Fate::Committed, set_up.committed),
        (Fate::Aborted, set_up.aborted),
        (Fate::Open, set_up.open),
        // What belongs to no transaction is as good as committed when it is written.
        (Fate::Committed, set_up.plain),
    ];
    let careful = set_up.isolation == Isolation::ReadCommitted;
    log.iter()
        .take_while(|(fate, records)| !careful || *fate != Fate::Open || *records == 0)
        .filter(|(fate, _)| !careful || *fate != Fate::Aborted)
        .map(|(_, records)| records)
        .sum()
}

pub fn copies_after_a_lost_answer(set_up: &LostAnswers) -> usize {
    // One request that is answered in the end, behind those that are not.
    let requests = (0..=set_up.lost).map(|_| set_up.records);
    let written = if set_up.idempotence { 1 } else { usize::MAX };
    requests.take(written).sum()
}

/// The partition whose distance from the hash goes into the number of partitions.
fn place(hash: u32, partitions: i32) -> i32 {
    (0..partitions)
        .find(|&partition| (i64::from(hash) - i64::from(partition)) % i64::from(partitions) == 0)
        .unwrap_or_default()
}
