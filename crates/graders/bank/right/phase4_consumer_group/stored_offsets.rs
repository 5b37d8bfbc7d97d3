//! Phase 4 with auto-commit of stored offsets: an offset is stored after the work, committed by the client now and then,
//! and with `commit_consumer_state` in the callback and at the end. The demonstration drives its workers as futures in a
//! `FuturesUnordered`, without a task for each, while it looks at the timeline.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Message, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

struct Member {
    id: WorkerId,
    timeline: Timeline,
    /// What was stored since the broker last accepted all that is.
    stored: Mutex<BTreeMap<i32, i64>>,
    /// The first commit that failed for good.
    failed: OnceLock<KafkaError>,
}

impl Member {
    fn commit(&self, consumer: &BaseConsumer<Self>) {
        let stored = std::mem::take(&mut *self.stored.lock().expect("never poisoned"));
        match consumer.commit_consumer_state(CommitMode::Sync) {
            // The client had committed all of it by itself, if there was any.
            Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) | Ok(()) => {
                if !stored.is_empty() {
                    self.timeline.record(self.id, Activity::Committed(stored));
                }
            }
            Err(error) if is_transient(&error) => {}
            Err(error) => {
                let _ = self.failed.set(error);
            }
        }
    }
}

impl ClientContext for Member {}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else {
            return;
        };
        let partitions = ids(partitions);
        if consumer.assignment_lost() {
            self.stored.lock().expect("never poisoned").clear();
            self.timeline.record(self.id, Activity::Lost(partitions));
        } else {
            self.commit(consumer);
            self.timeline.record(self.id, Activity::Revoked(partitions));
        }
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            self.timeline
                .record(self.id, Activity::Assigned(ids(partitions)));
        }
    }
}

fn ids(list: &TopicPartitionList) -> Vec<i32> {
    list.to_topic_map().into_keys().map(|(_, id)| id).collect()
}

pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let member = Member {
        id,
        timeline: timeline.clone(),
        stored: Mutex::default(),
        failed: OnceLock::new(),
    };
    let consumer: BaseConsumer<Member> = config
        .client
        .clone()
        .set("enable.auto.commit", "true")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .create_with_context(member)?;
    consumer.subscribe(&[topic])?;
    timeline.record(id, Activity::Started);
    let ended = tokio::task::spawn_blocking(move || {
        let worked = work(&consumer, &config, &stop);
        if !consumer.assignment_lost() {
            consumer.context().commit(&consumer);
        }
        let failed = consumer.context().failed.get().cloned();
        drop(consumer);
        worked.and_then(|report| failed.map_or(Ok(report), Err))
    });
    let ended = ended.await;
    timeline.record(id, Activity::Left);
    Ok(ended??)
}

fn work(
    consumer: &BaseConsumer<Member>,
    config: &WorkerConfig,
    stop: &CancellationToken,
) -> KafkaResult<WorkerReport> {
    let member = consumer.context();
    let mut report = WorkerReport::default();
    while !stop.is_cancelled() && member.failed.get().is_none() {
        let record = match consumer.poll(Duration::from_millis(100)) {
            None => continue,
            Some(Ok(record)) => record,
            Some(Err(error)) if is_transient(&error) => continue,
            Some(Err(error)) => return Err(error),
        };
        let (partition, offset) = (record.partition(), record.offset());
        match ReceivedEvent::from_record(&record) {
            Ok(event) => {
                (config.work)(&event);
                report.processed += 1;
                let activity = Activity::Processed { partition, offset };
                member.timeline.record(member.id, activity);
            }
            Err(_) => report.skipped += 1,
        }
        // Storing fails when the partition is no longer this worker's: then it is not its to commit.
        if consumer.store_offset_from_message(&record).is_ok() {
            let mut stored = member.stored.lock().expect("never poisoned");
            stored.insert(partition, offset + 1);
        }
    }
    Ok(report)
}

type Ended = (WorkerId, Result<WorkerReport, WorkerError>);

/// The workers' futures: they make progress while one of the waits below polls them.
type Workers<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Ended> + Send + 'a>>>;

pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let mut stage = Stage {
        plan,
        timeline,
        workers: FuturesUnordered::new(),
        there: Vec::new(),
        reports: Vec::new(),
    };
    let result = stage.acts(config, topic).await;
    let cleared = stage.clear().await;
    cleared.and(result)?;

    stage.reports.sort_by_key(|(id, _)| *id);
    let processed = timeline.processed().len();
    Ok(RebalanceReport {
        workers: stage.reports,
        processed,
        repeated: timeline.processed_in_order().len() - processed,
    })
}

struct Stage<'a> {
    plan: &'a RebalancePlan,
    timeline: &'a Timeline,
    workers: Workers<'a>,
    there: Vec<(WorkerId, CancellationToken)>,
    reports: Vec<(WorkerId, WorkerReport)>,
}

impl<'a> Stage<'a> {
    async fn acts(&mut self, config: &WorkerConfig, topic: &'a str) -> Result<(), RebalanceError> {
        for number in 1..=self.plan.workers {
            self.enter(WorkerId(number), config.clone(), topic);
            self.until_settled().await?;
        }
        let seeded = self.plan.seeded;
        self.until("all events", |timeline| {
            timeline.processed().len() >= seeded
        })
        .await?;
        while !self.there.is_empty() {
            let (id, token) = self.there.remove(0);
            token.cancel();
            while !self.reports.iter().any(|(reported, _)| *reported == id) {
                let Some(ended) = self.workers.next().await else {
                    break;
                };
                self.note(ended)?;
            }
            self.until_settled().await?;
        }
        Ok(())
    }

    fn enter(&mut self, id: WorkerId, config: WorkerConfig, topic: &'a str) {
        let token = CancellationToken::new();
        let (timeline, stop) = (self.timeline.clone(), token.clone());
        self.workers.push(Box::pin(async move {
            (
                id,
                run_consumer_worker(id, config, topic, timeline, stop).await,
            )
        }));
        self.there.push((id, token));
    }

    async fn until_settled(&mut self) -> Result<(), RebalanceError> {
        let there: Vec<WorkerId> = self.there.iter().map(|(id, _)| *id).collect();
        let Some(newest) = there.last().copied() else {
            return Ok(());
        };
        let partitions = self.plan.partitions;
        self.until("the group to settle", move |timeline| {
            let owners = timeline.owners();
            let owned = |partition| owners.get(&partition).is_some_and(|it| there.contains(it));
            timeline.has_been_assigned(newest) && (0..partitions).all(owned)
        })
        .await
    }

    async fn until(
        &mut self,
        what: &str,
        condition: impl FnMut(&Timeline) -> bool,
    ) -> Result<(), RebalanceError> {
        let waited = self.plan.step_timeout;
        let too_long = || RebalanceError::StepTimeout {
            waiting_for: what.to_owned(),
            waited,
        };
        let timeline = self.timeline;
        let mut holds = std::pin::pin!(timeline.wait_until(waited, condition));
        loop {
            let ended = tokio::select! {
                held = &mut holds => return held.map_err(|_| too_long()),
                Some(ended) = self.workers.next() => ended,
            };
            self.note(ended)?;
        }
    }

    fn note(&mut self, (id, ended): Ended) -> Result<(), RebalanceError> {
        self.there.retain(|(there, _)| *there != id);
        let report = ended.map_err(|error| RebalanceError::Worker(id, error))?;
        self.reports.push((id, report));
        Ok(())
    }

    async fn clear(&mut self) -> Result<(), RebalanceError> {
        self.there.drain(..).for_each(|(_, token)| token.cancel());
        let mut result = Ok(());
        while let Some(ended) = self.workers.next().await {
            result = result.and(self.note(ended));
        }
        result
    }
}
