//! Records of the check's own, each from a producer of its own, which places it by the hash of its key.

use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use testbed::{NotGraded, Topic, Verdict};

/// Sends one record and waits for the broker's answer. Returns the partition that it is in.
///
/// The partitioner `consistent` takes the CRC32 of the key modulo the number of partitions.
pub async fn send(topic: &Topic, key: &str, value: &str) -> Verdict<i32> {
    let producer: FutureProducer = topic
        .client
        .clone()
        .set("partitioner", "consistent")
        .create()
        .map_err(|error| NotGraded::broken("a producer", &error))?;
    let record = FutureRecord::to(&topic.name).key(key).payload(value);
    let sent = producer.send(record, Timeout::Never).await;
    let delivered = sent.map_err(|(error, _)| NotGraded::broken("sending a record", &error))?;
    Ok(delivered.partition)
}

/// Whether the key has the hash that the set-up names, as its partition shows.
pub fn control(partition: i32, hash: u32, partitions: i32) -> Verdict {
    if i64::from(partition) == i64::from(hash) % i64::from(partitions) {
        return Ok(());
    }
    let seen = format!("partition {partition} of {partitions} for the hash {hash}");
    Err(NotGraded::broken("the key has another hash", &seen))
}
