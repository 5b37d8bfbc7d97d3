//! A fresh group and its forty events.
//!
//! The topic may hold events of earlier runs. So the group's committed offsets are set to the ends of the partitions
//! first, and whatever is sent from then on is what the group has to work on: no more and no less.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event_log::cli::CliError;
use event_log::event::Event;
use event_log::topics::ORDERS;
use futures::future::join_all;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::json;

const TIMEOUT: Duration = Duration::from_secs(10);

/// librdkafka's default partitioner sends two of these to each of four partitions.
const CUSTOMERS: [&str; 8] = [
    "customer-1",
    "customer-2",
    "customer-3",
    "customer-4",
    "customer-5",
    "customer-6",
    "customer-7",
    "customer-9",
];

const ORDERS_EACH: usize = 5;

/// The name of a group that has never been.
pub fn fresh_group() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("rebalance-demo-{}", now.as_millis())
}

/// Commits the present ends of all partitions for the group that `config` names, which must have no members.
///
/// # Errors
/// When the broker does not answer or refuses the commit.
pub async fn start_at_the_end(config: &ClientConfig, partitions: i32) -> Result<(), CliError> {
    let config = config.clone();
    let committing = tokio::task::spawn_blocking(move || commit_ends(&config, partitions));
    match committing.await {
        Ok(committed) => {
            committed.map_err(|error| CliError::kafka("commit where the group shall start", error))
        }
        Err(_panicked) => Err(CliError::Panicked),
    }
}

fn commit_ends(config: &ClientConfig, partitions: i32) -> KafkaResult<()> {
    let client: BaseConsumer = config.create()?;
    let mut ends = TopicPartitionList::new();
    for partition in 0..partitions {
        let (_start, end) = client.fetch_watermarks(ORDERS.name, partition, TIMEOUT)?;
        ends.add_partition_offset(ORDERS.name, partition, Offset::Offset(end))?;
    }
    client.commit(&ends, CommitMode::Sync)
}

/// Sends the events, and returns how many there are once all are delivered.
///
/// # Errors
/// When one of them is not delivered.
pub async fn seed(config: &ClientConfig) -> Result<usize, CliError> {
    // Not phase 2's code: this program shall run before that is written.
    let producer: FutureProducer = config
        .clone()
        .set("enable.idempotence", "true")
        .create()
        .map_err(|error| CliError::kafka("create the producer", error))?;
    let events = orders();
    let sending = events.iter().map(|event| send(&producer, event));
    for delivered in join_all(sending).await {
        delivered.map_err(|error| CliError::kafka("seed the events", error))?;
    }
    Ok(events.len())
}

async fn send(producer: &FutureProducer, event: &Event) -> KafkaResult<()> {
    let value = event.value();
    let record = FutureRecord::<str, _>::to(ORDERS.name)
        .payload(&value)
        .timestamp(event.timestamp);
    let record = match &event.key {
        Some(key) => record.key(key),
        None => record,
    };
    match producer.send(record, Timeout::Never).await {
        Ok(_delivery) => Ok(()),
        Err((error, _record)) => Err(error),
    }
}

fn orders() -> Vec<Event> {
    let numbers = 1..=ORDERS_EACH;
    numbers
        .flat_map(|number| {
            CUSTOMERS.map(|customer| {
                Event::now(Some(customer), json!({"type": "placed", "number": number}))
            })
        })
        .collect()
}
