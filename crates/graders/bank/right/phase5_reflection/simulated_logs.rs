//! Small logs, groups and brokers in memory: each experiment is played through, record by record, and what came of it is
//! counted. Hardly anything is computed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::experiments::{
    Acks, Answer, Assignor, AutoCommit, Commits, GroupStart, Growth, Handover, InFlight, Isolation,
    KeyPlaces, Keys, Loss, LostAnswers, OffsetStored, OnRevoke, Order, Replay, Replayed,
    Replication, Rerun, Reset, SecondJoins, Sharing, Shutdown, Spread, Start, Step, Sticky,
    Transactions, TwoEvents,
};

/// Deals the partitions out in turn and counts the hands that are not empty.
pub fn consumers_with_work(set_up: &Sharing) -> usize {
    let mut hands = vec![Vec::new(); set_up.consumers];
    for partition in 0..set_up.partitions {
        if let Some(next) = hands.iter_mut().min_by_key(|hand| hand.len()) {
            next.push(partition);
        }
    }
    hands.iter().filter(|hand| !hand.is_empty()).count()
}

/// Writes two records and looks for them.
pub fn key_after_growth(set_up: &Growth) -> KeyPlaces {
    let mut topic = Logs::new(set_up.before);
    topic.send(set_up.key_hash, "earlier");
    topic.grow_to(set_up.after);
    topic.send(set_up.key_hash, "next");
    KeyPlaces {
        earlier: topic.place_of("earlier"),
        next: topic.place_of("next"),
    }
}

/// Asks each replica that has to answer.
pub fn acks_and_replicas(set_up: &Replication) -> Answer {
    let up: Vec<bool> = (0..set_up.replicas)
        .map(|replica| replica < set_up.in_sync)
        .collect();
    let answers = up.iter().filter(|up| **up).count();
    match set_up.acks {
        Acks::None => Answer::Unknown,
        Acks::Leader if up.first() == Some(&true) => Answer::Delivered,
        Acks::Leader => Answer::Refused,
        Acks::All => {
            let too_few = answers < set_up.min_insync_replicas;
            let some_are_missing = up.contains(&false);
            if too_few && some_are_missing {
                Answer::Refused
            } else {
                Answer::Delivered
            }
        }
    }
}

/// Two readers, one of which begins with the first partition and one with the last.
pub fn order_of_two(set_up: &TwoEvents) -> Order {
    let mut topic = Logs::new(set_up.partitions);
    for (hash, event) in set_up.key_hashes.into_iter().zip(["first", "second"]) {
        topic.send(hash, event);
    }
    let forwards: Vec<&str> = topic.0.iter().flatten().copied().collect();
    let backwards: Vec<&str> = topic.0.iter().rev().flatten().copied().collect();
    if [forwards, backwards]
        .iter()
        .all(|read| read == &["first", "second"])
    {
        Order::Kept
    } else {
        Order::NotKept
    }
}

/// Throws every record into a partition, and counts those that were hit. Chance is played by turns.
pub fn spread_of_records(set_up: &Spread) -> usize {
    let mut hit = BTreeSet::new();
    let mut stays_with = None;
    for partition in (0..set_up.partitions).cycle().take(set_up.records) {
        let chosen = match set_up.keys {
            Keys::OneForAll => 0,
            Keys::OneForEach => partition,
            Keys::None => match set_up.sticky {
                Sticky::Off => partition,
                Sticky::LongerThanTheBurst => *stays_with.get_or_insert(partition),
            },
        };
        hit.insert(chosen);
    }
    hit.len()
}

/// Looks at the log's offsets one by one.
pub fn where_a_group_starts(set_up: &GroupStart) -> Start {
    let left: Vec<i64> = (0..set_up.written)
        .skip_while(|offset| *offset < set_up.first)
        .collect();
    let end = set_up.written;
    let mut possible: BTreeSet<i64> = left.iter().copied().collect();
    possible.insert(end);
    if let Some(offset) = set_up.committed
        && possible.contains(&offset)
    {
        return Start::At(offset);
    }
    let chosen = match set_up.reset {
        Reset::Earliest => possible.first(),
        Reset::Latest => possible.last(),
        Reset::Error => None,
    };
    chosen.map_or(Start::Error, |offset| Start::At(*offset))
}

/// Works record by record, and then lets the next consumer begin where the commits have got to.
pub fn delivered_again(set_up: &Rerun) -> usize {
    let mut committed = 0;
    let mut since = 0;
    for record in 1..=set_up.processed {
        since += 1;
        if record == set_up.processed {
            break;
        }
        let due = match set_up.commits {
            Commits::EachRecord => true,
            Commits::EachBatch(size) => since == size,
            Commits::Never => false,
        };
        if due {
            committed = record;
            since = 0;
        }
    }
    if set_up.shutdown == Shutdown::Clean {
        committed = set_up.processed;
    }
    (0..set_up.processed)
        .skip_while(|offset| *offset < committed)
        .count()
}

/// Keeps a stored and a committed offset, and compares what the worker has done with what the next consumer gets.
pub fn lost_or_repeated(set_up: &AutoCommit) -> Loss {
    let (mut stored, mut committed) = (0, 0);
    let mut done = BTreeSet::new();
    let polled: Vec<usize> = (0..set_up.polled).collect();
    if set_up.stored == OffsetStored::WhenPolled {
        for offset in &polled {
            stored = offset + 1;
        }
    }
    for offset in polled.iter().take(set_up.handled) {
        done.insert(*offset);
        if set_up.stored == OffsetStored::WhenHandled {
            stored = offset + 1;
        }
    }
    if set_up.commit_was_due {
        committed = stored;
    }
    let comes: BTreeSet<usize> = polled
        .iter()
        .copied()
        .filter(|offset| *offset >= committed)
        .collect();
    Loss {
        lost: polled
            .iter()
            .filter(|offset| !done.contains(offset) && !comes.contains(offset))
            .count(),
        repeated: done.intersection(&comes).count(),
    }
}

/// A log with a place for each group, and a queue.
pub fn second_group_reads(set_up: &Replay) -> Replayed {
    let log: Vec<usize> = (0..set_up.records).collect();
    let mut queue: VecDeque<usize> = log.iter().copied().collect();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..set_up.consumed {
        *places.entry("first").or_default() += 1;
        queue.pop_front();
    }
    let mut read = |group| {
        let place = places.entry(group).or_default();
        let records = log.iter().skip(*place).count();
        *place = log.len();
        records
    };
    Replayed {
        second_group: read("second"),
        same_group: read("first"),
        queue: queue.len(),
    }
}

/// Moves partitions from the first member to the second until both have as many, and keeps a diary.
pub fn first_member_sees(set_up: &SecondJoins) -> Vec<Step> {
    let mut first: Vec<usize> = (0..set_up.partitions).collect();
    let mut moved = Vec::new();
    while first.len() > moved.len() {
        moved.extend(first.pop());
    }
    let diary = match set_up.assignor {
        Assignor::Range => vec![
            Step::Revoked(first.len() + moved.len()),
            Step::Assigned(first.len()),
        ],
        Assignor::CooperativeSticky => vec![Step::Revoked(moved.len()), Step::Assigned(0)],
    };
    diary
        .into_iter()
        .filter(|step| !matches!(step, Step::Revoked(0) | Step::Assigned(0)))
        .collect()
}

/// Two owners and one committed offset.
pub fn handed_over_again(set_up: &InFlight) -> Handover {
    let mut committed = 0;
    let mut worked_on = Vec::new();
    for offset in (0..set_up.fetched).take_while(|offset| *offset < set_up.done) {
        worked_on.push(offset);
        if worked_on.len() as i64 <= set_up.committed {
            committed = offset + 1;
        }
    }
    if let (OnRevoke::Commits, Some(last)) = (set_up.on_revoke, worked_on.last()) {
        committed = last + 1;
    }
    let twice: Vec<&i64> = worked_on
        .iter()
        .filter(|offset| **offset >= committed)
        .collect();
    Handover {
        starts_at: committed,
        worked_on_twice: twice.len() as i64,
    }
}

/// Writes the log, and reads it until the reader has to wait.
pub fn aborted_transaction(set_up: &Transactions) -> usize {
    enum Of {
        Committed,
        Aborted,
        Open,
        Nobody,
    }
    let mut log = Vec::new();
    log.extend((0..set_up.committed).map(|_| Of::Committed));
    log.extend((0..set_up.aborted).map(|_| Of::Aborted));
    log.extend((0..set_up.open).map(|_| Of::Open));
    log.extend((0..set_up.plain).map(|_| Of::Nobody));
    let mut got = 0;
    for record in log {
        match (set_up.isolation, record) {
            (Isolation::ReadCommitted, Of::Open) => break,
            (Isolation::ReadCommitted, Of::Aborted) => {}
            _ => got += 1,
        }
    }
    got
}

/// A broker that appends whatever comes, unless it knows the producer's sequence numbers already.
pub fn copies_after_a_lost_answer(set_up: &LostAnswers) -> usize {
    let mut log = Vec::new();
    let mut last_sequence = None;
    let mut answered = false;
    let mut tries = 0;
    while !answered {
        let known = set_up.idempotence && last_sequence.is_some();
        if !known {
            log.extend(0..set_up.records);
            last_sequence = log.last().copied();
        }
        answered = tries == set_up.lost;
        tries += 1;
    }
    log.len()
}

/// The partitions of a topic, each with the names of its records.
struct Logs(Vec<Vec<&'static str>>);

impl Logs {
    fn new(partitions: i32) -> Self {
        let mut logs = Self(Vec::new());
        logs.grow_to(partitions);
        logs
    }

    fn grow_to(&mut self, partitions: i32) {
        for _ in self.0.len() as i32..partitions {
            self.0.push(Vec::new());
        }
    }

    fn send(&mut self, hash: u32, record: &'static str) {
        let chosen = hash as usize % self.0.len();
        self.0[chosen].push(record);
    }

    fn place_of(&self, record: &str) -> i32 {
        let place = self.0.iter().position(|log| log.contains(&record));
        place.map_or(-1, |place| place as i32)
    }
}
