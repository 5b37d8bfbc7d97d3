//! Phase 4 with a `BaseConsumer` polled on a thread of its own and a commit after each record. The demonstration hands
//! out child tokens of one parent and joins its handles through a `Vec`.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, TopicPartitionList};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

/// Tells the timeline of rebalances. There is nothing to commit in them: each record is committed before the next poll.
struct Teller {
    id: WorkerId,
    timeline: Timeline,
}

impl Teller {
    fn tell(&self, activity: Activity) {
        self.timeline.record(self.id, activity);
    }
}

impl ClientContext for Teller {}

impl ConsumerContext for Teller {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Revoke(gone) if consumer.assignment_lost() => {
                self.tell(Activity::Lost(which(gone)));
            }
            Rebalance::Revoke(gone) => self.tell(Activity::Revoked(which(gone))),
            Rebalance::Assign(_) | Rebalance::Error(_) => {}
        }
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(new) = rebalance {
            self.tell(Activity::Assigned(which(new)));
        }
    }
}

fn which(list: &TopicPartitionList) -> Vec<i32> {
    let mut partitions = Vec::new();
    for element in list.elements() {
        partitions.push(element.partition());
    }
    partitions
}

pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let (done, ended) = oneshot::channel();
    let topic = topic.to_owned();
    let thread = thread::spawn(move || {
        let result = on_this_thread(id, &config, &topic, &timeline, &stop);
        let _ = done.send(result);
    });
    match ended.await {
        Ok(result) => Ok(result?),
        // The thread is gone without a word: let its panic go on here.
        Err(_) => match thread.join() {
            Ok(()) => unreachable!("it sends before it ends"),
            Err(panic) => std::panic::resume_unwind(panic),
        },
    }
}

fn on_this_thread(
    id: WorkerId,
    config: &WorkerConfig,
    topic: &str,
    timeline: &Timeline,
    stop: &CancellationToken,
) -> KafkaResult<WorkerReport> {
    let result = {
        let mut client = config.client.clone();
        client.set("enable.auto.commit", "false");
        client.set("auto.offset.reset", "beginning");
        let consumer: BaseConsumer<Teller> = client.create_with_context(Teller {
            id,
            timeline: timeline.clone(),
        })?;
        consumer.subscribe(&[topic])?;
        timeline.record(id, Activity::Started);
        one_by_one(&consumer, config, stop)
        // The consumer is closed here.
    };
    timeline.record(id, Activity::Left);
    result
}

fn one_by_one(
    consumer: &BaseConsumer<Teller>,
    config: &WorkerConfig,
    stop: &CancellationToken,
) -> KafkaResult<WorkerReport> {
    let mut report = WorkerReport::default();
    while !stop.is_cancelled() {
        let Some(polled) = consumer.poll(Duration::from_millis(50)) else {
            continue;
        };
        let done = polled.and_then(|record| {
            handle(&record, consumer, config, &mut report);
            commit(&record, consumer)
        });
        match done {
            Err(error) if !is_transient(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(report)
}

fn handle(
    record: &BorrowedMessage<'_>,
    consumer: &BaseConsumer<Teller>,
    config: &WorkerConfig,
    report: &mut WorkerReport,
) {
    match ReceivedEvent::from_record(record) {
        Err(_) => report.skipped += 1,
        Ok(event) => {
            (config.work)(&event);
            report.processed += 1;
            consumer.context().tell(Activity::Processed {
                partition: event.partition,
                offset: event.offset,
            });
        }
    }
}

/// The record's offset + 1, at once. Retried while a rebalance is in the way and the partition is still ours.
fn commit(record: &BorrowedMessage<'_>, consumer: &BaseConsumer<Teller>) -> KafkaResult<()> {
    let mut left = 5;
    loop {
        let committed = if consumer.assignment_lost() {
            Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::AssignmentLost))
        } else {
            consumer.commit_message(record, CommitMode::Sync)
        };
        match committed {
            Ok(()) => {
                let next = BTreeMap::from([(record.partition(), record.offset() + 1)]);
                consumer.context().tell(Activity::Committed(next));
                return Ok(());
            }
            Err(error) if left > 0 && is_transient(&error) && !consumer.assignment_lost() => {
                left -= 1;
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
        }
    }
}

struct Hand {
    id: WorkerId,
    stop: CancellationToken,
    task: JoinHandle<Result<WorkerReport, WorkerError>>,
}

pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let everybody = CancellationToken::new();
    let _when_cancelled = everybody.clone().drop_guard();
    let mut hands: Vec<Hand> = Vec::new();
    let mut reports = Vec::new();
    let outcome = async {
        for number in 1..=plan.workers {
            hands.push(start(WorkerId(number), config, topic, timeline, &everybody));
            let there: Vec<WorkerId> = hands.iter().map(|hand| hand.id).collect();
            wait(plan, timeline, "a new worker to settle in", |timeline| {
                settled(timeline, &there, plan.partitions)
            })
            .await?;
        }
        wait(plan, timeline, "the work to be done", |timeline| {
            timeline.processed().len() >= plan.seeded
        })
        .await?;
        while !hands.is_empty() {
            let hand = hands.remove(0);
            hand.stop.cancel();
            reports.push(join(hand).await?);
            let there: Vec<WorkerId> = hands.iter().map(|hand| hand.id).collect();
            if !there.is_empty() {
                wait(plan, timeline, "the rest to take over", |timeline| {
                    settled(timeline, &there, plan.partitions)
                })
                .await?;
            }
        }
        Ok(())
    }
    .await;

    everybody.cancel();
    let mut failed = None;
    for hand in hands {
        if let Err(error) = join(hand).await {
            failed.get_or_insert(error);
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    outcome?;
    let processed = timeline.processed().len();
    let times = timeline.processed_in_order().len();
    Ok(RebalanceReport {
        workers: reports,
        processed,
        repeated: times - processed,
    })
}

fn start(
    id: WorkerId,
    config: &WorkerConfig,
    topic: &str,
    timeline: &Timeline,
    everybody: &CancellationToken,
) -> Hand {
    let stop = everybody.child_token();
    let (config, topic) = (config.clone(), topic.to_owned());
    let (timeline, token) = (timeline.clone(), stop.clone());
    let task =
        tokio::spawn(async move { run_consumer_worker(id, config, &topic, timeline, token).await });
    Hand { id, stop, task }
}

async fn join(hand: Hand) -> Result<(WorkerId, WorkerReport), RebalanceError> {
    let Hand { id, task, .. } = hand;
    let ended = match task.await {
        Ok(ended) => ended,
        Err(error) => Err(WorkerError::Task(error)),
    };
    ended
        .map(|report| (id, report))
        .map_err(|error| RebalanceError::Worker(id, error))
}

fn settled(timeline: &Timeline, there: &[WorkerId], partitions: i32) -> bool {
    let owned = timeline
        .owners()
        .into_iter()
        .filter(|(partition, owner)| (0..partitions).contains(partition) && there.contains(owner))
        .count();
    let newest = there.last().copied();
    newest.is_some_and(|newest| timeline.has_been_assigned(newest))
        && i32::try_from(owned) == Ok(partitions)
}

async fn wait(
    plan: &RebalancePlan,
    timeline: &Timeline,
    what: &str,
    condition: impl FnMut(&Timeline) -> bool,
) -> Result<(), RebalanceError> {
    let waited = timeline.wait_until(plan.step_timeout, condition).await;
    waited.map_err(|_elapsed| RebalanceError::StepTimeout {
        waiting_for: what.to_owned(),
        waited: plan.step_timeout,
    })
}
