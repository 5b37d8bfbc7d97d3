//! Phase 3: `create_consumer` and `consume_events`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use event_log::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, Handler, HandlerError, SkippedRecords,
};
use event_log::errors::is_passing;
use event_log::event::ReceivedEvent;
use event_log::phase3_consumer::{EventConsumer, consume_events, create_consumer};
use rdkafka::ClientConfig;
use serde_json::json;
use testbed::history::{Place, next_offsets};
use testbed::probe::{GroupProbe, Seed};
use testbed::{Apart, Failure, Topic, Verdict, eventually, judge, within};
use tokio_util::sync::CancellationToken;

mod consume_events;
mod create_consumer;

/// How long a run may take. Joining a group is part of it.
const LIMIT: Duration = Duration::from_secs(12);

/// The idle time-out of a run that should end for another reason. It leaves time to tell why the run did not.
const NOT_IDLE: Duration = Duration::from_secs(5);

/// How long an event may take to be handed over: longer than any run lasts in which none comes.
const COMES_WITHIN: Duration = Duration::from_secs(7);

const NEVER_RETURNS: &str = "Each turn of the poll loop has to look at all that may end it: max_events, the stop token, and \
                             the time since the last record. Nothing else ends the wait for a record.";

const NOTHING_COMES: &str = "The events were there before the consumer. It has to ask the cluster that the settings name; a group without committed \
                             offsets starts at the first record there is, if auto.offset.reset says so; and joining the \
                             group takes a moment, so an empty poll at the beginning means nothing.";

const COMMITTED_AHEAD: &str = "What is committed is never handed over again: an offset that counts an event which was not processed \
                               loses it.";

/// The learner's consumer, subscribed to the topic.
fn consumer(config: &ClientConfig, topic: &str) -> Verdict<Arc<EventConsumer>> {
    create_consumer(config, topic)
        .map(Arc::new)
        .map_err(|error| {
            Failure::new(
                format!("`create_consumer` failed: {error}"),
                "a consumer with the settings given to it and your own",
                "librdkafka checks names and values of settings when the client is made.",
            )
            .into()
        })
}

/// Settings for a member of a group that nobody joins later. [`Topic::member`]'s are for groups that change hands: on the
/// mock cluster they take a member for dead soon, and a busy machine may stand still for that long.
fn only_member(topic: &Topic, group: &str) -> ClientConfig {
    let mut config = topic.member(group);
    config.set("session.timeout.ms", "6000");
    config
}

/// Lets the consumer leave its group. Dropping a consumer blocks while it leaves.
async fn close(consumer: Arc<EventConsumer>) -> Verdict {
    let leaving = Apart::start(|| async { drop(consumer) });
    within(
        LIMIT,
        "the consumer to leave its group",
        "",
        { leaving }.join(),
    )
    .await
}

/// Records with a number for a value, in the partitions of this list, and keys as the number says.
fn numbered(partitions: impl IntoIterator<Item = i32>) -> Vec<Seed> {
    let seed = |(number, partition)| Seed {
        key: (number % 3 != 0).then(|| format!("key-{}", number % 5).into_bytes()),
        ..Seed::text(partition, json!({ "number": number }).to_string())
    };
    (0_usize..).zip(partitions).map(seed).collect()
}

/// `count` times the same partition.
fn times(count: usize, partition: i32) -> impl Iterator<Item = i32> {
    std::iter::repeat_n(partition, count)
}

/// The place of an event.
fn place(event: &ReceivedEvent) -> Place {
    (event.partition, event.offset)
}

/// Options for a run that ends after `max_events`.
fn until(max_events: usize) -> ConsumeOptions {
    ConsumeOptions {
        max_events: Some(max_events),
        ..until_idle(NOT_IDLE)
    }
}

/// Options for a run that ends when it is idle or stopped.
fn until_idle(idle_timeout: Duration) -> ConsumeOptions {
    ConsumeOptions {
        idle_timeout,
        max_events: None,
        stop: CancellationToken::new(),
    }
}

/// What the handler was handed, in the order of the calls, and what it accepted.
#[derive(Clone, Default)]
struct Handed(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    handed: Vec<ReceivedEvent>,
    accepted: Vec<Place>,
    last_accepted: Option<Instant>,
}

impl Handed {
    /// A handler that accepts every event.
    fn handler(&self) -> Handler {
        self.handler_that(|_, _| Ok(()))
    }

    /// A handler that does `work`, which is told how many events were handed over before this one.
    fn handler_that(
        &self,
        work: impl Fn(usize, &ReceivedEvent) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Handler {
        let log = self.clone();
        Arc::new(move |event| {
            let earlier = log.count();
            log.lock().handed.push(event.clone());
            work(earlier, event)?;
            let mut log = log.lock();
            log.accepted.push(place(event));
            log.last_accepted = Some(Instant::now());
            Ok(())
        })
    }

    fn events(&self) -> Vec<ReceivedEvent> {
        self.lock().handed.clone()
    }

    fn places(&self) -> Vec<Place> {
        self.lock().handed.iter().map(place).collect()
    }

    fn accepted(&self) -> Vec<Place> {
        self.lock().accepted.clone()
    }

    fn last_accepted(&self) -> Option<Instant> {
        self.lock().last_accepted
    }

    fn count(&self) -> usize {
        self.lock().handed.len()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds whoever waits until it is opened or dropped.
struct Gate(mpsc::Sender<()>);

impl Gate {
    /// A gate, and what waits at it.
    fn new() -> (Self, impl Fn() + Send + Sync + 'static) {
        let (sender, receiver) = mpsc::channel();
        let receiver = Mutex::new(receiver);
        let wait = move || {
            let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
            // An error says that the gate was dropped.
            let _: Result<(), mpsc::RecvError> = receiver.recv();
        };
        (Self(sender), wait)
    }

    fn open(self) {
        drop(self.0);
    }
}

/// What `consume_events` returned.
type Outcome = Result<ConsumeReport, ConsumeError>;

/// A running `consume_events`. It is stopped when nobody looks at it any more: a member left behind would keep its group
/// from being tidied up.
struct Run {
    running: Apart<Outcome>,
    stop: CancellationToken,
    /// What it returned, once it was seen to return.
    outcome: Option<Outcome>,
}

impl Run {
    /// Starts the learner's function.
    fn start(consumer: &Arc<EventConsumer>, options: &ConsumeOptions, handler: Handler) -> Self {
        let (consumer, options) = (Arc::clone(consumer), options.clone());
        let stop = options.stop.clone();
        let running =
            Apart::start(move || async move { consume_events(&consumer, &options, handler).await });
        Self {
            running,
            stop,
            outcome: None,
        }
    }

    /// Waits until it returns, without limit.
    async fn returned(&mut self) -> &Outcome {
        let outcome = match self.outcome.take() {
            Some(outcome) => outcome,
            None => self.running.join().await,
        };
        self.outcome.insert(outcome)
    }

    /// Waits until it returns.
    async fn end(self) -> Verdict<Outcome> {
        self.end_or(NEVER_RETURNS).await
    }

    /// Waits until it returns. `concept` says which misconception would keep it from returning.
    async fn end_or(mut self, concept: &str) -> Verdict<Outcome> {
        let what = "`consume_events` to return";
        within(LIMIT, what, concept, self.returned()).await?;
        match self.outcome.take() {
            Some(outcome) => Ok(outcome),
            None => Ok(self.running.join().await),
        }
    }

    /// Waits until it returns a report.
    async fn report(self) -> Verdict<ConsumeReport> {
        ok(self.end().await?)
    }

    /// Waits until the handler was handed `count` events. The run has to go on meanwhile.
    async fn hands_over(&mut self, handed: &Handed, count: usize, concept: &str) -> Verdict {
        if handed.count() == 0 && count > 1 {
            // That none comes at all has other reasons than that one is missing.
            self.hands_over_within(handed, 1, NOTHING_COMES, concept)
                .await?;
        }
        self.hands_over_within(handed, count, concept, concept)
            .await
    }

    /// `missing` is the misconception when the event does not come, `ended` when the run ends before.
    async fn hands_over_within(
        &mut self,
        handed: &Handed,
        count: usize,
        missing: &str,
        ended: &str,
    ) -> Verdict {
        let what = format!("event {count} to be handed over");
        let reached = eventually(COMES_WITHIN, &what, missing, || async {
            match handed.count() {
                enough if enough >= count => Ok(Ok(())),
                few => Ok(Err(format!("{few} events handed over"))),
            }
        });
        tokio::select! {
            biased;
            reached = reached => reached,
            outcome = self.returned() => {
                judge(handed.count() >= count, || ended_early(outcome, handed, &what, ended))
            }
        }
    }

    /// Watches for this long that it does not return. A watch cannot prove a promise, only break it: the longer, the
    /// more wrong answers it sees.
    async fn goes_on_for(&mut self, watch: Duration, handed: &Handed, concept: &str) -> Verdict {
        match tokio::time::timeout(watch, self.returned()).await {
            Err(_elapsed) => Ok(()),
            Ok(outcome) => Err(ended_early(outcome, handed, "it goes on", concept).into()),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn ended_early(outcome: &Outcome, handed: &Handed, expected: &str, concept: &str) -> Failure {
    let returned = match outcome {
        // Which of them comes first when a broker goes away is chance.
        Err(ConsumeError::Kafka(error)) if is_passing(error) => {
            "an error for which is_passing holds".to_owned()
        }
        outcome => format!("{outcome:?}"),
    };
    Failure::new(
        format!(
            "`consume_events` returned {returned} after {} events were handed over",
            handed.count()
        ),
        expected,
        concept,
    )
}

/// The report, where nothing is wrong with the broker or the handler.
fn ok(outcome: Outcome) -> Verdict<ConsumeReport> {
    Ok(outcome.map_err(|error| {
        let concept = match &error {
            ConsumeError::Handler { .. } => {
                "The handler refused nothing. A record that is no event is not its failure, nor anybody's: it is counted \
                 and passed over."
            }
            ConsumeError::Kafka(_) => {
                "Nothing permanent is wrong here: is_passing tells which errors of a poll are to be lived through, and a \
                 commit with nothing new to commit (NoOffset) is no error either."
            }
        };
        Failure::new(
            format!("`consume_events` returned the error «{error}» ({error:?})"),
            "Ok with a report",
            concept,
        )
    })?)
}

/// Runs `consume_events` until it returns its report.
async fn consume(
    consumer: &Arc<EventConsumer>,
    options: &ConsumeOptions,
    handler: Handler,
) -> Verdict<ConsumeReport> {
    Run::start(consumer, options, handler).report().await
}

/// Runs `consume_events` until it is idle, with a longer idle time-out if joining the group took so long that nothing was
/// handed over in the first one.
async fn consume_until_idle(topic: &Topic, group: &str, handed: &Handed) -> Verdict<ConsumeReport> {
    let first = run_until_idle(topic, group, handed, Duration::from_millis(1500)).await?;
    if handed.count() > 0 || first.skipped != SkippedRecords::default() {
        return Ok(first);
    }
    run_until_idle(topic, group, handed, NOT_IDLE).await
}

async fn run_until_idle(
    topic: &Topic,
    group: &str,
    handed: &Handed,
    idle_timeout: Duration,
) -> Verdict<ConsumeReport> {
    let consumer = consumer(&topic.member(group), &topic.name)?;
    let report = consume(&consumer, &until_idle(idle_timeout), handed.handler()).await?;
    close(consumer).await?;
    Ok(report)
}

/// Where events were there before the consumer, the handler was handed at least one of them. Without, nothing can be said
/// of what becomes of them.
fn judge_any_handed(handed: &Handed, outcome: &(dyn std::fmt::Debug + Sync)) -> Verdict {
    judge(handed.count() > 0, || {
        Failure::new(
            format!("no event was handed over; it returned {outcome:?}"),
            "the events that were there before the consumer are handed over",
            NOTHING_COMES,
        )
    })
}

/// The committed offsets, without partitions in which the group is to begin with the first record anyway.
async fn committed(probe: &GroupProbe) -> Verdict<BTreeMap<i32, i64>> {
    let mut committed = probe.committed().await?;
    committed.retain(|_, offset| *offset > 0);
    Ok(committed)
}

/// The committed offsets are the last of the processed ones + 1 in each partition.
async fn judge_committed(topic: &Topic, group: &str, processed: &[Place]) -> Verdict {
    judge_committed_or(topic, group, processed, misconception).await
}

/// The same, where `concept` tells the misconception from what is committed and what should be.
async fn judge_committed_or(
    topic: &Topic,
    group: &str,
    processed: &[Place],
    concept: impl Fn(&BTreeMap<i32, i64>, &BTreeMap<i32, i64>) -> &'static str,
) -> Verdict {
    let committed = committed(&topic.group_probe(group)?).await?;
    let expected = next_offsets(processed);
    judge(committed == expected, || {
        Failure::new(
            format!("committed offsets {committed:?} (partition: offset) after it returned"),
            if expected.is_empty() {
                "none, since nothing was processed".to_owned()
            } else {
                format!("{expected:?}: in each partition the last processed offset + 1")
            },
            concept(&committed, &expected),
        )
    })
}

fn misconception(committed: &BTreeMap<i32, i64>, expected: &BTreeMap<i32, i64>) -> &'static str {
    let one_less = expected
        .iter()
        .all(|(partition, next)| committed.get(partition).copied().unwrap_or(0) == next - 1);
    let ahead = committed
        .iter()
        .any(|(partition, offset)| *offset > expected.get(partition).copied().unwrap_or(0));
    let same = |offsets: &BTreeMap<i32, i64>| {
        let different: BTreeSet<i64> = offsets.values().copied().collect();
        offsets.len() > 1 && different.len() == 1
    };
    let one_for_all = same(committed) && !same(expected) && expected.len() > 1;
    let one_more = expected
        .iter()
        .all(|(partition, next)| committed.get(partition) == Some(&(next + 1)));
    if committed.is_empty() {
        "Nothing is committed until you commit, and only the last commit of a run covers its last events: commit before \
         every return, and wait for the answer. A group.id of your own would commit for somebody else."
    } else if one_for_all {
        "Each partition counts its offsets from 0, for itself: one offset for all of them skips events in one partition and \
         repeats them in another."
    } else if one_more && !expected.is_empty() {
        "The committed offset is the next one to read, one past the last processed and not two: what some functions of the \
         client take is the record's own offset, and they add the one themselves. The event in between is lost."
    } else if ahead {
        COMMITTED_AHEAD
    } else if one_less {
        "The committed offset is the next one to read, one past the last processed: either the record's own offset was \
         committed, or the last commit had not reached the broker when the function returned."
    } else {
        "Each partition has an offset of its own, records that are no events count as processed, and an interval leaves \
         out what came since: commit all that was processed, in every partition, before every return."
    }
}
