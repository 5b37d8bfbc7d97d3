//! No async in the worker: a thread of its own polls, works and carries rebalances out itself. It commits when it gives
//! something up, and only then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

struct Hands {
    id: WorkerId,
    timeline: Timeline,
    /// What to commit, as Kafka wants it: the next offset of each partition.
    done: Mutex<BTreeMap<(String, i32), i64>>,
    error: Mutex<Option<KafkaError>>,
}

impl Hands {
    fn tell(&self, activity: Activity) {
        self.timeline.record(self.id, activity);
    }

    fn hand_in(&self, consumer: &BaseConsumer<Self>, going: &[i32]) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        let mut told = BTreeMap::new();
        for ((topic, partition), offset) in self
            .done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            if going.contains(partition) {
                list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
                told.insert(*partition, *offset);
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        for pause in [50, 100, 200, 400, 800, 0] {
            match consumer.commit(&list, CommitMode::Sync) {
                Ok(()) => {
                    self.tell(Activity::Committed(told));
                    return Ok(());
                }
                Err(error) => {
                    let out = [
                        Code::UnknownMemberId,
                        Code::IllegalGeneration,
                        Code::AssignmentLost,
                    ];
                    let code = error.rdkafka_error_code();
                    if !is_transient(&error) {
                        return Err(error);
                    }
                    if pause == 0 || code.is_some_and(|code| out.contains(&code)) {
                        return Ok(());
                    }
                    std::thread::sleep(Duration::from_millis(pause));
                }
            }
        }
        Ok(())
    }
}

impl ClientContext for Hands {}

impl ConsumerContext for Hands {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let cooperative = matches!(
            consumer.rebalance_protocol(),
            RebalanceProtocol::Cooperative
        );
        let mut numbers = Vec::with_capacity(partitions.count());
        numbers.extend(partitions.elements().iter().map(|e| e.partition()));
        let carried_out = if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.tell(Activity::Assigned(numbers));
            if cooperative {
                consumer.incremental_assign(partitions)
            } else {
                consumer.assign(partitions)
            }
        } else {
            let lost = consumer.assignment_lost();
            let committed = if lost {
                Ok(())
            } else {
                self.hand_in(consumer, &numbers)
            };
            if let Err(error) = committed {
                *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.retain(|(_, partition), _| !numbers.contains(partition));
            drop(done);
            self.tell(if lost {
                Activity::Lost(numbers)
            } else {
                Activity::Revoked(numbers)
            });
            if cooperative {
                consumer.incremental_unassign(partitions)
            } else {
                consumer.unassign()
            }
        };
        if let Err(error) = carried_out {
            self.error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(error);
        }
    }
}

pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    struct SetsOnDrop(Arc<AtomicBool>);
    impl Drop for SetsOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let abandoned = SetsOnDrop(Arc::default());
    let (is_abandoned, topic) = (Arc::clone(&abandoned.0), topic.to_owned());
    let (answer, answered) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        timeline.record(id, Activity::Started);
        let hands = Hands {
            id,
            timeline: timeline.clone(),
            done: Mutex::default(),
            error: Mutex::default(),
        };
        let until = || stop.is_cancelled() || is_abandoned.load(Ordering::Acquire);
        let worked = all_of_it(hands, &config, &topic, until);
        timeline.record(id, Activity::Left);
        let _ = answer.send(worked);
    });
    if let Ok(worked) = answered.await {
        return worked.map_err(WorkerError::Kafka);
    }
    // The thread has panicked. Let it be a task's panic, for which there is a word.
    let join = move || {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    };
    tokio::task::spawn_blocking(join).await?;
    Ok(WorkerReport::default())
}

fn all_of_it(
    hands: Hands,
    config: &WorkerConfig,
    topic: &str,
    until: impl Fn() -> bool,
) -> KafkaResult<WorkerReport> {
    let mut client = config.client.clone();
    for (name, value) in [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "earliest"),
    ] {
        client.set(name, value);
    }
    let consumer: BaseConsumer<Hands> = client.create_with_context(hands)?;
    let hands = Arc::clone(consumer.context());
    let mut report = WorkerReport::default();
    let mut ended = consumer.subscribe(&[topic]);
    while ended.is_ok() && !until() {
        ended = match consumer.poll(Duration::from_millis(50)) {
            None => Ok(()),
            Some(Err(error)) if is_transient(&error) => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(record)) => {
                let (partition, offset) = (record.partition(), record.offset());
                match ReceivedEvent::from_record(&record) {
                    Ok(event) => {
                        (config.work)(&event);
                        hands.tell(Activity::Processed { partition, offset });
                        report.processed += 1;
                    }
                    Err(_) => report.skipped += 1,
                }
                let place = (topic.to_owned(), partition);
                hands
                    .done
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(place, offset + 1);
                Ok(())
            }
        };
        if let Some(error) = hands
            .error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            ended = ended.and(Err(error));
        }
    }
    // Closing revokes everything, and what is revoked is committed above.
    drop(consumer);
    let refused = hands
        .error
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    ended?;
    refused.map_or(Ok(report), Err)
}

struct Colleague {
    id: WorkerId,
    stop: CancellationToken,
    task: JoinHandle<Option<WorkerReport>>,
}

pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let building = CancellationToken::new();
    let _lights_out = building.clone().drop_guard();
    let (alarm, mut alarms) = mpsc::unbounded_channel();
    let mut colleagues: Vec<Colleague> = Vec::new();
    let mut reports = Vec::new();

    let story = async {
        for number in 1..=plan.workers {
            let id = WorkerId(number);
            let stop = building.child_token();
            let (config, topic) = (config.clone(), topic.to_owned());
            let (timeline_, stop_, alarm) = (timeline.clone(), stop.clone(), alarm.clone());
            let task = tokio::spawn(async move {
                // One more task, so that its panic is an outcome, too.
                let working = tokio::spawn(async move {
                    run_consumer_worker(id, config, &topic, timeline_, stop_).await
                });
                match working.await.unwrap_or_else(|error| Err(error.into())) {
                    Ok(report) => Some(report),
                    Err(error) => {
                        let _ = alarm.send((id, error));
                        None
                    }
                }
            });
            colleagues.push(Colleague { id, stop, task });
            wait(
                plan,
                timeline,
                &format!("the group to settle on {id}"),
                |timeline| {
                    timeline.has_been_assigned(id) && has_settled(timeline, plan, 1..=number)
                },
            )
            .await?;
        }
        wait(plan, timeline, "every event to be processed", |timeline| {
            timeline.processed().len() >= plan.seeded
        })
        .await?;
        for colleague in &mut colleagues {
            colleague.stop.cancel();
            let id = colleague.id;
            let gone = tokio::time::timeout(plan.step_timeout, &mut colleague.task).await;
            let Ok(gone) = gone else {
                return Err(late(plan, &format!("{id} to leave")));
            };
            match gone {
                Ok(Some(report)) => reports.push((id, report)),
                // The alarm says why.
                Ok(None) => std::future::pending().await,
                Err(error) => return Err(RebalanceError::Worker(id, error.into())),
            }
            if id.0 < plan.workers {
                wait(
                    plan,
                    timeline,
                    &format!("the group to settle without {id}"),
                    |timeline| has_settled(timeline, plan, id.0 + 1..=plan.workers),
                )
                .await?;
            }
        }
        Ok(())
    };
    let told = tokio::select! {
        biased;
        Some((id, error)) = alarms.recv() => Err(RebalanceError::Worker(id, error)),
        told = story => told,
    };
    building.cancel();
    for colleague in &mut colleagues {
        if !colleague.task.is_finished() {
            let _ = (&mut colleague.task).await;
        }
    }
    told?;
    let distinct = timeline.processed().len();
    Ok(RebalanceReport {
        workers: reports,
        processed: distinct,
        repeated: timeline.processed_in_order().len() - distinct,
    })
}

fn has_settled(
    timeline: &Timeline,
    plan: &RebalancePlan,
    at_work: std::ops::RangeInclusive<u32>,
) -> bool {
    let owners = timeline.owners();
    (0..plan.partitions).all(|partition| {
        let owner = owners.get(&partition);
        owner.is_some_and(|owner| at_work.contains(&owner.0))
    })
}

async fn wait(
    plan: &RebalancePlan,
    timeline: &Timeline,
    what: &str,
    condition: impl FnMut(&Timeline) -> bool,
) -> Result<(), RebalanceError> {
    let waited = timeline.wait_until(plan.step_timeout, condition).await;
    waited.map_err(|_elapsed| late(plan, what))
}

fn late(plan: &RebalancePlan, what: &str) -> RebalanceError {
    RebalanceError::StepTimeout {
        waiting_for: what.to_owned(),
        waited: plan.step_timeout,
    }
}
