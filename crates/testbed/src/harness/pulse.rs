//! Whether machine and broker kept up while a check ran. A clock that a check waits by goes on while a starved broker stands
//! still, so what comes of it says nothing of the learner's code.
//!
//! A thread of its own beats all the time: it sleeps, and asks the group coordinator of the run's cluster for something
//! small. A beat that takes long is a stall, whoever caused it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;

use super::kafka;
use crate::cluster::{ANSWER_TIMEOUT, Cluster};

/// How long a beat sleeps.
const REST: Duration = Duration::from_millis(200);

/// A beat that takes this much longer is a stall. A coordinator at work answers in milliseconds.
const STALL: Duration = Duration::from_secs(1);

/// Whether the broker is asked already.
static IS_CONNECTED: AtomicBool = AtomicBool::new(false);

static BEATS: Mutex<Beats> = Mutex::new(Beats::new());

/// What is remembered of the beats.
#[derive(Debug)]
struct Beats {
    /// The one under way.
    current: Option<Instant>,
    /// Those that were stalls: when they began, and how long they took.
    stalls: Vec<(Instant, Duration)>,
}

impl Beats {
    const fn new() -> Self {
        Self {
            current: None,
            stalls: Vec::new(),
        }
    }

    fn begin(&mut self, now: Instant) {
        self.current = Some(now);
    }

    fn end(&mut self, now: Instant) {
        if let Some((began, took)) = self.under_way(now) {
            self.stalls.push((began, took));
        }
        self.current = None;
    }

    fn under_way(&self, now: Instant) -> Option<(Instant, Duration)> {
        let began = self.current?;
        let took = now.saturating_duration_since(began).saturating_sub(REST);
        (took >= STALL).then_some((began, took))
    }

    /// The longest stall of which a part was in the time from `since` to `now`.
    fn longest(&self, since: Instant, now: Instant) -> Option<Duration> {
        let all = self.stalls.iter().copied().chain(self.under_way(now));
        all.filter(|(began, took)| *began + REST + *took >= since)
            .map(|(_, took)| took)
            .max()
    }
}

/// Starts the beat. It goes on until the process ends.
pub fn start() {
    if let Err(error) = thread::Builder::new().name("pulse".to_owned()).spawn(beat) {
        eprintln!(
            "kafkalings: nothing watches whether this machine keeps up, so each failure counts as it comes ({error})"
        );
    }
}

/// Whether a broker that stands still is noticed from now on. Until the first answer has come the machine alone is watched.
pub fn watches_the_broker() -> bool {
    IS_CONNECTED.load(Ordering::Relaxed)
}

/// The longest stall of machine or broker since then.
pub fn longest_stall(since: Instant) -> Option<Duration> {
    let beats = BEATS.lock().unwrap_or_else(PoisonError::into_inner);
    beats.longest(since, Instant::now())
}

/// Whether machine or broker have stood still at any time of this run.
pub fn has_stood_still() -> bool {
    let beats = BEATS.lock().unwrap_or_else(PoisonError::into_inner);
    !beats.stalls.is_empty() || beats.under_way(Instant::now()).is_some()
}

fn beat() {
    let mut client = None;
    loop {
        if client.is_none() {
            client = kafka::opened().and_then(|cluster| connect(cluster).ok());
            IS_CONNECTED.store(client.is_some(), Ordering::Relaxed);
        }
        with_beats(Beats::begin);
        thread::sleep(REST);
        if let Some(client) = &client {
            // An answer that is an error is one.
            let _ = ask(client);
        }
        with_beats(Beats::end);
    }
}

fn with_beats(change: fn(&mut Beats, Instant)) {
    let mut beats = BEATS.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut beats, Instant::now());
}

/// A client whose first answer has come: that one takes connections, and a new broker's coordinator gets ready for it.
fn connect(cluster: &Cluster) -> KafkaResult<BaseConsumer> {
    let mut config = cluster.client();
    config.set("group.id", "kafkalings-pulse");
    let client: BaseConsumer = config.create()?;
    ask(&client)?;
    Ok(client)
}

fn ask(client: &BaseConsumer) -> KafkaResult<TopicPartitionList> {
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition("kafkalings-pulse", 0);
    client.committed_offsets(partitions, ANSWER_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_stall_counts_for_whoever_ran_meanwhile_also_while_it_lasts() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut beats = Beats::new();
        beats.begin(start);
        beats.end(start + REST);
        assert_eq!(beats.longest(start, after(1)), None);

        beats.begin(after(1));
        assert_eq!(beats.longest(start, after(1)), None);
        let three = Duration::from_secs(4).checked_sub(REST);
        assert_eq!(beats.longest(start, after(5)), three);
        beats.end(after(5));
        assert_eq!(beats.longest(after(4), after(9)), three);
        assert_eq!(beats.longest(after(6), after(9)), None);
    }
}
