//! Phase 2: `produce_event` and `produce_events_batch`.

use std::time::{Duration, Instant};

use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, create_producer};
use rdkafka::ClientConfig;
use serde_json::json;
use testbed::probe::{ControlProducer, StoredRecord};
use testbed::{Cluster, Failure, Topic, Verdict, judge};

mod partitioner;
mod produce_event;
mod produce_events_batch;

/// The learner's producer.
fn producer(config: &ClientConfig) -> Verdict<EventProducer> {
    create_producer(config).map_err(|error| {
        Failure::new(
            format!("`create_producer` failed: {error}"),
            "a producer with the settings given to it and your own",
            "librdkafka checks names and values of settings when the client is made.",
        )
        .into()
    })
}

/// An event that can be told from every other by its number. Its time may be before that of an earlier number: clocks differ,
/// and what happened first need not be told first.
fn numbered(key: Option<&str>, number: usize) -> Event {
    Event {
        key: key.map(str::to_owned),
        timestamp: 1_700_000_000_000 + i64::try_from(number * 617 % 1000).unwrap_or_default(),
        payload: json!({ "number": number }),
    }
}

/// Events with the keys taken in turn.
fn numbered_events(keys: &[&str], count: usize) -> Vec<Event> {
    (0..count)
        .map(|number| numbered(Some(keys[number % keys.len()]), number))
        .collect()
}

/// Whether this is the record of that event.
fn is_record_of(record: &StoredRecord, event: &Event) -> bool {
    record.value.as_deref() == Some(&event.value())
}

/// A record that times out a second after it was sent. librdkafka's own repetition would come later than that: the mock
/// cluster does not recognise one, as a broker does.
const TIMES_OUT_BEFORE_A_REPETITION: &[(&str, &str)] = &[
    ("message.timeout.ms", "1000"),
    ("retry.backoff.ms", "60000"),
    ("retry.backoff.max.ms", "60000"),
];

/// For how long a broker does not answer or a queue stays full. Clients measure their waits with the system's clock, which
/// cannot be made to jump, so this takes its time: more than a limit of a second or two, and no more than a learner may be
/// asked to wait.
const A_LONG_TIME: Duration = Duration::from_secs(3);

/// The time limit of a delivery, as the settings given to `create_producer` say it.
const GIVES_UP_AFTER_A_SECOND: &[(&str, &str)] = &[("message.timeout.ms", "1000")];

/// How much later than a producer with just the given settings the learner's may give up: less than five seconds, the limit
/// in many an example, leave over.
const GIVES_UP_LATE: Duration = Duration::from_secs(2);

/// Waits for `sending`, to which no broker answers, beside `control`, a producer that has the given settings alone: a record
/// is given up when they say so.
async fn judge_giving_up(control: ControlProducer, sending: impl Future) -> Verdict {
    let sending = async {
        let begun = Instant::now();
        tokio::time::timeout(GIVES_UP_LATE * 3, sending).await.ok();
        begun.elapsed()
    };
    let (control, learner) = tokio::join!(control.fate(), sending);
    let control = control?;
    judge(learner < control + GIVES_UP_LATE, || {
        let [learner, control] = [learner, control].map(|time| time.as_secs_f64());
        Failure::new(
            format!(
                "no broker answers: nothing after {learner:.1} s; a producer with the given settings alone gave up after \
                 {control:.1} s"
            ),
            "a failure when message.timeout.ms has passed, which was given to create_producer and is one second here",
            "How long delivery may take is message.timeout.ms, which is for the settings given to say: a value of your own \
             makes every caller wait as long as you like to.",
        )
    })
}

/// Runs the learner's code on a clock that jumps to the next timer whenever there is nothing else to do: a limit of an hour
/// ends a wait as soon as one of a second. What asks the system for the time does not notice.
async fn on_a_jumping_clock<T, F>(make: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let running = tokio::task::spawn_blocking(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .map(|runtime| runtime.block_on(make()))
    });
    match running.await {
        Ok(Ok(output)) => output,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // No runtime, or one that ends: the check's own has as little.
        Ok(Err(_)) | Err(_) => std::future::pending().await,
    }
}

/// A mock cluster of the check's own, a topic on it, and the learner's producer with these settings.
async fn mock_cluster(
    partitions: i32,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(partitions).await?;
    let mut config = topic.client.clone();
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let producer = producer(&config)?;
    Ok((cluster, topic, producer))
}
