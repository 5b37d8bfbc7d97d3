//! Phase 3: `create_consumer` and `consume_events`.
//!
//! - `handed`: what the learner's function did with the handler that it was given.
//! - `run`: a run of it.
//! - `judging`: what the broker says of a run, and what may be behind it.

use std::sync::Arc;
use std::time::Duration;

use event_log::consuming::ConsumeOptions;
use event_log::event::ReceivedEvent;
use event_log::phase3_consumer::{EventConsumer, create_consumer};
use rdkafka::ClientConfig;
use serde_json::json;
use testbed::history::PartitionOffset;
use testbed::probe::Seed;
use testbed::{Failure, OwnThread, Topic, Verdict, within};
use tokio_util::sync::CancellationToken;

use handed::Handed;
use judging::{judge_any_handed, judge_committed, judge_committed_or, judge_ended, misconception};
use run::{Outcome, Run, consume, consume_until_idle, ok};

mod consume_events;
mod create_consumer;
mod handed;
mod judging;
mod run;

/// How long a run may take. Joining a group is part of it.
const LIMIT: Duration = Duration::from_secs(12);

/// The idle time-out of a run that should end for another reason. It leaves time to tell why the run did not.
const NOT_IDLE: Duration = Duration::from_secs(5);

/// Longer than any idle time-out that a check waits for.
const FOR_LONG: Duration = Duration::from_mins(1);

/// How long an event may take to be handed over: longer than any run lasts in which none comes.
const COMES_WITHIN: Duration = Duration::from_secs(7);

const NEVER_RETURNS: &str = "Each turn of the poll loop has to look at all that may end it: max_events, the stop token, and \
                             the time since the last record. Nothing else ends the wait for a record.";

const NOTHING_COMES: &str = "The events were there before the consumer. It has to ask the cluster that the settings name; a \
                             group without committed offsets starts at the first record there is, if auto.offset.reset \
                             says so; and joining the group takes a moment, so an empty poll at the beginning means \
                             nothing.";

const COMMITTED_AHEAD: &str = "What is committed is never handed over again: an offset that counts an event which was \
                               not processed loses it.";

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
    let leaving = OwnThread::start(|| async { drop(consumer) });
    within(
        LIMIT,
        "the consumer to leave its group",
        "",
        { leaving }.join(),
    )
    .await
}

/// Records with a number for a value, in the partitions of this list, with keys and times as the number says. A later one may
/// have an earlier time: clocks differ.
fn numbered(partitions: impl IntoIterator<Item = i32>) -> Vec<Seed> {
    let seed = |(number, partition)| Seed {
        key: (number % 3 != 0).then(|| format!("key-{}", number % 5).into_bytes()),
        timestamp: i64::try_from(1_700_000_000_000 + number * 617 % 1000).ok(),
        ..Seed::text(partition, json!({ "number": number }).to_string())
    };
    (0_usize..).zip(partitions).map(seed).collect()
}

/// `count` times the same partition.
fn times(count: usize, partition: i32) -> impl Iterator<Item = i32> {
    std::iter::repeat_n(partition, count)
}

/// The place of an event.
fn place(event: &ReceivedEvent) -> PartitionOffset {
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
