//! A producer that sends all its records in one request, and knows how often it sent it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Statistics};

use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::verdict::Verdict;

/// A producer whose requests are counted.
pub struct RequestCount {
    producer: BaseProducer<Latest>,
    topic: String,
    /// How many records are sent together.
    together: usize,
    /// How many requests it took to connect.
    before: usize,
}

/// How long records wait for further ones, if there are not as many as are sent together.
const LINGER_MS: &str = "100";

/// librdkafka's latest statistics.
#[derive(Default)]
struct Latest(Mutex<Count>);

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// How many statistics have come.
    statistics: usize,
    /// How many requests to produce were sent by then.
    requests: usize,
}

impl Latest {
    fn latest(&self) -> Count {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Latest {
    fn stats(&self, statistics: Statistics) {
        let brokers = statistics.brokers.values();
        let requests: i64 = brokers.filter_map(|broker| broker.req.get("Produce")).sum();
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        latest.statistics += 1;
        latest.requests = usize::try_from(requests).unwrap_or_default();
    }
}

impl ProducerContext for Latest {
    type DeliveryOpaque = ();

    fn delivery(&self, _result: &DeliveryResult<'_>, _opaque: ()) {}
}

impl RequestCount {
    /// The value of the records that are sent together.
    pub const VALUE: &[u8] = b"together";

    /// Connects with these settings, and sends one record to be sure of it. Later it will send so many together.
    ///
    /// # Errors
    /// Not graded, when the broker does not take it.
    pub async fn connect(
        topic: &Topic,
        mut config: ClientConfig,
        together: usize,
    ) -> Verdict<Self> {
        config
            .set("statistics.interval.ms", "20")
            // They leave when all are there.
            .set("batch.num.messages", together.to_string())
            .set("linger.ms", LINGER_MS);
        let name = topic.name.clone();
        blocking("connecting a producer", move || {
            let producer = config.create_with_context(Latest::default())?;
            let mut connected = Self {
                producer,
                topic: name.clone(),
                together,
                before: 0,
            };
            connected.enqueue(b"connected")?;
            connected.before = connected.requests_until_delivered()?;
            Ok(connected)
        })
        .await
    }

    /// Sends the records, which one request has room for, and waits until they are delivered. Returns how many requests were
    /// sent.
    ///
    /// # Errors
    /// Not graded, when they are not delivered in time.
    pub async fn send_together(self) -> Verdict<usize> {
        blocking("sending records together", move || {
            for _ in 0..self.together {
                self.enqueue(Self::VALUE)?;
            }
            Ok(self.requests_until_delivered()?.saturating_sub(self.before))
        })
        .await
    }

    fn enqueue(&self, value: &[u8]) -> KafkaResult<()> {
        let record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic).payload(value);
        self.producer.send(record).map_err(|(error, _)| error)
    }

    /// Waits until everything is delivered, and for statistics of the time after that.
    ///
    /// It does not flush: rdkafka's `flush` asks librdkafka not to linger for a moment only, which the thread that sends may
    /// miss.
    fn requests_until_delivered(&self) -> KafkaResult<usize> {
        self.poll_until(|producer| producer.in_flight_count() == 0)?;
        let delivered = self.latest().statistics;
        // The next may have been made before.
        self.poll_until(|producer| producer.context().latest().statistics >= delivered + 2)?;
        Ok(self.latest().requests)
    }

    fn poll_until(&self, done: impl Fn(&BaseProducer<Latest>) -> bool) -> KafkaResult<()> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        while !done(&self.producer) {
            if Instant::now() >= deadline {
                return Err(KafkaError::NoMessageReceived);
            }
            self.producer.poll(Duration::from_millis(10));
        }
        Ok(())
    }

    fn latest(&self) -> Count {
        self.producer.context().latest()
    }
}
