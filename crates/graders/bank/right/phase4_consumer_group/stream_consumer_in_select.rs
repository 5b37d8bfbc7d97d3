//! Phase 4 with a `StreamConsumer` whose `recv` waits in one `select!` with the token and with a ticker for commits, and
//! a demonstration that keeps its workers in a `JoinSet` and watches that and the timeline at the same time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance, StreamConsumer,
};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

type Member = StreamConsumer<Ledger>;

/// What is done and not yet committed, partition by partition.
struct Ledger {
    worker: WorkerId,
    topic: String,
    timeline: Timeline,
    done: Mutex<HashMap<i32, i64>>,
}

impl Ledger {
    fn note(&self, partition: i32, offset: i64) {
        self.done.lock().unwrap().insert(partition, offset + 1);
    }

    fn forget(&self, partitions: &[i32]) {
        let mut done = self.done.lock().unwrap();
        for partition in partitions {
            done.remove(partition);
        }
    }

    fn settle_up<C: Consumer<Self>>(&self, consumer: &C) -> KafkaResult<()> {
        let due: BTreeMap<i32, i64> = self.done.lock().unwrap().drain().collect();
        if due.is_empty() || consumer.assignment_lost() {
            return Ok(());
        }
        let mut list = TopicPartitionList::with_capacity(due.len());
        for (partition, next) in &due {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*next))?;
        }
        match consumer.commit(&list, CommitMode::Sync) {
            Ok(()) => {
                self.timeline.record(self.worker, Activity::Committed(due));
                Ok(())
            }
            Err(error) => {
                let mut done = self.done.lock().unwrap();
                for (partition, next) in due {
                    done.entry(partition).or_insert(next);
                }
                Err(error)
            }
        }
    }
}

impl ClientContext for Ledger {}

impl ConsumerContext for Ledger {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(list) = rebalance {
            let partitions = partitions_of(list);
            let activity = if consumer.assignment_lost() {
                Activity::Lost(partitions.clone())
            } else {
                // What the broker does not take is done again by the next owner.
                let _ = self.settle_up(consumer);
                Activity::Revoked(partitions.clone())
            };
            self.forget(&partitions);
            self.timeline.record(self.worker, activity);
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            let activity = Activity::Assigned(partitions_of(list));
            self.timeline.record(self.worker, activity);
        }
    }
}

fn partitions_of(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(|it| it.partition()).collect()
}

pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let mut settings = config.client.clone();
    settings.set("enable.auto.commit", "false");
    settings.set("auto.offset.reset", "smallest");
    let member: Member = settings.create_with_context(Ledger {
        worker: id,
        topic: topic.to_owned(),
        timeline: timeline.clone(),
        done: Mutex::default(),
    })?;
    member.subscribe(&[topic])?;
    timeline.record(id, Activity::Started);

    let mut report = WorkerReport::default();
    let ended = receive(&member, &config, &stop, &mut report).await;
    let goodbye = tokio::task::spawn_blocking(move || {
        let last = member.context().settle_up(&member);
        drop(member);
        last
    });
    let last = goodbye.await?;
    timeline.record(id, Activity::Left);
    ended?;
    last.or_else(unless_passing)?;
    Ok(report)
}

async fn receive(
    member: &Member,
    config: &WorkerConfig,
    stop: &CancellationToken,
    report: &mut WorkerReport,
) -> KafkaResult<()> {
    let mut commits = tokio::time::interval(Duration::from_millis(600));
    commits.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            _ = commits.tick() => member.context().settle_up(member).or_else(unless_passing)?,
            received = member.recv() => match received {
                Ok(record) => {
                    let (partition, offset) = (record.partition(), record.offset());
                    if let Ok(event) = ReceivedEvent::from_record(&record) {
                        let work = Arc::clone(&config.work);
                        tokio::task::spawn_blocking(move || work(&event))
                            .await
                            .expect("work does not fail");
                        report.processed += 1;
                        let ledger = member.context();
                        let activity = Activity::Processed { partition, offset };
                        ledger.timeline.record(ledger.worker, activity);
                    } else {
                        report.skipped += 1;
                    }
                    member.context().note(partition, offset);
                }
                Err(error) => unless_passing(error)?,
            },
        }
    }
}

fn unless_passing(error: KafkaError) -> KafkaResult<()> {
    if is_transient(&error) {
        Ok(())
    } else {
        Err(error)
    }
}

type Finished = (WorkerId, Result<WorkerReport, WorkerError>);

struct Troupe<'a> {
    plan: &'a RebalancePlan,
    timeline: &'a Timeline,
    tasks: JoinSet<Finished>,
    tokens: BTreeMap<WorkerId, CancellationToken>,
    reports: BTreeMap<WorkerId, WorkerReport>,
}

pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let mut troupe = Troupe {
        plan,
        timeline,
        tasks: JoinSet::new(),
        tokens: BTreeMap::new(),
        reports: BTreeMap::new(),
    };
    let played = troupe.play(config, topic).await;
    let dismissed = troupe.dismiss().await;
    // Who failed says more than which step was waited for in vain.
    match played {
        Err(failed @ RebalanceError::Worker(..)) => return Err(failed),
        other => dismissed.and(other)?,
    }
    let (processed, all) = (timeline.processed(), timeline.processed_in_order());
    Ok(RebalanceReport {
        workers: troupe.reports.into_iter().collect(),
        processed: processed.len(),
        repeated: all.len() - processed.len(),
    })
}

impl Troupe<'_> {
    async fn play(&mut self, config: &WorkerConfig, topic: &str) -> Result<(), RebalanceError> {
        for id in (1..=self.plan.workers).map(WorkerId) {
            self.hire(id, config.clone(), topic.to_owned());
            self.settled().await?;
        }
        let seeded = self.plan.seeded;
        self.step("every seeded event", move |timeline| {
            timeline.processed().len() >= seeded
        })
        .await?;
        while let Some((id, token)) = self.tokens.pop_first() {
            token.cancel();
            while !self.reports.contains_key(&id) {
                let Some(finished) = self.tasks.join_next().await else {
                    break;
                };
                self.file(finished)?;
            }
            if !self.tokens.is_empty() {
                self.settled().await?;
            }
        }
        Ok(())
    }

    fn hire(&mut self, id: WorkerId, config: WorkerConfig, topic: String) {
        let token = CancellationToken::new();
        let (timeline, stop) = (self.timeline.clone(), token.clone());
        self.tokens.insert(id, token);
        self.tasks.spawn(async move {
            // A task within the task, so that a panic comes with the worker's number.
            let worker =
                async move { run_consumer_worker(id, config, &topic, timeline, stop).await };
            let ended = tokio::spawn(worker).await;
            (id, ended.unwrap_or_else(|panic| Err(panic.into())))
        });
    }

    async fn settled(&mut self) -> Result<(), RebalanceError> {
        let here: Vec<WorkerId> = self.tokens.keys().copied().collect();
        let partitions = self.plan.partitions;
        self.step("an owner for each partition", move |timeline| {
            let owners = timeline.owners();
            let owned = |partition| owners.get(&partition).is_some_and(|it| here.contains(it));
            here.last()
                .is_some_and(|id| timeline.has_been_assigned(*id))
                && (0..partitions).all(owned)
        })
        .await
    }

    async fn step(
        &mut self,
        what: &str,
        condition: impl FnMut(&Timeline) -> bool,
    ) -> Result<(), RebalanceError> {
        let waited = self.plan.step_timeout;
        tokio::select! {
            in_time = self.timeline.wait_until(waited, condition) => {
                in_time.map_err(|_| RebalanceError::StepTimeout { waiting_for: what.to_owned(), waited })
            }
            Some(early) = self.tasks.join_next() => {
                self.file(early)?;
                // Nobody was told to go, so the step can never be completed.
                Err(RebalanceError::StepTimeout { waiting_for: what.to_owned(), waited })
            }
        }
    }

    fn file(
        &mut self,
        finished: Result<Finished, tokio::task::JoinError>,
    ) -> Result<(), RebalanceError> {
        let (id, ended) = finished.expect("nobody aborts a worker");
        self.tokens.remove(&id);
        let report = ended.map_err(|error| RebalanceError::Worker(id, error))?;
        self.reports.insert(id, report);
        Ok(())
    }

    async fn dismiss(&mut self) -> Result<(), RebalanceError> {
        for token in self.tokens.values() {
            token.cancel();
        }
        let mut result = Ok(());
        while let Some(finished) = self.tasks.join_next().await {
            let filed = self.file(finished);
            result = result.and(filed);
        }
        result
    }
}
