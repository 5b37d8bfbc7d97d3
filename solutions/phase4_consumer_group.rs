//! Phase 4: the consumer group.
//!
//! Consumers with the same `group.id` share the partitions of a topic: each partition has one owner at a time. When a
//! member comes, goes, or is silent for too long, the group *rebalances*: partitions are revoked from their owners and
//! assigned anew. The broker's group coordinator keeps the list of members, and one member, the leader, runs the
//! assignor. What was processed and not yet committed when a partition changes hands is processed again by its next
//! owner.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaResult;
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

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
    let topic = topic.to_owned();
    // Polling, committing, the work and leaving the group all block: one thread for them, where blocking is allowed.
    let worker = tokio::task::spawn_blocking(move || work(id, &config, &topic, &timeline, &stop));
    worker.await?
}

/// How long one poll waits, and so how late `stop` may be noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// How much work a crash may repeat at most, in time.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

fn work(
    id: WorkerId,
    config: &WorkerConfig,
    topic: &str,
    timeline: &Timeline,
    stop: &CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let context = WorkerContext {
        id,
        topic: topic.to_owned(),
        timeline: timeline.clone(),
        processed: Mutex::default(),
    };
    let consumer: BaseConsumer<WorkerContext> = config
        .client
        .clone()
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create_with_context(context)?;
    consumer.subscribe(&[topic])?;
    timeline.record(id, Activity::Started);

    let report = poll_until_stopped(&consumer, config, stop);
    let committed = consumer.context().commit(&consumer);
    // Dropping the consumer leaves the group, and waits until it has: the others need not wait for the session timeout.
    drop(consumer);
    timeline.record(id, Activity::Left);
    let report = report?;
    committed?;
    Ok(report)
}

fn poll_until_stopped(
    consumer: &BaseConsumer<WorkerContext>,
    config: &WorkerConfig,
    stop: &CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let context = consumer.context();
    let mut report = WorkerReport::default();
    let mut last_commit = Instant::now();
    while !stop.is_cancelled() {
        match consumer.poll(POLL_TIMEOUT) {
            None => {}
            Some(Err(error)) if is_transient(&error) => {}
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(record)) => {
                let (partition, offset) = (record.partition(), record.offset());
                match ReceivedEvent::from_record(&record) {
                    Ok(event) => {
                        (config.work)(&event);
                        report.processed += 1;
                        let activity = Activity::Processed { partition, offset };
                        context.timeline.record(context.id, activity);
                    }
                    Err(_no_event) => report.skipped += 1,
                }
                context.lock().insert(partition, offset + 1);
            }
        }
        if last_commit.elapsed() >= COMMIT_INTERVAL {
            context.commit(consumer)?;
            last_commit = Instant::now();
        }
    }
    Ok(report)
}

/// What the rebalance callback knows. librdkafka calls it from inside `poll`, on the worker's own thread: no event is
/// ever in hand while it runs.
struct WorkerContext {
    id: WorkerId,
    topic: String,
    timeline: Timeline,
    /// For each partition, the offset to commit: last processed + 1. Empty when everything is committed.
    processed: Mutex<BTreeMap<i32, i64>>,
}

impl ClientContext for WorkerContext {}

impl ConsumerContext for WorkerContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else {
            return;
        };
        let partitions = numbers(partitions);
        if consumer.assignment_lost() {
            self.lock().clear();
            self.timeline.record(self.id, Activity::Lost(partitions));
            return;
        }
        // Last chance: once this callback returns, the partitions go to somebody else. A commit that fails is no
        // reason to stop. The next owner gets those events again.
        let _ = self.commit(consumer);
        for partition in &partitions {
            self.lock().remove(partition);
        }
        self.timeline.record(self.id, Activity::Revoked(partitions));
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            let partitions = numbers(partitions);
            self.timeline
                .record(self.id, Activity::Assigned(partitions));
        }
    }
}

impl WorkerContext {
    /// Commits what was processed since the last commit, and waits for the broker's answer.
    fn commit(&self, consumer: &BaseConsumer<Self>) -> KafkaResult<()> {
        let mut processed = self.lock();
        if consumer.assignment_lost() {
            // The callback that says so may be yet to come.
            processed.clear();
        }
        if processed.is_empty() {
            return Ok(());
        }
        let mut offsets = TopicPartitionList::new();
        for (&partition, &offset) in processed.iter() {
            offsets.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        match consumer.commit(&offsets, CommitMode::Sync) {
            // They stay, to be committed the next time. After the last time their next owner gets those events again.
            Err(error) if is_transient(&error) => return Ok(()),
            result => result?,
        }
        let committed = std::mem::take(&mut *processed);
        self.timeline
            .record(self.id, Activity::Committed(committed));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.processed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn numbers(partitions: &TopicPartitionList) -> Vec<i32> {
    let mut numbers: Vec<i32> = partitions
        .elements()
        .iter()
        .map(|element| element.partition())
        .collect();
    numbers.sort_unstable();
    numbers
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
    let mut crew = Crew {
        plan,
        timeline,
        running: VecDeque::new(),
        reports: Vec::new(),
    };
    let rehearsed = crew.rehearse(config, topic).await;
    crew.stop_all(rehearsed).await?;

    let processed = timeline.processed().len();
    let repeated = timeline.processed_in_order().len() - processed;
    Ok(RebalanceReport {
        workers: crew.reports,
        processed,
        repeated,
    })
}

/// The workers of one demonstration.
struct Crew<'a> {
    plan: &'a RebalancePlan,
    timeline: &'a Timeline,
    running: VecDeque<RunningWorker>,
    reports: Vec<(WorkerId, WorkerReport)>,
}

struct RunningWorker {
    id: WorkerId,
    /// Cancels the worker's token when it is dropped, so no worker outlives a demonstration that is itself cancelled.
    stop: DropGuard,
    /// Cancelled when the worker's task has ended, however it ended.
    ended: CancellationToken,
    task: JoinHandle<Result<WorkerReport, WorkerError>>,
}

impl Crew<'_> {
    async fn rehearse(&mut self, config: &WorkerConfig, topic: &str) -> Result<(), RebalanceError> {
        for number in 1..=self.plan.workers {
            self.start(WorkerId(number), config, topic);
            self.settle().await?;
        }
        let seeded = self.plan.seeded;
        self.wait_for(format!("all {seeded} events to be processed"), |timeline| {
            timeline.processed().len() >= seeded
        })
        .await?;
        while let Some(worker) = self.running.pop_front() {
            self.stop(worker).await?;
            if !self.running.is_empty() {
                self.settle().await?;
            }
        }
        Ok(())
    }

    fn start(&mut self, id: WorkerId, config: &WorkerConfig, topic: &str) {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let (config, topic, timeline) = (config.clone(), topic.to_owned(), self.timeline.clone());
        let (stopped, has_ended) = (stop.clone(), ended.clone().drop_guard());
        let task = tokio::spawn(async move {
            let _has_ended = has_ended;
            run_consumer_worker(id, config, &topic, timeline, stopped).await
        });
        self.running.push_back(RunningWorker {
            id,
            stop: stop.drop_guard(),
            ended,
            task,
        });
    }

    /// Waits by looking, not by the clock: how long a rebalance takes depends on heartbeats, assignors and luck.
    async fn settle(&self) -> Result<(), RebalanceError> {
        let members: Vec<WorkerId> = self.running.iter().map(|worker| worker.id).collect();
        let waiting_for = format!("the group to settle on {} workers", members.len());
        let partitions = self.plan.partitions;
        self.wait_for(waiting_for, |timeline| {
            let owners = timeline.owners();
            let newest_has_joined = members
                .last()
                .is_none_or(|newest| timeline.has_been_assigned(*newest));
            newest_has_joined
                && (0..partitions).all(|partition| {
                    owners
                        .get(&partition)
                        .is_some_and(|owner| members.contains(owner))
                })
        })
        .await
    }

    async fn wait_for(
        &self,
        waiting_for: String,
        condition: impl FnMut(&Timeline) -> bool,
    ) -> Result<(), RebalanceError> {
        let begun = Instant::now();
        let mut ends: FuturesUnordered<_> = self
            .running
            .iter()
            .map(|worker| worker.ended.cancelled())
            .collect();
        let came_true = tokio::select! {
            waited = self.timeline.wait_until(self.plan.step_timeout, condition) => waited.is_ok(),
            // A worker that ends before it is told to has failed: `stop_all` finds out why.
            Some(()) = ends.next() => false,
        };
        if came_true {
            return Ok(());
        }
        Err(RebalanceError::StepTimeout {
            waiting_for,
            waited: begun.elapsed(),
        })
    }

    async fn stop(&mut self, worker: RunningWorker) -> Result<(), RebalanceError> {
        drop(worker.stop);
        let ended = worker.task.await.map_err(WorkerError::from).flatten();
        let report = ended.map_err(|error| RebalanceError::Worker(worker.id, error))?;
        self.reports.push((worker.id, report));
        Ok(())
    }

    /// Stops whoever still runs. A worker's own error says more than the step that waited for that worker in vain.
    async fn stop_all(
        &mut self,
        rehearsed: Result<(), RebalanceError>,
    ) -> Result<(), RebalanceError> {
        let mut result = rehearsed;
        while let Some(worker) = self.running.pop_front() {
            if let Err(error) = self.stop(worker).await {
                result = Err(error);
            }
        }
        result
    }
}
