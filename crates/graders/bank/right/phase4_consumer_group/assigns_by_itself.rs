//! Phase 4: a thread of its own for each worker, a rebalance callback that assigns by itself, one commit for each event;
//! and a demonstration that plays a script.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

/// A member of the group: what it has yet to commit, and its timeline.
struct Member {
    id: WorkerId,
    topic: String,
    timeline: Timeline,
    /// Offsets of processed records that the broker has not accepted yet.
    uncommitted: Mutex<BTreeMap<i32, i64>>,
    /// What went wrong for good while partitions were given up.
    refused: Mutex<Option<KafkaError>>,
}

impl Member {
    fn note(&self, activity: Activity) {
        self.timeline.record(self.id, activity);
    }

    fn uncommitted(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.uncommitted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, Option<KafkaError>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits what was processed, each partition by itself. What is refused for now stays to be committed.
    fn commit(&self, consumer: &BaseConsumer<Self>, only: Option<&[i32]>) -> KafkaResult<()> {
        let uncommitted = self.uncommitted().clone();
        for (partition, next) in uncommitted {
            if only.is_some_and(|only| !only.contains(&partition)) {
                continue;
            }
            if consumer.assignment_lost() {
                break;
            }
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&self.topic, partition, Offset::Offset(next))?;
            match consumer.commit(&list, CommitMode::Sync) {
                Ok(()) => {
                    self.uncommitted().remove(&partition);
                    self.note(Activity::Committed(BTreeMap::from([(partition, next)])));
                }
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn give_up(&self, consumer: &BaseConsumer<Self>, going: Vec<i32>) {
        let lost = consumer.assignment_lost();
        if !lost {
            if let Err(error) = self.commit(consumer, Some(&going)) {
                *self.refused() = Some(error);
            } else if self
                .uncommitted()
                .keys()
                .any(|partition| going.contains(partition))
            {
                // Once more, a moment later. After that it is up to the next owner.
                thread::sleep(Duration::from_millis(100));
                if let Err(error) = self.commit(consumer, Some(&going)) {
                    *self.refused() = Some(error);
                }
            }
        }
        self.uncommitted()
            .retain(|partition, _| !going.contains(partition));
        self.note(if lost {
            Activity::Lost(going)
        } else {
            Activity::Revoked(going)
        });
    }
}

impl ClientContext for Member {}

impl ConsumerContext for Member {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let cooperative = matches!(
            consumer.rebalance_protocol(),
            RebalanceProtocol::Cooperative
        );
        // An error of these calls comes out of the next poll, too.
        match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let _ = if cooperative {
                    consumer.incremental_assign(list)
                } else {
                    consumer.assign(list)
                };
                self.note(Activity::Assigned(partitions));
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.give_up(consumer, partitions);
                let _ = if cooperative {
                    consumer.incremental_unassign(list)
                } else {
                    consumer.unassign()
                };
            }
            _ => {
                let _ = consumer.unassign();
            }
        }
    }
}

/// Works as one member of a consumer group until `stop` is cancelled.
///
/// # Errors
/// With Kafka's error code for an error that does not pass by itself, of a poll or of a commit.
pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let stop = stop.child_token();
    // Should nobody wait any more, the thread ends as well.
    let _guard = stop.clone().drop_guard();
    let topic = topic.to_owned();
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let _ = tell.send(live(id, &config, topic, timeline, &stop));
    });
    match told.await {
        Ok(Ok(ended)) => Ok(ended?),
        // The task's error for a panic can only be had from a task that panics.
        Ok(Err(panic)) => Err(again(panic).await),
        Err(gone) => Err(again(Box::new(gone)).await),
    }
}

async fn again(panic: Box<dyn std::any::Any + Send>) -> WorkerError {
    match tokio::task::spawn_blocking(move || resume_unwind(panic)).await {
        Err(panicked) => panicked.into(),
        Ok(()) => KafkaError::Canceled.into(),
    }
}

/// The life of a worker. `Err` is a panic of its work.
fn live(
    id: WorkerId,
    config: &WorkerConfig,
    topic: String,
    timeline: Timeline,
    stop: &CancellationToken,
) -> thread::Result<KafkaResult<WorkerReport>> {
    let member = Member {
        id,
        topic,
        timeline,
        uncommitted: Mutex::default(),
        refused: Mutex::default(),
    };
    let consumer = match join(config, member) {
        Ok(consumer) => consumer,
        // It was no member yet: there is nothing to leave.
        Err(error) => return Ok(Err(error)),
    };
    let member = Arc::clone(consumer.context());
    member.note(Activity::Started);
    let worked = catch_unwind(AssertUnwindSafe(|| work(&consumer, config, stop)));
    let committed = member.commit(&consumer, None);
    drop(consumer);
    member.note(Activity::Left);
    let refused = member.refused().take();
    worked.map(|worked| {
        let report = worked?;
        committed?;
        refused.map_or(Ok(report), Err)
    })
}

fn join(config: &WorkerConfig, member: Member) -> KafkaResult<BaseConsumer<Member>> {
    let topic = member.topic.clone();
    let mut client = config.client.clone();
    client.set("enable.auto.commit", "false");
    client.set("enable.auto.offset.store", "false");
    client.set("auto.offset.reset", "earliest");
    let consumer: BaseConsumer<Member> = client.create_with_context(member)?;
    consumer.subscribe(&[&topic])?;
    Ok(consumer)
}

fn work(
    consumer: &BaseConsumer<Member>,
    config: &WorkerConfig,
    stop: &CancellationToken,
) -> KafkaResult<WorkerReport> {
    let member = consumer.context();
    let mut report = WorkerReport::default();
    while !stop.is_cancelled() {
        let polled = consumer.poll(Duration::from_millis(50));
        if let Some(refused) = member.refused().take() {
            return Err(refused);
        }
        match polled {
            Some(Ok(record)) => {
                match ReceivedEvent::from_record(&record) {
                    Ok(event) => {
                        (config.work)(&event);
                        let (partition, offset) = (event.partition, event.offset);
                        member.note(Activity::Processed { partition, offset });
                        report.processed += 1;
                    }
                    Err(_) => report.skipped += 1,
                }
                member
                    .uncommitted()
                    .insert(record.partition(), record.offset() + 1);
            }
            Some(Err(error)) if !is_transient(&error) => return Err(error),
            _ => {}
        }
        member.commit(consumer, None)?;
    }
    Ok(report)
}

/// What is done in a demonstration.
#[derive(Clone, Copy)]
enum Step {
    Start(WorkerId),
    Settle,
    WorkOff,
    Stop(WorkerId),
}

fn script(plan: &RebalancePlan) -> impl Iterator<Item = Step> + use<> {
    let workers = 1..=plan.workers;
    let starts = workers
        .clone()
        .map(WorkerId)
        .flat_map(|id| [Step::Start(id), Step::Settle]);
    let stops = workers
        .map(WorkerId)
        .flat_map(|id| [Step::Stop(id), Step::Settle]);
    starts.chain([Step::WorkOff]).chain(stops)
}

struct Player {
    id: WorkerId,
    stop: CancellationToken,
    task: JoinHandle<Result<WorkerReport, WorkerError>>,
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Stage<'a> {
    config: &'a WorkerConfig,
    topic: &'a str,
    plan: &'a RebalancePlan,
    timeline: &'a Timeline,
    running: Vec<Player>,
    reports: Vec<(WorkerId, WorkerReport)>,
}

impl Stage<'_> {
    async fn perform(&mut self, step: Step) -> Result<(), RebalanceError> {
        match step {
            Step::Start(id) => {
                self.start(id);
                Ok(())
            }
            Step::Settle => self.wait("the group to settle", Self::has_settled).await,
            Step::WorkOff => {
                let all_done = |stage: &Self| stage.timeline.processed().len() >= stage.plan.seeded;
                self.wait("the seeded events to be processed", all_done)
                    .await
            }
            Step::Stop(id) => match self.running.iter().position(|player| player.id == id) {
                Some(place) => {
                    let player = self.running.remove(place);
                    self.retire(player).await
                }
                None => Ok(()),
            },
        }
    }

    fn start(&mut self, id: WorkerId) {
        let stop = CancellationToken::new();
        let (config, topic) = (self.config.clone(), self.topic.to_owned());
        let (timeline, token) = (self.timeline.clone(), stop.clone());
        let task =
            tokio::spawn(
                async move { run_consumer_worker(id, config, &topic, timeline, token).await },
            );
        self.running.push(Player { id, stop, task });
    }

    async fn retire(&mut self, mut player: Player) -> Result<(), RebalanceError> {
        player.stop.cancel();
        let failed = |error| RebalanceError::Worker(player.id, error);
        let report = (&mut player.task)
            .await
            .map_err(|panicked| failed(panicked.into()))?
            .map_err(failed)?;
        self.reports.push((player.id, report));
        Ok(())
    }

    fn has_settled(&self) -> bool {
        let Some(newest) = self.running.last() else {
            return true;
        };
        let owners = self.timeline.owners();
        let runs = |owner: &WorkerId| self.running.iter().any(|player| player.id == *owner);
        self.timeline.has_been_assigned(newest.id)
            && (0..self.plan.partitions).all(|partition| owners.get(&partition).is_some_and(runs))
    }

    async fn wait(
        &self,
        waiting_for: &str,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<(), RebalanceError> {
        let began = Instant::now();
        while !condition(self) {
            let waited = began.elapsed();
            // Who has ended before its time says why when the stage is cleared.
            let somebody_ended = self.running.iter().any(|player| player.task.is_finished());
            if somebody_ended || waited >= self.plan.step_timeout {
                return Err(RebalanceError::StepTimeout {
                    waiting_for: waiting_for.to_owned(),
                    waited,
                });
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Stops whoever is left, waits for them, and gives the reason why they failed, if one did.
    async fn clear(&mut self) -> Result<(), RebalanceError> {
        for player in &self.running {
            player.stop.cancel();
        }
        let mut cleared = Ok(());
        for player in std::mem::take(&mut self.running) {
            let retired = self.retire(player).await;
            cleared = cleared.and(retired);
        }
        cleared
    }
}

/// Shows a group rebalance: starts workers one after the other, then stops them one after the other.
///
/// # Errors
/// When a worker fails, or a step takes longer than `plan.step_timeout`.
pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let mut stage = Stage {
        config,
        topic,
        plan,
        timeline,
        running: Vec::new(),
        reports: Vec::new(),
    };
    for step in script(plan) {
        if let Err(failure) = stage.perform(step).await {
            let cleared = stage.clear().await;
            return Err(match failure {
                RebalanceError::Worker(..) => failure,
                RebalanceError::StepTimeout { .. } => cleared.err().unwrap_or(failure),
            });
        }
    }
    let processed = timeline.processed().len();
    Ok(RebalanceReport {
        workers: stage.reports,
        processed,
        repeated: timeline.processed_in_order().len() - processed,
    })
}
