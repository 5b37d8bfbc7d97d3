//! Each promise of `demonstrate_rebalancing`'s doc comment.

use std::time::Duration;

use event_log::group::{RebalanceError, RebalancePlan, RebalanceReport, WorkerConfig, WorkerId};
use event_log::phase4_consumer_group::demonstrate_rebalancing;
use event_log::timeline::{Entry, Happening, Timeline, ownership};
use rdkafka::ClientConfig;
use testbed::history::Place;
use testbed::probe::GroupProbe;
use testbed::{Failure, Topic, Verdict, judge, within};
use tokio::task::JoinHandle;

use super::team::{expect, owners_text};
use super::{Elsewhere, WorkLog};

mod ending;
mod failing;
mod settling;

/// How long a demonstration may take altogether. Each step has a limit of its own.
const LIMIT: Duration = Duration::from_secs(30);

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
                step_timeout: Duration::from_secs(15),
            },
            timeline: Timeline::new(),
            log: WorkLog::default(),
            elsewhere: Elsewhere::new()?,
            topic,
        })
    }

    /// Begins it. Each call of `work` runs `during` in its middle.
    fn begin(&self, during: impl Fn(Place) + Send + Sync + 'static) -> Running {
        let config = WorkerConfig {
            client: self.client.clone(),
            work: self.log.work(during),
        };
        let (topic, plan) = (self.topic.name.clone(), self.plan);
        let timeline = self.timeline.clone();
        Running(
            self.elsewhere.spawn(async move {
                demonstrate_rebalancing(&config, &topic, &plan, &timeline).await
            }),
        )
    }

    /// Runs all of it.
    async fn outcome(&self) -> Verdict<Outcome> {
        self.begin(|_| {}).outcome().await
    }

    /// Runs all of one that has no reason to fail.
    async fn report(&self) -> Verdict<RebalanceReport> {
        self.begin(|_| {}).report(&self.timeline).await
    }
}

/// A demonstration under way. Dropping it aborts it.
struct Running(JoinHandle<Outcome>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Running {
    fn has_ended(&self) -> bool {
        self.0.is_finished()
    }

    async fn outcome(mut self) -> Verdict<Outcome> {
        let what = "`demonstrate_rebalancing` to return";
        match within(LIMIT, what, ENDS, &mut self.0).await? {
            Ok(outcome) => Ok(outcome),
            // The learner's panic is told as one of the check's own.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn report(self, timeline: &Timeline) -> Verdict<RebalanceReport> {
        let outcome = self.outcome().await?;
        Ok(outcome.map_err(|error| {
            Failure::new(
                format!(
                    "the error «{error}»; the timeline says {}, and these are still running: {:?}",
                    owners_text(&timeline.owners()),
                    running(&timeline.entries())
                ),
                "Ok with a report",
                "The group settles if every worker keeps polling while others come and go, and if nobody waits for what \
                 need not come: a worker may get no partition, and no event.",
            )
        })?)
    }
}

/// The workers that have started and not left.
fn running(entries: &[Entry]) -> Vec<WorkerId> {
    let mut running = Vec::new();
    for entry in entries {
        match entry.happening {
            Happening::Started => running.push(entry.worker),
            Happening::Left => running.retain(|worker| *worker != entry.worker),
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
        entries.iter().any(|entry| {
            entry.worker == *worker && matches!(entry.happening, Happening::Assigned(_))
        })
    };
    let newest_has_joined = running.last().is_none_or(assigned);
    let owned = (0..partitions).all(|partition| {
        owners
            .get(&partition)
            .is_some_and(|owner| running.contains(owner))
    });
    expect(newest_has_joined && owned, || {
        let joined = if newest_has_joined { "" } else { "not " };
        format!(
            "of the workers {running:?} the newest had {joined}been assigned anything, and the timeline says {}",
            owners_text(&owners)
        )
    })
}

/// All workers have left, by the timeline.
fn judge_all_left(timeline: &Timeline) -> Verdict {
    let entries = timeline.entries();
    let still = running(&entries);
    let started = entries
        .iter()
        .any(|entry| entry.happening == Happening::Started);
    judge(started && still.is_empty(), || {
        Failure::new(
            format!(
                "workers {still:?} have not left, {} entries in the timeline",
                entries.len()
            ),
            "every worker stopped, and `Left`, when it returns",
            "Stop every worker and await its task, whatever has happened: on the way of an error too. A task goes on \
             when its handle is dropped.",
        )
    })
}
