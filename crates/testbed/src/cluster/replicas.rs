//! Topics whose replicas and settings a check chooses.

use rdkafka::admin::{NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;

use super::{ANSWER_TIMEOUT, Cluster, Topic};
use crate::context::unique_name;
use crate::probe::blocking;
use crate::verdict::{NotGraded, Verdict};

impl Cluster {
    /// Creates a topic of one partition that is the check's own, with these settings. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the cluster does not create it.
    pub async fn topic_with(&self, settings: &[(&str, &str)]) -> Verdict<Topic> {
        self.replicated(TopicReplication::Fixed(1), settings)
            .await
            .map_err(|error| NotGraded::broken("creating a topic", &error))
    }

    pub(super) async fn replicated(
        &self,
        replicas: TopicReplication<'_>,
        settings: &[(&str, &str)],
    ) -> KafkaResult<Topic> {
        let name = unique_name("topic");
        let mut topic = NewTopic::new(&name, 1, replicas);
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        self.create_topic(topic).await?;
        Ok(self.topic_of_a_check(name, 1))
    }
}

impl Topic {
    /// The brokers that are in sync with partition 0, the leader among them.
    ///
    /// # Errors
    /// Not graded, when the broker does not tell.
    pub async fn in_sync(&self) -> Verdict<Vec<i32>> {
        let topic = self.clone();
        blocking("asking who is in sync", move || {
            let client: BaseConsumer = topic.client.create()?;
            let metadata = client.fetch_metadata(Some(&topic.name), ANSWER_TIMEOUT)?;
            let mut partitions = metadata
                .topics()
                .iter()
                .flat_map(|topic| topic.partitions());
            let in_sync = partitions.next().map(|partition| partition.isr().to_vec());
            Ok(in_sync.unwrap_or_default())
        })
        .await
    }
}
