//! How far a group has come in a topic: the committed offsets as the broker keeps them.
//!
//! Read with a client of its own that never joins the group, so it sees what the broker has, not what the consumer
//! under way believes.

use std::fmt;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::CliError;

/// How long each question may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How far a group has come in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionProgress {
    /// The partition.
    pub partition: i32,
    /// The offset of the next event to work on; `None` if the group never committed one.
    pub committed: Option<i64>,
    /// The first offset that the partition still has.
    pub start: i64,
    /// The offset that the next record will get.
    pub end: i64,
}

impl PartitionProgress {
    /// How many offsets lie between the group and the end of the partition: its lag. A group without a committed offset
    /// begins at the start here.
    pub fn lag(&self) -> i64 {
        let next = self.committed.unwrap_or(self.start).max(self.start);
        (self.end - next).max(0)
    }
}

impl fmt::Display for PartitionProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {}: committed ", self.partition)?;
        match self.committed {
            Some(offset) => write!(f, "{offset}")?,
            None => f.write_str("nothing")?,
        }
        write!(f, ", end {}", self.end)
    }
}

/// The committed offsets of the group that `config` names, beside the ends of `topic`'s partitions.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn committed_offsets(
    config: &ClientConfig,
    topic: &str,
    partitions: i32,
) -> Result<Vec<PartitionProgress>, CliError> {
    let (config, topic) = (config.clone(), topic.to_owned());
    let reading = tokio::task::spawn_blocking(move || read(&config, &topic, partitions));
    match reading.await {
        Ok(progress) => {
            progress.map_err(|error| CliError::kafka("read the committed offsets", error))
        }
        Err(_panicked) => Err(CliError::Panicked),
    }
}

fn read(
    config: &ClientConfig,
    topic: &str,
    partitions: i32,
) -> KafkaResult<Vec<PartitionProgress>> {
    let client: BaseConsumer = config.create()?;
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition_range(topic, 0, partitions - 1);
    let committed = client.committed_offsets(wanted, TIMEOUT)?;
    let mut progress = Vec::new();
    for element in committed.elements_for_topic(topic) {
        element.error()?;
        let (start, end) = client.fetch_watermarks(topic, element.partition(), TIMEOUT)?;
        progress.push(PartitionProgress {
            partition: element.partition(),
            committed: match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            },
            start,
            end,
        });
    }
    Ok(progress)
}
