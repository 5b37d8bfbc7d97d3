//! What the partitioner of some settings chooses.

use event_log::event::Event;
use rdkafka::ClientConfig;
use testbed::{Cluster, Failure, Topic, Verdict, judge};

use super::events::numbered;

/// Of a partition that the partitioner did not choose.
pub const CHOSEN_PARTITION: &str = "Leave the partition out and the partitioner chooses it, from the key if there is one; the \
                                delivery report says which one. Choosing it yourself, fixed or by a formula, parts from what \
                                other producers of the topic do.";

/// What the partitioner of some settings chooses, as a producer with just these settings shows it.
pub struct PartitionerChoice {
    /// The settings, with the partitioner.
    pub config: ClientConfig,
    /// The learner's topic. The producer that shows it had one of its own, with as many partitions.
    pub topic: Topic,
    /// Events with several keys and without one.
    pub events: Vec<Event>,
    partitioner: String,
    expected: Vec<i32>,
}

impl PartitionerChoice {
    /// Asks the partitioner about eight keys, and about none if it always gives that the same answer.
    pub async fn of(partitioner: &str) -> Verdict<Self> {
        let cluster = Cluster::shared()?;
        let (topic, control) = (cluster.topic(4).await?, cluster.topic(4).await?);
        let mut config = topic.client.clone();
        config.set("partitioner", partitioner);
        let mut keys: Vec<Option<String>> = (0..8).map(|n| Some(format!("key-{n}"))).collect();
        if !partitioner.ends_with("random") {
            keys.push(None);
        }
        let expected = control.partitions_chosen_by(&config, &keys).await?;
        let events = keys.iter().map(|key| numbered(key.as_deref(), 1)).collect();
        Ok(Self {
            config,
            topic,
            events,
            partitioner: partitioner.to_owned(),
            expected,
        })
    }

    /// Whether the learner's records went to the same partitions.
    pub fn judge(&self, chosen: &[i32]) -> Verdict {
        let Self {
            partitioner,
            expected,
            ..
        } = self;
        judge(chosen == expected, || {
            let keys: Vec<_> = self.events.iter().map(|event| &event.key).collect();
            Failure::new(
                format!("partitions {chosen:?} returned for the keys {keys:?}"),
                format!("partitions {expected:?}, as the partitioner {partitioner} chooses"),
                CHOSEN_PARTITION,
            )
        })
    }
}
