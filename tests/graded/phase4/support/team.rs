//! Workers of one group, and the check's own evidence of what they do.

use std::future::ready;
use std::time::Duration;

use event_log::errors::is_transient;
use event_log::group::{WorkerConfig, WorkerError, WorkerId, WorkerReport};
use event_log::phase4_consumer_group::run_consumer_worker;
use event_log::timeline::ownership::{overlaps, spans};
use event_log::timeline::{Activity, Timeline};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use testbed::history::PartitionOffset;
use testbed::probe::{GroupMember, GroupProbe};
use testbed::{Failure, Topic, Verdict, eventually, judge};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::condition::expect;
use super::group_text::owners_text;
use super::quiet::{LIMIT, QuietTimer};
use super::runtime::LearnerRuntime;
use super::timeline::{Settling, story_of};
use super::work_log::WorkLog;

const MUST_STOP: &str = "Once `stop` is cancelled no record may ever come: wait for the token and for the next record at \
                         the same time, or poll with a short time-out and look at the token between polls.";

const ENDED_EARLY: &str = "A worker works until it is told to stop. An empty poll is no end, and errors that pass by \
                           themselves (is_transient) are no reason to go.";

/// Of a commit that the broker refuses for a reason that passes by itself.
pub const COMMIT_REFUSED_FOR_NOW: &str = "A commit that is refused for a reason that passes has committed nothing and broken nothing: \
                                      keep its offsets for the next one, and work on. is_transient tells which errors these \
                                      are, of a poll and of a commit.";

/// What a worker returned.
pub type WorkerResult = Result<WorkerReport, WorkerError>;

/// A group on one topic. Dropping it stops its workers.
pub struct Team {
    pub topic: Topic,
    /// Settings for each further member. A check may change them.
    pub client: ClientConfig,
    pub timeline: Timeline,
    pub log: WorkLog,
    pub probe: GroupProbe,
    workers: Vec<RunningWorker>,
    runtime: LearnerRuntime,
}

struct RunningWorker {
    id: WorkerId,
    stop: CancellationToken,
    _stops_when_dropped: DropGuard,
    task: JoinHandle<WorkerResult>,
}

impl Team {
    /// A new group on `topic`, without members.
    pub fn new(topic: Topic) -> Verdict<Self> {
        let group = topic.new_group();
        Ok(Self {
            client: topic.member(&group),
            probe: topic.group_probe(&group)?,
            timeline: Timeline::new(),
            log: WorkLog::default(),
            workers: Vec::new(),
            runtime: LearnerRuntime::new()?,
            topic,
        })
    }

    /// The same, whose workers share one async thread.
    pub fn on_one_thread(topic: Topic) -> Verdict<Self> {
        let mut team = Self::new(topic)?;
        team.runtime = LearnerRuntime::with_threads(1)?;
        Ok(team)
    }

    /// Something else that the workers' runtime has to do.
    pub fn spawn_beside(&self) -> JoinHandle<()> {
        self.runtime.spawn(tokio::task::yield_now())
    }

    /// Starts a worker whose `work` does nothing but get logged.
    pub fn start(&mut self, number: u32) {
        self.start_with(number, |_| {});
    }

    /// Starts a worker that runs `during` in the middle of each call of `work`.
    pub fn start_with(
        &mut self,
        number: u32,
        during: impl Fn(PartitionOffset) + Send + Sync + 'static,
    ) {
        let (id, stop) = (WorkerId(number), CancellationToken::new());
        let (work, topic) = (self.log.work(during), self.topic.name.clone());
        let client = self.client.clone();
        let (timeline, token) = (self.timeline.clone(), stop.clone());
        let task = self.runtime.spawn(async move {
            let config = WorkerConfig { client, work };
            run_consumer_worker(id, config, &topic, timeline, token).await
        });
        let running = RunningWorker {
            id,
            _stops_when_dropped: stop.clone().drop_guard(),
            stop,
            task,
        };
        self.workers.push(running);
    }

    /// Waits until `found` has nothing to object to, while the workers run and something happens. It says what it still
    /// sees.
    pub async fn wait_until(
        &mut self,
        what: &str,
        concept: &str,
        found: impl Fn(&Timeline, &WorkLog) -> Result<(), String>,
    ) -> Verdict {
        let mut quiet = QuietTimer::default();
        let ended = eventually(LIMIT, what, concept, || {
            let seen = match self.first_to_end() {
                Some(id) => Ok(Some(id)),
                None => found(&self.timeline, &self.log).map(|()| None),
            };
            ready(quiet.check(self.news(), seen, what, concept))
        })
        .await?;
        match ended {
            None => Ok(()),
            Some(id) => Err(self.ended_early(id, what).await?.into()),
        }
    }

    /// Waits until the broker lists members that `found` has nothing to object to, while the workers run.
    pub async fn until_members(
        &mut self,
        mut quiet: QuietTimer,
        what: &str,
        concept: &str,
        found: impl Fn(&[GroupMember]) -> Result<(), String>,
    ) -> Verdict<Vec<GroupMember>> {
        let (probe, found) = (&self.probe, &found);
        let members = eventually(LIMIT, what, concept, || {
            let seen = self.first_to_end();
            let over = quiet.is_over(self.news());
            async move {
                if let Some(id) = seen {
                    return Ok(Ok(Err(id)));
                }
                let members = probe.members().await?;
                let seen = found(&members).map(|()| Ok(members));
                over.or_later(seen, what, concept)
            }
        })
        .await?;
        match members {
            Ok(members) => Ok(members),
            Err(id) => Err(self.ended_early(id, what).await?.into()),
        }
    }

    /// Grows with everything that the workers do.
    fn news(&self) -> usize {
        self.timeline.entries().len() + self.log.calls().len() + self.log.done().len()
    }

    /// Whether a worker has returned that nobody has waited for.
    pub fn has_ended(&self) -> bool {
        self.first_to_end().is_some()
    }

    fn first_to_end(&self) -> Option<WorkerId> {
        let ended = self.workers.iter().find(|worker| worker.task.is_finished());
        ended.map(|worker| worker.id)
    }

    async fn ended_early(&mut self, id: WorkerId, what: &str) -> Verdict<Failure> {
        let ended = self.ended(id.0).await?;
        let concept = match &ended {
            Err(WorkerError::Kafka(error @ KafkaError::ConsumerCommit(_)))
                if is_transient(error) =>
            {
                COMMIT_REFUSED_FOR_NOW
            }
            _ => ENDED_EARLY,
        };
        let came_to = match ended {
            Ok(report) => format!("Ok with {report:?}"),
            // Which of several comes first is chance.
            Err(WorkerError::Kafka(error)) if is_transient(&error) => {
                "an error that passes by itself".to_owned()
            }
            Err(error) => format!("the error «{error}»"),
        };
        Ok(Failure::new(
            format!("{id} returned {came_to} without having been told to stop"),
            what,
            concept,
        ))
    }

    /// Waits until `count` different events are done.
    pub async fn until_done(&mut self, count: usize, concept: &str) -> Verdict {
        let what = format!("`work` to be called with all {count} events");
        self.wait_until(&what, concept, |_, log| {
            let done = log.done_once().len();
            expect(done >= count, || {
                format!("{done} of {count} events worked on")
            })
        })
        .await
    }

    /// Waits until the group has settled on `members`, the newest last.
    pub async fn until_settled(&mut self, members: &[u32]) -> Verdict {
        let partitions = self.topic.partitions;
        let what = format!("the {partitions} partitions to have owners among workers {members:?}");
        let concept = "A member that has joined is told its partitions in the rebalance callback, which runs inside poll: \
                       note each assignment down there, and keep polling.";
        let members: Vec<WorkerId> = members.iter().copied().map(WorkerId).collect();
        self.wait_until(&what, concept, |timeline, _| {
            let settling = Settling::of(&members, &timeline.entries(), partitions);
            expect(settling.is_complete(), || {
                format!("the timeline says {}", owners_text(&timeline.owners()))
            })
        })
        .await
    }

    /// Tells a worker to stop.
    pub fn cancel(&self, number: u32) {
        for worker in self.workers.iter().filter(|worker| worker.id.0 == number) {
            worker.stop.cancel();
        }
    }

    /// Waits until a worker has returned, after it was told to stop.
    pub async fn ended(&mut self, number: u32) -> Verdict<WorkerResult> {
        self.returned(number, MUST_STOP).await
    }

    /// Waits until a worker has returned. `concept` says why it may not.
    pub async fn returned(&mut self, number: u32, concept: &str) -> Verdict<WorkerResult> {
        let index = self.workers.iter().position(|worker| worker.id.0 == number);
        let worker = self
            .workers
            .remove(index.expect("a check waits for a worker that it has started"));
        let what = format!("{} to return", worker.id);
        let mut quiet = QuietTimer::default();
        eventually(LIMIT, &what, concept, || {
            let seen = expect(worker.task.is_finished(), || {
                format!("{} is still running", worker.id)
            });
            ready(quiet.check(self.news(), seen, &what, concept))
        })
        .await?;
        match worker.task.await {
            Ok(ended) => Ok(ended),
            // The learner's panic is told as one of the check's own.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Waits no longer than `limit` until a worker has returned. Which way it did is for the caller to ask.
    pub async fn until_returned(&self, number: u32, limit: Duration, concept: &str) -> Verdict {
        let worker = self.workers.iter().find(|worker| worker.id.0 == number);
        let worker = worker.expect("a check waits for a worker that it has started");
        let what = format!("{} to return promptly", worker.id);
        let returned = eventually(limit, &what, concept, || {
            ready(Ok(expect(worker.task.is_finished(), || {
                format!("{} is still running", worker.id)
            })))
        });
        returned.await
    }

    /// Stops a worker that has no reason to fail.
    pub async fn stop(&mut self, number: u32) -> Verdict<WorkerReport> {
        self.cancel(number);
        let ended = self.ended(number).await?;
        Ok(ended.map_err(|error| {
            Failure::new(
                format!("worker-{number} ended with the error «{error}»"),
                "Ok with a report",
                "Nothing was wrong with the broker, the group or the topic, so the error was made on the way.",
            )
        })?)
    }

    /// Stops all workers, one after the other: each next one when the group has settled on those that are left, so no
    /// rebalance disturbs its last commit. Returns their reports.
    pub async fn stop_all(&mut self) -> Verdict<Vec<WorkerReport>> {
        let mut reports = Vec::new();
        while let Some(first) = self.workers.first().map(|worker| worker.id.0) {
            reports.push(self.stop(first).await?);
            let left: Vec<u32> = self.workers.iter().map(|worker| worker.id.0).collect();
            if !left.is_empty() {
                self.until_settled(&left).await?;
            }
        }
        Ok(reports)
    }

    /// What the timeline says of one worker, without the entries for events.
    pub fn story_of(&self, number: u32) -> Vec<Activity> {
        story_of(&self.timeline.entries(), number)
    }

    /// No partition has had two owners at a time.
    pub fn judge_one_owner_at_a_time(&self) -> Verdict {
        let overlaps = overlaps(&spans(&self.timeline.entries()));
        let first = overlaps.first().map(|(first, second)| {
            format!(
                "partition {} belonged to {} from {:?} until {:?}, and to {} from {:?}",
                first.partition, first.worker, first.from, first.until, second.worker, second.from
            )
        });
        judge(overlaps.is_empty(), || {
            Failure::new(
                format!(
                    "{} times two owners at once. {}",
                    overlaps.len(),
                    first.unwrap_or_default()
                ),
                "one owner at a time for each partition",
                "Tell `Revoked` and `Lost` from inside the callback, before it returns: afterwards the partitions may be \
                 somebody else's.",
            )
        })
    }
}
