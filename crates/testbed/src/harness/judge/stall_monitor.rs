//! Notices when the machine or the broker stands still. A clock that a check waits by goes on meanwhile, so a failure says
//! nothing about the learner's code.
//!
//! A thread of the judge sleeps, asks the group coordinator for something small, and measures how long both took.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::{ClientConfig, TopicPartitionList};

use crate::cluster::ANSWER_TIMEOUT;

/// How long the monitor sleeps between two requests.
const PAUSE: Duration = Duration::from_millis(200);

/// A round that takes this much longer is a stall. A coordinator at work answers in milliseconds.
const STALL: Duration = Duration::from_secs(1);

/// Watches the machine, and the broker once it is known.
#[derive(Debug, Clone, Default)]
pub struct StallMonitor(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The broker to ask.
    broker: Option<ClientConfig>,
    rounds: Rounds,
}

/// What is remembered of the rounds.
#[derive(Debug, Default)]
struct Rounds {
    /// When the current one began.
    current: Option<Instant>,
    /// Those that were stalls: when they began, and how long they took too long.
    stalls: Vec<(Instant, Duration)>,
}

impl Rounds {
    fn begin(&mut self, now: Instant) {
        self.current = Some(now);
    }

    fn end(&mut self, now: Instant) {
        self.stalls.extend(self.under_way(now));
        self.current = None;
    }

    fn under_way(&self, now: Instant) -> Option<(Instant, Duration)> {
        let began = self.current?;
        let took = now.saturating_duration_since(began).saturating_sub(PAUSE);
        (took >= STALL).then_some((began, took))
    }

    /// The longest stall of which a part was between `since` and `now`.
    fn longest(&self, since: Instant, now: Instant) -> Option<Duration> {
        let all = self.stalls.iter().copied().chain(self.under_way(now));
        all.filter(|(began, took)| *began + PAUSE + *took >= since)
            .map(|(_, took)| took)
            .max()
    }
}

impl StallMonitor {
    /// Starts watching. It goes on until the process ends.
    pub fn start() -> Self {
        let monitor = Self::default();
        let watching = monitor.clone();
        let started = thread::Builder::new()
            .name("stall monitor".to_owned())
            .spawn(move || watching.watch());
        if let Err(error) = started {
            eprintln!("note: stalls of this machine go unnoticed, so each failure counts: {error}");
        }
        monitor
    }

    /// From now on the broker with this client configuration is watched as well.
    pub fn watch_broker(&self, client: ClientConfig) {
        self.lock().broker = Some(client);
    }

    /// The longest stall since then.
    pub fn longest_since(&self, since: Instant) -> Option<Duration> {
        self.lock().rounds.longest(since, Instant::now())
    }

    fn watch(&self) {
        let mut client = None;
        loop {
            if client.is_none() {
                let broker = self.lock().broker.clone();
                client = broker.and_then(|broker| connect(broker).ok());
            }
            self.lock().rounds.begin(Instant::now());
            thread::sleep(PAUSE);
            if let Some(client) = &client {
                // An error is an answer too.
                let _ = ask(client);
            }
            self.lock().rounds.end(Instant::now());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client that has its first answer: that one takes connections, and a new coordinator prepares itself for it.
fn connect(mut broker: ClientConfig) -> KafkaResult<BaseConsumer> {
    broker.set("group.id", "kafkalings-stall-monitor");
    let client: BaseConsumer = broker.create()?;
    ask(&client)?;
    Ok(client)
}

fn ask(client: &BaseConsumer) -> KafkaResult<TopicPartitionList> {
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition("kafkalings-stall-monitor", 0);
    client.committed_offsets(partitions, ANSWER_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_stall_counts_for_every_check_that_ran_meanwhile_even_while_it_lasts() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut rounds = Rounds::default();
        rounds.begin(start);
        rounds.end(start + PAUSE);
        assert_eq!(rounds.longest(start, after(1)), None);

        rounds.begin(after(1));
        assert_eq!(rounds.longest(start, after(1)), None);
        let three = Duration::from_secs(4).checked_sub(PAUSE);
        assert_eq!(rounds.longest(start, after(5)), three);
        rounds.end(after(5));
        assert_eq!(rounds.longest(after(4), after(9)), three);
        assert_eq!(rounds.longest(after(6), after(9)), None);
    }
}
