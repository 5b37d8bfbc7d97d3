//! Phase 4 with two threads for each worker: one polls and hands events over, the other works. When partitions go, the
//! callback takes back what is queued, waits for the event in hand, and commits before it returns. The demonstration is
//! a loop over steps, whose tasks send how they ended through a channel.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaResult;
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::errors::is_transient;
use crate::event::ReceivedEvent;
use crate::group::{
    RebalanceError, RebalancePlan, RebalanceReport, Work, WorkerConfig, WorkerError, WorkerId,
    WorkerReport,
};
use crate::timeline::{Activity, Timeline};

/// How many records may wait for the thread that works.
const QUEUED: usize = 4;

/// A record on its way: what it says, or only that it is no event.
struct Job {
    place: (i32, i64),
    event: Option<ReceivedEvent>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    in_hand: bool,
    closed: bool,
    next: BTreeMap<i32, i64>,
    report: WorkerReport,
}

/// Between the thread that polls and the one that works.
struct Desk {
    id: WorkerId,
    topic: String,
    timeline: Timeline,
    state: Mutex<State>,
    changed: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn put(&self, job: Job) {
        self.lock().queue.push_back(job);
        self.changed.notify_all();
    }

    /// Takes back what nobody has begun, and waits until nothing is in hand.
    fn halt(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.queue.clear();
        self.changed
            .wait_while(state, |state| state.in_hand)
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn close(&self) {
        let mut state = self.lock();
        state.queue.clear();
        state.closed = true;
        self.changed.notify_all();
    }

    fn work(&self, work: &Work) {
        let mut state = self.lock();
        loop {
            let Some(job) = state.queue.pop_front() else {
                if state.closed {
                    return;
                }
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                continue;
            };
            state.in_hand = true;
            drop(state);
            let (partition, offset) = job.place;
            if let Some(event) = &job.event {
                work(event);
                let activity = Activity::Processed { partition, offset };
                self.timeline.record(self.id, activity);
            }
            state = self.lock();
            match job.event {
                Some(_) => state.report.processed += 1,
                None => state.report.skipped += 1,
            }
            state.next.insert(partition, offset + 1);
            state.in_hand = false;
            self.changed.notify_all();
        }
    }

    fn commit(
        &self,
        consumer: &BaseConsumer<Context>,
        next: &mut BTreeMap<i32, i64>,
    ) -> KafkaResult<()> {
        if consumer.assignment_lost() {
            next.clear();
        }
        if next.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in &*next {
            list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        consumer.commit(&list, CommitMode::Sync)?;
        let committed = Activity::Committed(std::mem::take(next));
        self.timeline.record(self.id, committed);
        Ok(())
    }
}

struct Context(Arc<Desk>);

impl ClientContext for Context {}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else {
            return;
        };
        let desk = &self.0;
        let gone = numbers(list);
        let lost = consumer.assignment_lost();
        // With a cooperative assignor some stay: their queued records go on afterwards.
        let kept: Vec<Job> = {
            let mut state = desk.lock();
            let queue = std::mem::take(&mut state.queue);
            let stays = |job: &Job| !gone.contains(&job.place.0);
            queue.into_iter().filter(stays).collect()
        };
        let mut state = desk.halt();
        if !lost {
            let _ = desk.commit(consumer, &mut state.next);
        }
        state.next.retain(|partition, _| !gone.contains(partition));
        state.queue.extend(kept);
        drop(state);
        desk.changed.notify_all();
        let activity = if lost {
            Activity::Lost(gone)
        } else {
            Activity::Revoked(gone)
        };
        desk.timeline.record(desk.id, activity);
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            let Self(desk) = self;
            // A partition that was paused when it went is still paused when it comes back.
            let _ = consumer.resume(list);
            desk.timeline
                .record(desk.id, Activity::Assigned(numbers(list)));
        }
    }
}

fn numbers(list: &TopicPartitionList) -> Vec<i32> {
    let mut numbers: Vec<i32> = list.elements().iter().map(|it| it.partition()).collect();
    numbers.sort_unstable();
    numbers
}

pub async fn run_consumer_worker(
    id: WorkerId,
    config: WorkerConfig,
    topic: &str,
    timeline: Timeline,
    stop: CancellationToken,
) -> Result<WorkerReport, WorkerError> {
    let desk = Arc::new(Desk {
        id,
        topic: topic.to_owned(),
        timeline,
        state: Mutex::default(),
        changed: Condvar::new(),
    });
    Ok(tokio::task::spawn_blocking(move || member(&config, &desk, &stop)).await??)
}

fn member(
    config: &WorkerConfig,
    desk: &Arc<Desk>,
    stop: &CancellationToken,
) -> KafkaResult<WorkerReport> {
    let consumer: BaseConsumer<Context> = config
        .client
        .clone()
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create_with_context(Context(Arc::clone(desk)))?;
    consumer.subscribe(&[&desk.topic])?;
    desk.timeline.record(desk.id, Activity::Started);

    let (at_desk, work) = (Arc::clone(desk), Arc::clone(&config.work));
    let worker: JoinHandle<()> = thread::spawn(move || at_desk.work(&work));
    let polled = poll(&consumer, desk, stop);
    desk.close();
    let panicked = worker.join().err();

    let mut next = std::mem::take(&mut desk.lock().next);
    let committed = desk.commit(&consumer, &mut next);
    drop(consumer);
    desk.timeline.record(desk.id, Activity::Left);
    if let Some(panic) = panicked {
        std::panic::resume_unwind(panic);
    }
    polled?;
    match committed {
        Err(error) if !is_transient(&error) => Err(error),
        _ => Ok(desk.lock().report),
    }
}

fn poll(
    consumer: &BaseConsumer<Context>,
    desk: &Desk,
    stop: &CancellationToken,
) -> KafkaResult<()> {
    let mut committed_at = Instant::now();
    let mut paused = false;
    while !stop.is_cancelled() {
        // Polling goes on while the desk is full: paused partitions bring nothing.
        let full = desk.lock().queue.len() >= QUEUED;
        if full != paused {
            let all = consumer.assignment()?;
            if full {
                consumer.pause(&all)?;
            } else {
                consumer.resume(&all)?;
            }
            paused = full;
        }
        match consumer.poll(Duration::from_millis(if paused { 5 } else { 60 })) {
            None => {}
            Some(Err(error)) if is_transient(&error) => {}
            Some(Err(error)) => return Err(error),
            Some(Ok(record)) => desk.put(Job {
                place: (record.partition(), record.offset()),
                event: ReceivedEvent::from_record(&record).ok(),
            }),
        }
        if committed_at.elapsed() > Duration::from_millis(1500) {
            committed_at = Instant::now();
            let mut next = std::mem::take(&mut desk.lock().next);
            let committed = desk.commit(consumer, &mut next);
            let mut state = desk.lock();
            for (partition, offset) in next {
                state.next.entry(partition).or_insert(offset);
            }
            match committed {
                Err(error) if !is_transient(&error) => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

type Ended = (WorkerId, Result<WorkerReport, WorkerError>);

#[derive(Clone, Copy)]
enum Step {
    Start(WorkerId),
    Settle,
    WorkOff,
    Stop(WorkerId),
}

pub async fn demonstrate_rebalancing(
    config: &WorkerConfig,
    topic: &str,
    plan: &RebalancePlan,
    timeline: &Timeline,
) -> Result<RebalanceReport, RebalanceError> {
    let ids = || (1..=plan.workers).map(WorkerId);
    let starts = ids().flat_map(|id| [Step::Start(id), Step::Settle]);
    let stops = ids().flat_map(|id| [Step::Stop(id), Step::Settle]);
    let mut show = Show::new(config, topic, plan, timeline);
    let mut result = Ok(());
    for step in starts.chain([Step::WorkOff]).chain(stops) {
        result = show.take(step).await;
        if result.is_err() {
            break;
        }
    }
    show.all_off().await;

    if let Some((id, error)) = show.failed {
        return Err(RebalanceError::Worker(id, error));
    }
    result?;
    let processed = timeline.processed().len();
    Ok(RebalanceReport {
        workers: show.reports,
        processed,
        repeated: timeline.processed_in_order().len() - processed,
    })
}

struct Show<'a> {
    config: &'a WorkerConfig,
    topic: &'a str,
    plan: &'a RebalancePlan,
    timeline: &'a Timeline,
    on: VecDeque<(WorkerId, CancellationToken)>,
    tell: UnboundedSender<Ended>,
    told: UnboundedReceiver<Ended>,
    reports: Vec<(WorkerId, WorkerReport)>,
    failed: Option<(WorkerId, WorkerError)>,
}

impl<'a> Show<'a> {
    fn new(
        config: &'a WorkerConfig,
        topic: &'a str,
        plan: &'a RebalancePlan,
        timeline: &'a Timeline,
    ) -> Self {
        let (tell, told) = unbounded_channel();
        Self {
            config,
            topic,
            plan,
            timeline,
            on: VecDeque::new(),
            tell,
            told,
            reports: Vec::new(),
            failed: None,
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), RebalanceError> {
        let (seeded, partitions) = (self.plan.seeded, self.plan.partitions);
        match step {
            Step::Start(id) => self.start(id),
            Step::Stop(id) => {
                if let Some((_, token)) = self.on.front() {
                    token.cancel();
                }
                self.until_off(id).await;
            }
            Step::WorkOff => {
                self.wait("the work to be done", |timeline| {
                    timeline.processed().len() >= seeded
                })
                .await?;
            }
            Step::Settle => {
                let here: Vec<WorkerId> = self.on.iter().map(|(id, _)| *id).collect();
                let Some(newest) = here.last().copied() else {
                    return Ok(());
                };
                self.wait("the group to settle", move |timeline| {
                    let owners = timeline.owners();
                    timeline.has_been_assigned(newest)
                        && (0..partitions)
                            .all(|it| owners.get(&it).is_some_and(|it| here.contains(it)))
                })
                .await?;
            }
        }
        Ok(())
    }

    fn start(&mut self, id: WorkerId) {
        let token = CancellationToken::new();
        self.on.push_back((id, token.clone()));
        let (config, topic) = (self.config.clone(), self.topic.to_owned());
        let (timeline, tell) = (self.timeline.clone(), self.tell.clone());
        let worker =
            tokio::spawn(
                async move { run_consumer_worker(id, config, &topic, timeline, token).await },
            );
        tokio::spawn(async move {
            let ended = worker.await.unwrap_or_else(|panic| Err(panic.into()));
            let _ = tell.send((id, ended));
        });
    }

    async fn wait(
        &mut self,
        what: &str,
        condition: impl FnMut(&Timeline) -> bool,
    ) -> Result<(), RebalanceError> {
        let limit = self.plan.step_timeout;
        let begun = Instant::now();
        let held = tokio::select! {
            held = self.timeline.wait_until(limit, condition) => held.is_ok(),
            Some(ended) = self.told.recv() => {
                self.note(ended);
                false
            }
        };
        if held {
            return Ok(());
        }
        Err(RebalanceError::StepTimeout {
            waiting_for: what.to_owned(),
            waited: begun.elapsed(),
        })
    }

    async fn until_off(&mut self, id: WorkerId) {
        while self.on.iter().any(|(on, _)| *on == id) {
            let Some(ended) = self.told.recv().await else {
                return;
            };
            self.note(ended);
        }
    }

    async fn all_off(&mut self) {
        for (_, token) in &self.on {
            token.cancel();
        }
        while let Some((id, _)) = self.on.front() {
            let id = *id;
            self.until_off(id).await;
        }
    }

    fn note(&mut self, (id, ended): Ended) {
        self.on.retain(|(on, _)| *on != id);
        match ended {
            Ok(report) => self.reports.push((id, report)),
            Err(error) => {
                self.failed.get_or_insert((id, error));
            }
        }
    }
}
