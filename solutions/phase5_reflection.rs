//! Phase 5: the reflection.
//!
//! Here you write no client but what you think Kafka does. Each function is an experiment: its doc comment says what is set
//! up, what is done and what is counted. You return what you expect to be counted, as a rule for any such set-up; the
//! check asks you first, then carries the experiment out on a real broker, with several set-ups, and compares. Where it
//! surprises you, it says what happened. There is nothing to connect to: a `match`, a comparison or some arithmetic is all
//! that a prediction takes.
//!
//! The set-ups and the predictions are types of src/experiments/; what their doc comments say is part of the experiment. A
//! consumer whose group has no committed offset starts at the first record, unless something else is said.
//!
//! The chapter: docs/phase5.md.

use crate::experiments::{
    Acks, Answer, Assignor, AutoCommit, Commits, GroupStart, Growth, Handover, InFlight, Isolation,
    KeyPlaces, Keys, Loss, LostAnswers, OffsetStored, OnRevoke, Order, Replay, Replayed,
    Replication, Rerun, Reset, SecondJoins, Sharing, Shutdown, Spread, Start, Step, Sticky,
    Transactions, TwoEvents,
};

/// How many consumers of a group have work?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and one group.
/// - **Done:** `set_up.consumers` consumers of the group subscribe to the topic and poll until the group has come to
///   rest.
/// - **Counted:** the consumers that own a partition at least, by the broker's list of members.
pub fn consumers_with_work(set_up: &Sharing) -> usize {
    let partitions = usize::try_from(set_up.partitions).unwrap_or_default();
    // A partition has one owner, so a consumer too many has nothing to do.
    set_up.consumers.min(partitions)
}

/// Where are the records of a key when partitions were added?
///
/// - **Set-up:** a topic with `set_up.before` partitions, and a producer with the partitioner `consistent`.
/// - **Done:** a record with a key is sent; the topic gets more partitions, `set_up.after` in all; a new producer of
///   the same kind sends a second record with the same key.
/// - **Counted:** in which partition each of the two is then.
pub fn key_after_growth(set_up: &Growth) -> KeyPlaces {
    // A record stays where it was written. Only what is sent afterwards is placed by the new number.
    KeyPlaces {
        earlier: partition_of(set_up.key_hash, set_up.before),
        next: partition_of(set_up.key_hash, set_up.after),
    }
}

/// Whose acknowledgement does a record need?
///
/// - **Set-up:** a partition that is kept on `set_up.replicas` brokers, `set_up.in_sync` of which are up and in sync,
///   the leader among them; its topic's `min.insync.replicas` is `set_up.min_insync_replicas`.
/// - **Done:** a producer sends one record with `set_up.acks`, and sends nothing again.
/// - **Counted:** what the delivery report says.
pub fn acks_and_replicas(set_up: &Replication) -> Answer {
    // A partition cannot have more replicas in sync than it has: the broker takes the smaller number.
    let needed = set_up.min_insync_replicas.min(set_up.replicas);
    match set_up.acks {
        Acks::None => Answer::Unknown,
        // The leader answers for itself. How many others are in sync does not matter to it.
        Acks::Leader => Answer::Delivered,
        Acks::All if set_up.in_sync >= needed => Answer::Delivered,
        Acks::All => Answer::Refused,
    }
}

/// May a reader rely on the order in which two events were sent?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and a producer whose partitioner takes the hash of a key
///   modulo this number.
/// - **Done:** two events are sent, with keys of `set_up.key_hashes`, the second when the first is acknowledged; then
///   consumers read the topic that turn to its partitions in different orders, as any consumer may.
/// - **Counted:** whether all of them get the first event before the second.
pub fn order_of_two(set_up: &TwoEvents) -> Order {
    let [first, second] = set_up
        .key_hashes
        .map(|hash| partition_of(hash, set_up.partitions));
    // A partition is a log: it has an order. A topic is several logs.
    if first == second {
        Order::Kept
    } else {
        Order::NotKept
    }
}

/// Over how many partitions does a burst of records go?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and a producer that knows it already and is sticky as
///   `set_up.sticky` says.
/// - **Done:** it sends `set_up.records` records in one burst, many more than there are partitions, with `set_up.keys`.
/// - **Counted:** the partitions that have got at least one of them.
pub fn spread_of_records(set_up: &Spread) -> usize {
    let all = usize::try_from(set_up.partitions).unwrap_or_default();
    match (set_up.keys, set_up.sticky) {
        // The partitioner turns equal keys into equal partitions, however sticky it is: that is for records without a key,
        // where staying with one partition for a while makes fuller batches.
        (Keys::OneForAll, _) | (Keys::None, Sticky::LongerThanTheBurst) => 1,
        (Keys::OneForEach, _) | (Keys::None, Sticky::Off) => all,
    }
}

/// Where does a group start to read?
///
/// - **Set-up:** a partition to which `set_up.written` records were written, and of which those before offset
///   `set_up.first` were deleted with `DeleteRecords`, as retention does by and by; a group without a committed offset,
///   or with `set_up.committed`, which the log need not reach.
/// - **Done:** a consumer of the group with `auto.offset.reset` as in `set_up.reset` begins to read; more records are
///   written.
/// - **Counted:** the offset of the first record that it gets, or that it gets an error.
pub fn where_a_group_starts(set_up: &GroupStart) -> Start {
    match set_up.committed {
        // A committed offset that is still there is all that counts, whatever the setting says.
        Some(offset) if (set_up.first..=set_up.written).contains(&offset) => Start::At(offset),
        _ => match set_up.reset {
            Reset::Earliest => Start::At(set_up.first),
            Reset::Latest => Start::At(set_up.written),
            Reset::Error => Start::Error,
        },
    }
}

/// How many records come again?
///
/// - **Set-up:** a partition with records, and a consumer of a group without committed offsets.
/// - **Done:** it processes `set_up.processed` records one by one, commits as `set_up.commits` says, each time after
///   the record that makes it due, and ends as `set_up.shutdown` says: cleanly, with a last commit, or by a crash when the
///   last record is processed, before the commit that may be due just then. A second consumer of the group reads to
///   the end.
/// - **Counted:** the records that both have got.
pub fn delivered_again(set_up: &Rerun) -> usize {
    // What is committed is the last record of each whole batch before the crash; the commit that was due then was not made.
    let since_the_last_commit = |batch: usize| (set_up.processed - 1) % batch + 1;
    match (set_up.shutdown, set_up.commits) {
        (Shutdown::Clean, _) => 0,
        (Shutdown::Crash, Commits::EachRecord) => since_the_last_commit(1),
        (Shutdown::Crash, Commits::EachBatch(size)) => since_the_last_commit(size),
        (Shutdown::Crash, Commits::Never) => set_up.processed,
    }
}

/// What does automatic commit lose or repeat when a handler fails?
///
/// - **Set-up:** a partition with records, and a consumer with `enable.auto.commit=true` that stores offsets as
///   `set_up.stored` says.
/// - **Done:** it polls `set_up.polled` records and hands them to a worker, which handles the first `set_up.handled` of
///   them and fails at the next; the process dies, after an automatic commit if `set_up.commit_was_due`, before it
///   otherwise; then a second consumer of the group reads to the end.
/// - **Counted:** of the records polled, those not handled that never come again (lost), and those handled that come
///   again (repeated).
pub fn lost_or_repeated(set_up: &AutoCommit) -> Loss {
    if !set_up.commit_was_due {
        // Nothing was committed: all of it comes again.
        return Loss {
            lost: 0,
            repeated: set_up.handled,
        };
    }
    let committed = match set_up.stored {
        OffsetStored::WhenPolled => set_up.polled,
        OffsetStored::WhenHandled => set_up.handled,
    };
    Loss {
        lost: committed - set_up.handled,
        repeated: 0,
    }
}

/// What is left for the next reader?
///
/// - **Set-up:** a topic with `set_up.records` records, and beside it a queue with as many messages, which deletes what
///   is acknowledged (as Google Pub/Sub or Amazon SQS do; here it is a model in memory).
/// - **Done:** a consumer of a first group consumes `set_up.consumed` records and commits, and a reader of the queue
///   takes and acknowledges as many; then a consumer of a second group, a further consumer of the first group, and a
///   second reader of the queue each read to the end.
/// - **Counted:** how many records each of these three gets.
pub fn second_group_reads(set_up: &Replay) -> Replayed {
    let rest = set_up.records - set_up.consumed;
    Replayed {
        // Reading takes nothing out of the log, and committed offsets belong to a group.
        second_group: set_up.records,
        same_group: rest,
        queue: rest,
    }
}

/// What is a member told when another one joins?
///
/// - **Set-up:** a group with the assignor `set_up.assignor`, whose only member owns all `set_up.partitions` partitions
///   of a topic.
/// - **Done:** a second member joins, and both poll until each owns half of the partitions.
/// - **Counted:** what the rebalance callback of the first member is called with from then on, in order; calls with no
///   partition at all are left out.
pub fn first_member_sees(set_up: &SecondJoins) -> Vec<Step> {
    let half = set_up.partitions / 2;
    match set_up.assignor {
        // Eager: everybody gives up everything before anybody gets anything.
        Assignor::Range => vec![Step::Revoked(set_up.partitions), Step::Assigned(half)],
        // Incremental: only what has to move moves.
        Assignor::CooperativeSticky => vec![Step::Revoked(half)],
    }
}

/// What does the next owner of a partition find that was in flight?
///
/// - **Set-up:** a member of a group has fetched `set_up.fetched` records of a partition, worked on the first
///   `set_up.done` of them, and committed the first `set_up.committed` of these.
/// - **Done:** in a rebalance the partition is revoked, the member does what `set_up.on_revoke` says, and the partition
///   goes to another member, which reads to the end.
/// - **Counted:** the offset at which the new owner starts, and how many records both have worked on.
pub fn handed_over_again(set_up: &InFlight) -> Handover {
    let starts_at = match set_up.on_revoke {
        OnRevoke::Commits => set_up.done,
        OnRevoke::Nothing => set_up.committed,
    };
    Handover {
        starts_at,
        // What was only fetched is thrown away with the partition, and nobody has worked on it.
        worked_on_twice: set_up.done - starts_at,
    }
}

/// Which records of transactions does a consumer get?
///
/// - **Set-up:** a partition that is empty.
/// - **Done:** four kinds of records are written to it, in the order of the fields of `set_up`: those of a committed
///   transaction, those of an aborted one, those of one that stays open, and those of a producer without transactions;
///   then a consumer with `isolation.level` as in `set_up.isolation` reads until nothing more comes.
/// - **Counted:** the records that it gets.
pub fn aborted_transaction(set_up: &Transactions) -> usize {
    let Transactions {
        committed,
        aborted,
        open,
        plain,
        isolation,
    } = *set_up;
    match isolation {
        Isolation::ReadUncommitted => committed + aborted + open + plain,
        Isolation::ReadCommitted if open == 0 => committed + plain,
        // Nobody knows yet what becomes of the open one, and a log is read in order: all that stands behind it waits.
        Isolation::ReadCommitted => committed,
    }
}

/// How many records are in the log when answers get lost?
///
/// - **Set-up:** a topic with one partition, and a producer with `acks=all` and `enable.idempotence` as in
///   `set_up.idempotence`.
/// - **Done:** `set_up.records` records are sent in one request; the broker writes them, and its answer is lost,
///   `set_up.lost` times in a row; each time the producer sends the request again, and in the end it is answered.
/// - **Counted:** the records in the log.
pub fn copies_after_a_lost_answer(set_up: &LostAnswers) -> usize {
    if set_up.idempotence {
        // The repetition has the sequence numbers of the first try: the broker knows it, and only answers again.
        set_up.records
    } else {
        set_up.records * (1 + set_up.lost)
    }
}

/// What the partitioner `consistent` makes of a key's hash.
fn partition_of(key_hash: u32, partitions: i32) -> i32 {
    i32::try_from(i64::from(key_hash) % i64::from(partitions)).unwrap_or_default()
}
