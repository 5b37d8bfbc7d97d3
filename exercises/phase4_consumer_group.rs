//! Phase 4: the consumer group.
//!
//! Consumers with the same `group.id` share the partitions of a topic: each partition has one owner at a time. When a
//! member comes, goes, or is silent for too long, the group *rebalances*: partitions are revoked from their owners and
//! assigned anew. The broker's group coordinator keeps the list of members, and one member, the leader, runs the
//! assignor. What was processed and not yet committed when a partition changes hands is processed again by its next
//! owner.

use tokio_util::sync::CancellationToken;

use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::Timeline;

/// Works as one member of a consumer group until `stop` is cancelled.
///
/// - It joins the group that `config.client` names and shares the partitions of `topic` with the group's other members.
///   A group without committed offsets starts at the first record.
/// - It calls `config.work` with every event of its partitions, in the order of their offsets within a partition, and
///   polls between one event and the next. Records that are no events are counted and passed over.
/// - It commits only what was processed: last processed offset + 1. Before it gives partitions up, in a rebalance or
///   because it stops, their processed offsets are committed. Of partitions that were lost it commits nothing: they may
///   have another owner already.
/// - The timeline gets, as it happens: `Started`; `Assigned` with the partitions of each assignment, be there none;
///   `Processed` for each event, after the work; `Committed` with the offsets that the broker accepted, by partition;
///   `Revoked` after that commit, or `Lost`; and `Left` at the end, after an error too.
/// - It stops promptly when no record comes, after the event in hand when one does. When it returns, it has left the
///   group.
/// - `config.work` may block, and the future is `Send`: workers are spawned.
///
/// # Errors
/// With Kafka's error code for an error that does not pass by itself, of a poll or of a commit, see
/// [`is_transient`](crate::errors::is_transient). It has left the group then too.
pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    // These lines make way for your code. The first only keeps the compiler from warning about what is not used yet.
    let _ = (id, config, topic, timeline, stop);
    // The chapter: docs/phase4.md#run_consumer_worker; hints: HINTS.md#run_consumer_worker.
    todo!("phase 4, exercise run_consumer_worker: write it in exercises/phase4_consumer_group.rs")
}

/// Shows a group rebalance: starts workers one after the other, then stops them one after the other.
///
/// - It runs `plan.workers` workers on `topic`, numbered from 1, all with `config` and `timeline`. Worker 1 starts
///   first; each next one starts when the group has settled on the one before.
/// - The group has settled when the newest worker has had an assignment, which may be empty, and every one of
///   `plan.partitions` partitions has an owner among the workers that run.
/// - No worker stops before all `plan.seeded` events are processed.
/// - Then it stops the workers in the order in which they started, each next one when the group has settled on those
///   that are left. A worker has left the group before the wait for the next settling begins.
/// - The report has each worker's report, how many different events were processed, and how many again.
///
/// # Errors
/// When a worker fails, or a step takes longer than `plan.step_timeout`. Either way every worker has stopped and has
/// left the group when it returns.
pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    // These lines make way for your code. The first only keeps the compiler from warning about what is not used yet.
    let _ = (config, topic, plan, timeline);
    // The chapter: docs/phase4.md#demonstrate_rebalancing; hints: HINTS.md#demonstrate_rebalancing.
    todo!(
        "phase 4, exercise demonstrate_rebalancing: write it in exercises/phase4_consumer_group.rs"
    )
}
