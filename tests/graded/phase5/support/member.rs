//! A member of a group that is the check's own: it polls on a thread of its own, and notes what it is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use event_log::experiments::Step;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaResult;
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use testbed::blocking::blocking_once;
use testbed::{NotGraded, Topic, Verdict};

/// A running member. Dropping it lets it leave the group; nobody waits for that.
pub struct Member {
    consumer: Arc<BaseConsumer<Notes>>,
    topic: String,
    polling: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What a member has noted.
#[derive(Default)]
pub struct Notes {
    noted: Mutex<Noted>,
}

/// What a member was told and given so far.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// What the rebalance callback was called with, empty calls included.
    pub steps: Vec<Step>,
    /// The offsets of the records polled.
    pub offsets: Vec<i64>,
    /// What it commits when partition 0 is revoked.
    commits_on_revoke: Option<TopicPartitionList>,
}

impl Noted {
    /// How many partitions it owns.
    pub fn owned(&self) -> usize {
        self.steps.iter().fold(0, |owned, step| match step {
            Step::Assigned(count) => owned + count,
            Step::Revoked(count) => owned.saturating_sub(*count),
        })
    }

    /// Whether it has been told an assignment, be it an empty one.
    pub fn has_been_assigned(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step, Step::Assigned(_)))
    }
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Notes {}

impl ConsumerContext for Notes {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else {
            return;
        };
        let offsets = self.lock().commits_on_revoke.take();
        // Whether it has worked is asked of the broker afterwards.
        if let Some(offsets) = offsets {
            let _ = consumer.commit(&offsets, CommitMode::Sync);
        }
        self.lock().steps.push(Step::Revoked(partitions.count()));
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance {
            self.lock().steps.push(Step::Assigned(partitions.count()));
        }
    }
}

impl Member {
    /// Joins the group with these settings, on top of those of a member, and polls from now on.
    pub fn join(topic: &Topic, group: &str, settings: &[(&str, &str)]) -> Verdict<Self> {
        let mut config = topic.member(group);
        config
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest");
        for (name, value) in settings {
            config.set(*name, *value);
        }
        let broken = |error| NotGraded::broken("a member of a group", &error);
        let consumer: BaseConsumer<Notes> = config
            .create_with_context(Notes::default())
            .map_err(broken)?;
        consumer.subscribe(&[&topic.name]).map_err(broken)?;
        let consumer = Arc::new(consumer);
        let polling = Arc::new(AtomicBool::new(true));
        let (polled, goes_on) = (Arc::clone(&consumer), Arc::clone(&polling));
        Ok(Self {
            consumer,
            topic: topic.name.clone(),
            polling,
            thread: Some(thread::spawn(move || poll(&polled, &goes_on))),
        })
    }

    /// What it has noted so far.
    pub fn noted(&self) -> Noted {
        self.consumer.context().lock().clone()
    }

    /// Lets it commit this as the next offset of partition 0 when that is revoked.
    pub fn commit_on_revoke(&self, next: i64) -> Verdict {
        let offsets = self.offsets(next);
        let offsets = offsets.map_err(|error| NotGraded::broken("an offset", &error))?;
        self.consumer.context().lock().commits_on_revoke = Some(offsets);
        Ok(())
    }

    /// Commits this as the next offset of partition 0, and waits for the answer.
    pub async fn commit(&self, next: i64) -> Verdict {
        let offsets = self.offsets(next);
        let offsets = offsets.map_err(|error| NotGraded::broken("an offset", &error))?;
        let consumer = Arc::clone(&self.consumer);
        blocking_once("committing", move || {
            consumer.commit(&offsets, CommitMode::Sync)
        })
        .await
    }

    fn offsets(&self, next: i64) -> KafkaResult<TopicPartitionList> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(&self.topic, 0, Offset::Offset(next))?;
        Ok(offsets)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.polling.store(false, Ordering::Relaxed);
        let (thread, consumer) = (self.thread.take(), Arc::clone(&self.consumer));
        // Leaving a group blocks. The process goes on meanwhile, and the group is nobody else's.
        thread::spawn(move || {
            let _ = thread.map(JoinHandle::join);
            drop(consumer);
        });
    }
}

fn poll(consumer: &BaseConsumer<Notes>, goes_on: &AtomicBool) {
    while goes_on.load(Ordering::Relaxed) {
        // Errors on the way, such as a coordinator that is getting ready, pass; what is waited for in vain is not graded.
        if let Some(Ok(record)) = consumer.poll(Duration::from_millis(20)) {
            consumer.context().lock().offsets.push(record.offset());
        }
    }
}
