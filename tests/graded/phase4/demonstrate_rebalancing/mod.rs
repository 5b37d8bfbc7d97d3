//! Each promise of `demonstrate_rebalancing`'s doc comment.

use std::future::ready;
use std::time::Duration;

use event_log::group::{RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerId};
use event_log::phase4_consumer_group::demonstrate_rebalancing;
use event_log::timeline::{Activity, Entry, Timeline, ownership};
use rdkafka::ClientConfig;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use testbed::history::PartitionOffset;
use testbed::probe::GroupProbe;
use testbed::{Cluster, Failure, Topic, Verdict, eventually, judge};
use tokio::task::JoinHandle;

use super::patience::Patience;
use super::team::expect;
use super::{Elsewhere, WorkLog, events};

mod all_processed;
mod ending;
mod failing;
mod settling;

/// How long a demonstration may take altogether, whatever happens meanwhile.
const LIMIT: Duration = Duration::from_secs(25);

/// How long each step may take, unless a check is about just that.
const STEP_TIMEOUT: Duration = Duration::from_secs(12);

/// How often it is tried until enough is worked on, or worked on again: it is up to the machine how far a worker gets before the next
/// one comes.
const TRIES: usize = 4;

const ENDS: &str = "Every wait of a demonstration has an end: its condition comes to hold, or plan.step_timeout passes.";

type Outcome = Result<RebalanceReport, RebalanceError>;

/// A demonstration, and the check's own evidence of it.
struct Demonstration {
    topic: Topic,
    client: ClientConfig,
    probe: GroupProbe,
    plan: RebalancePlan,
    timeline: Timeline,
    log: WorkLog,
    elsewhere: Elsewhere,
}

impl Demonstration {
    fn new(topic: Topic, workers: u32, seeded: usize) -> Verdict<Self> {
        let group = topic.new_group();
        Ok(Self {
            client: topic.member(&group),
            probe: topic.group_probe(&group)?,
            plan: RebalancePlan {
                workers,
                partitions: topic.partitions,
                seeded,
                step_timeout: STEP_TIMEOUT,
            },
            timeline: Timeline::new(),
            log: WorkLog::default(),
            elsewhere: Elsewhere::new()?,
            topic,
        })
    }

    /// One of two workers with five events in each of two partitions, on a mock cluster that lets no commit through: whoever
    /// gets a partition begins at its first event. The cluster is to be kept as long as it.
    async fn without_commits(seeded: usize) -> Verdict<(Cluster, Self)> {
        let cluster = Cluster::mock()?;
        let topic = cluster.topic(2).await?;
        topic.seed(events(2, 5)).await?;
        let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
        cluster
            .faults()?
            .fail_next(RDKafkaApiKey::OffsetCommit, &[refusal; 2000]);
        Ok((cluster, Self::new(topic, 2, seeded)?.unhurried()))
    }

    /// One whose workers hear late of each other, so that each has time to work before the next rebalance.
    fn unhurried(mut self) -> Self {
        self.client.set("heartbeat.interval.ms", "1000");
        self
    }

    /// How many times `work` was called for an event that had been worked on before.
    fn repeated(&self) -> usize {
        self.log.done().len() - self.log.done_once().len()
    }

    /// Begins it. Each call of `work` runs `during` in its middle.
    fn begin(&self, during: impl Fn(PartitionOffset) + Send + Sync + 'static) -> Running {
        let config = WorkerConfig {
            client: self.client.clone(),
            work: self.log.work(during),
        };
        let (topic, plan) = (self.topic.name.clone(), self.plan);
        let timeline = self.timeline.clone();
        Running {
            timeline: self.timeline.clone(),
            // A step may be waited for in vain for that long, and all is well.
            patience: Patience::beyond(self.plan.step_timeout),
            task: self.elsewhere.spawn(async move {
                let outcome = demonstrate_rebalancing(&config, &topic, &plan, &timeline).await;
                Ended {
                    outcome,
                    entries: timeline.entries(),
                }
            }),
        }
    }

    /// Runs all of it.
    async fn outcome(&self) -> Verdict<Outcome> {
        self.begin(|_| {}).outcome().await
    }

    /// Runs all of one that has no reason to fail.
    async fn report(&self) -> Verdict<RebalanceReport> {
        self.begin(|_| {}).report().await
    }
}

/// A demonstration under way. Dropping it aborts it.
struct Running {
    timeline: Timeline,
    patience: Patience,
    task: JoinHandle<Ended>,
}

/// What a demonstration came to, and the timeline at that moment.
struct Ended {
    outcome: Outcome,
    entries: Vec<Entry>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    async fn outcome(self) -> Verdict<Outcome> {
        Ok(self.ended().await?.outcome)
    }

    async fn ended(mut self) -> Verdict<Ended> {
        let what = "`demonstrate_rebalancing` to return";
        eventually(LIMIT, what, ENDS, || {
            let entries = self.timeline.entries();
            let seen = expect(self.task.is_finished(), || {
                format!("{} workers are still running", running(&entries).len())
            });
            ready(self.patience.with(entries.len(), seen, what, ENDS))
        })
        .await?;
        match (&mut self.task).await {
            Ok(ended) => Ok(ended),
            // The learner's panic is told as one of the check's own.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn report(self) -> Verdict<RebalanceReport> {
        let timeline = self.timeline.clone();
        report(&timeline, self.outcome().await?)
    }
}

/// The report of a demonstration that had no reason to fail.
fn report(timeline: &Timeline, outcome: Outcome) -> Verdict<RebalanceReport> {
    Ok(outcome.map_err(|error| {
        let (workers, processed) = (started(&timeline.entries()).len(), timeline.processed().len());
        Failure::new(
            format!(
                "the error «{error}»; by the timeline {workers} workers had started and {processed} events were processed"
            ),
            "Ok with a report",
            "The group settles if every worker keeps polling while others come and go, and if nobody waits for what need \
             not come: a worker may get no partition, and no event.",
        )
    })?)
}

/// The numbers of the workers that have started, in order.
fn started(entries: &[Entry]) -> Vec<u32> {
    let started = entries
        .iter()
        .filter(|entry| entry.activity == Activity::Started);
    started.map(|entry| entry.worker.0).collect()
}

/// The workers that have started and not left.
fn running(entries: &[Entry]) -> Vec<WorkerId> {
    let mut running = Vec::new();
    for entry in entries {
        match entry.activity {
            Activity::Started => running.push(entry.worker),
            Activity::Left => running.retain(|worker| *worker != entry.worker),
            _ => {}
        }
    }
    running
}

/// Whether the group had settled after `entries`: the newest worker has its assignment, and each partition has an owner
/// among those that run.
fn settled(entries: &[Entry], partitions: i32) -> Result<(), String> {
    let running = running(entries);
    let owners = ownership::owners(entries);
    let assigned = |worker: &WorkerId| {
        entries
            .iter()
            .any(|entry| entry.worker == *worker && matches!(entry.activity, Activity::Assigned(_)))
    };
    let newest_has_joined = running.last().is_none_or(assigned);
    let owned = (0..partitions).all(|partition| {
        owners
            .get(&partition)
            .is_some_and(|owner| running.contains(owner))
    });
    expect(newest_has_joined && owned, || {
        let joined = if newest_has_joined { "" } else { "not " };
        let owned = owners.values().filter(|owner| running.contains(owner));
        format!(
            "of the {} workers that ran the newest had {joined}been assigned anything, and {} of {partitions} partitions \
             had an owner among them",
            running.len(),
            owned.count()
        )
    })
}

/// All workers had left when it returned, by the timeline.
fn judge_all_left(entries: &[Entry]) -> Verdict {
    let still = running(entries);
    judge(!started(entries).is_empty() && still.is_empty(), || {
        Failure::new(
            format!("{} workers had not left when it returned", still.len()),
            "every worker stopped, and `Left`, when it returns",
            "Cancelling a token asks a worker to stop, and dropping its handle does not even do that. Await its task: only \
             then has it left. So too on the way of an error: a `?` in the middle leaves the workers running.",
        )
    })
}
