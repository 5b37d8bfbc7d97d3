//! A run of the learner's `demonstrate_rebalancing`, and the check's own evidence of it.

use std::future::ready;
use std::time::Duration;

use event_log::group::{RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig};
use event_log::phase4_consumer_group::demonstrate_rebalancing;
use event_log::timeline::{Entry, Timeline};
use rdkafka::ClientConfig;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use testbed::history::PartitionOffset;
use testbed::probe::GroupProbe;
use testbed::{Cluster, Failure, Topic, Verdict, eventually, judge};
use tokio::task::JoinHandle;

use super::condition::expect;
use super::events::events;
use super::quiet::QuietTimer;
use super::runtime::LearnerRuntime;
use super::timeline::{running, started};
use super::work_log::WorkLog;

/// How long a demonstration may take altogether, whatever happens meanwhile.
pub const LIMIT: Duration = Duration::from_secs(25);

/// How long each step may take, unless a check is about just that.
const STEP_TIMEOUT: Duration = Duration::from_secs(12);

/// How often it is tried until enough is worked on, or worked on again: it is up to the machine how far a worker gets before the next
/// one comes.
pub const TRIES: usize = 4;

const ENDS: &str = "Every wait of a demonstration has an end: its condition comes to hold, or plan.step_timeout passes.";

pub type DemonstrationOutcome = Result<RebalanceReport, RebalanceError>;

/// A demonstration, and the check's own evidence of it.
pub struct Demonstration {
    pub topic: Topic,
    pub client: ClientConfig,
    pub probe: GroupProbe,
    pub plan: RebalancePlan,
    pub timeline: Timeline,
    pub log: WorkLog,
    runtime: LearnerRuntime,
}

impl Demonstration {
    pub fn new(topic: Topic, workers: u32, seeded: usize) -> Verdict<Self> {
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
            runtime: LearnerRuntime::new()?,
            topic,
        })
    }

    /// One of two workers with five events in each of two partitions, on a mock cluster that lets no commit through: whoever
    /// gets a partition begins at its first event. The cluster is to be kept as long as it.
    pub async fn without_commits(seeded: usize) -> Verdict<(Cluster, Self)> {
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
    pub fn unhurried(mut self) -> Self {
        self.client.set("heartbeat.interval.ms", "1000");
        self
    }

    /// How many times `work` was called for an event that had been worked on before.
    pub fn repeated(&self) -> usize {
        self.log.done().len() - self.log.done_once().len()
    }

    /// Begins it. Each call of `work` runs `during` in its middle.
    pub fn begin(
        &self,
        during: impl Fn(PartitionOffset) + Send + Sync + 'static,
    ) -> RunningDemonstration {
        let config = WorkerConfig {
            client: self.client.clone(),
            work: self.log.work(during),
        };
        let (topic, plan) = (self.topic.name.clone(), self.plan);
        let timeline = self.timeline.clone();
        RunningDemonstration {
            timeline: self.timeline.clone(),
            // A step may be waited for in vain for that long, and all is well.
            quiet: QuietTimer::allowing(self.plan.step_timeout),
            task: self.runtime.spawn(async move {
                let outcome = demonstrate_rebalancing(&config, &topic, &plan, &timeline).await;
                FinishedDemonstration {
                    outcome,
                    entries: timeline.entries(),
                }
            }),
        }
    }

    /// Runs all of it.
    pub async fn outcome(&self) -> Verdict<DemonstrationOutcome> {
        self.begin(|_| {}).outcome().await
    }

    /// Runs all of one that has no reason to fail.
    pub async fn report(&self) -> Verdict<RebalanceReport> {
        self.begin(|_| {}).report().await
    }
}

/// A demonstration under way. Dropping it aborts it.
pub struct RunningDemonstration {
    pub timeline: Timeline,
    pub quiet: QuietTimer,
    task: JoinHandle<FinishedDemonstration>,
}

/// What a demonstration came to, and the timeline at that moment.
pub struct FinishedDemonstration {
    pub outcome: DemonstrationOutcome,
    pub entries: Vec<Entry>,
}

impl Drop for RunningDemonstration {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RunningDemonstration {
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    pub async fn outcome(self) -> Verdict<DemonstrationOutcome> {
        Ok(self.ended().await?.outcome)
    }

    pub async fn ended(mut self) -> Verdict<FinishedDemonstration> {
        let what = "`demonstrate_rebalancing` to return";
        eventually(LIMIT, what, ENDS, || {
            let entries = self.timeline.entries();
            let seen = expect(self.task.is_finished(), || {
                format!("{} workers are still running", running(&entries).len())
            });
            ready(self.quiet.check(entries.len(), seen, what, ENDS))
        })
        .await?;
        match (&mut self.task).await {
            Ok(ended) => Ok(ended),
            // The learner's panic is told as one of the check's own.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    pub async fn report(self) -> Verdict<RebalanceReport> {
        let timeline = self.timeline.clone();
        report(&timeline, self.outcome().await?)
    }
}

/// The report of a demonstration that had no reason to fail.
pub fn report(timeline: &Timeline, outcome: DemonstrationOutcome) -> Verdict<RebalanceReport> {
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

/// All workers had left when it returned, by the timeline.
pub fn judge_all_left(entries: &[Entry]) -> Verdict {
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
