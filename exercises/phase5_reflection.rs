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
    Answer, AutoCommit, GroupStart, Growth, Handover, InFlight, KeyPlaces, Loss, LostAnswers,
    Order, Replay, Replayed, Replication, Rerun, SecondJoins, Sharing, Spread, Start, Step,
    Transactions, TwoEvents,
};

/// How many consumers of a group have work?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and one group.
/// - **Done:** `set_up.consumers` consumers of the group subscribe to the topic and poll until the group has come to
///   rest.
/// - **Counted:** the consumers that own a partition at least, by the broker's list of members.
pub fn consumers_with_work(set_up: &Sharing) -> usize {
    let _ = set_up;
    // The chapter: docs/phase5.md#consumers_with_work; hints: HINTS.md#consumers_with_work.
    todo!("phase 5, exercise consumers_with_work: write it in exercises/phase5_reflection.rs")
}

/// Where are the records of a key when partitions were added?
///
/// - **Set-up:** a topic with `set_up.before` partitions, and a producer with the partitioner `consistent`.
/// - **Done:** a record with a key is sent; the topic gets more partitions, `set_up.after` in all; a new producer of
///   the same kind sends a second record with the same key.
/// - **Counted:** in which partition each of the two is then.
pub fn key_after_growth(set_up: &Growth) -> KeyPlaces {
    let _ = set_up;
    // The chapter: docs/phase5.md#key_after_growth; hints: HINTS.md#key_after_growth.
    todo!("phase 5, exercise key_after_growth: write it in exercises/phase5_reflection.rs")
}

/// Whose acknowledgement does a record need?
///
/// - **Set-up:** a partition that is kept on `set_up.replicas` brokers, `set_up.in_sync` of which are up and in sync,
///   the leader among them; its topic's `min.insync.replicas` is `set_up.min_insync_replicas`.
/// - **Done:** a producer sends one record with `set_up.acks`, and sends nothing again.
/// - **Counted:** what the delivery report says.
pub fn acks_and_replicas(set_up: &Replication) -> Answer {
    let _ = set_up;
    // The chapter: docs/phase5.md#acks_and_replicas; hints: HINTS.md#acks_and_replicas.
    todo!("phase 5, exercise acks_and_replicas: write it in exercises/phase5_reflection.rs")
}

/// May a reader rely on the order in which two events were sent?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and a producer whose partitioner takes the hash of a key
///   modulo this number.
/// - **Done:** two events are sent, with keys of `set_up.key_hashes`, the second when the first is acknowledged; then
///   consumers read the topic that turn to its partitions in different orders, as any consumer may.
/// - **Counted:** whether all of them get the first event before the second.
pub fn order_of_two(set_up: &TwoEvents) -> Order {
    let _ = set_up;
    // The chapter: docs/phase5.md#order_of_two; hints: HINTS.md#order_of_two.
    todo!("phase 5, exercise order_of_two: write it in exercises/phase5_reflection.rs")
}

/// Over how many partitions does a burst of records go?
///
/// - **Set-up:** a topic with `set_up.partitions` partitions, and a producer that knows it already and is sticky as
///   `set_up.sticky` says.
/// - **Done:** it sends `set_up.records` records in one burst, many more than there are partitions, with `set_up.keys`.
/// - **Counted:** the partitions that have got at least one of them.
pub fn spread_of_records(set_up: &Spread) -> usize {
    let _ = set_up;
    // The chapter: docs/phase5.md#spread_of_records; hints: HINTS.md#spread_of_records.
    todo!("phase 5, exercise spread_of_records: write it in exercises/phase5_reflection.rs")
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
    let _ = set_up;
    // The chapter: docs/phase5.md#where_a_group_starts; hints: HINTS.md#where_a_group_starts.
    todo!("phase 5, exercise where_a_group_starts: write it in exercises/phase5_reflection.rs")
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
    let _ = set_up;
    // The chapter: docs/phase5.md#delivered_again; hints: HINTS.md#delivered_again.
    todo!("phase 5, exercise delivered_again: write it in exercises/phase5_reflection.rs")
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
    let _ = set_up;
    // The chapter: docs/phase5.md#lost_or_repeated; hints: HINTS.md#lost_or_repeated.
    todo!("phase 5, exercise lost_or_repeated: write it in exercises/phase5_reflection.rs")
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
    let _ = set_up;
    // The chapter: docs/phase5.md#second_group_reads; hints: HINTS.md#second_group_reads.
    todo!("phase 5, exercise second_group_reads: write it in exercises/phase5_reflection.rs")
}

/// What is a member told when another one joins?
///
/// - **Set-up:** a group with the assignor `set_up.assignor`, whose only member owns all `set_up.partitions` partitions
///   of a topic.
/// - **Done:** a second member joins, and both poll until each owns half of the partitions.
/// - **Counted:** what the rebalance callback of the first member is called with from then on, in order; calls with no
///   partition at all are left out.
pub fn first_member_sees(set_up: &SecondJoins) -> Vec<Step> {
    let _ = set_up;
    // The chapter: docs/phase5.md#first_member_sees; hints: HINTS.md#first_member_sees.
    todo!("phase 5, exercise first_member_sees: write it in exercises/phase5_reflection.rs")
}

/// What does the next owner of a partition find that was in flight?
///
/// - **Set-up:** a member of a group has fetched `set_up.fetched` records of a partition, worked on the first
///   `set_up.done` of them, and committed the first `set_up.committed` of these.
/// - **Done:** in a rebalance the partition is revoked, the member does what `set_up.on_revoke` says, and the partition
///   goes to another member, which reads to the end.
/// - **Counted:** the offset at which the new owner starts, and how many records both have worked on.
pub fn handed_over_again(set_up: &InFlight) -> Handover {
    let _ = set_up;
    // The chapter: docs/phase5.md#handed_over_again; hints: HINTS.md#handed_over_again.
    todo!("phase 5, exercise handed_over_again: write it in exercises/phase5_reflection.rs")
}

/// Which records of transactions does a consumer get?
///
/// - **Set-up:** a partition that is empty.
/// - **Done:** four kinds of records are written to it, in the order of the fields of `set_up`: those of a committed
///   transaction, those of an aborted one, those of one that stays open, and those of a producer without transactions;
///   then a consumer with `isolation.level` as in `set_up.isolation` reads until nothing more comes.
/// - **Counted:** the records that it gets.
pub fn aborted_transaction(set_up: &Transactions) -> usize {
    let _ = set_up;
    // The chapter: docs/phase5.md#aborted_transaction; hints: HINTS.md#aborted_transaction.
    todo!("phase 5, exercise aborted_transaction: write it in exercises/phase5_reflection.rs")
}

/// How many records are in the log when answers get lost?
///
/// - **Set-up:** a topic with one partition, and a producer with `acks=all` and `enable.idempotence` as in
///   `set_up.idempotence`.
/// - **Done:** `set_up.records` records are sent in one request; the broker writes them, and its answer is lost,
///   `set_up.lost` times in a row; each time the producer sends the request again, and in the end it is answered.
/// - **Counted:** the records in the log.
pub fn copies_after_a_lost_answer(set_up: &LostAnswers) -> usize {
    let _ = set_up;
    // The chapter: docs/phase5.md#copies_after_a_lost_answer; hints: HINTS.md#copies_after_a_lost_answer.
    todo!(
        "phase 5, exercise copies_after_a_lost_answer: write it in exercises/phase5_reflection.rs"
    )
}
