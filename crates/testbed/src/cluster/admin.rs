//! What an administrator asks of a cluster: to create topics, delete them, and change them.

use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_TIMEOUT, Cluster, Kind, Topic};
use crate::context::unique_name;
use crate::verdict::{NotGraded, Verdict};

impl Cluster {
    /// Creates a topic that is the check's own.
    ///
    /// # Errors
    /// Not graded, when the cluster does not create it.
    pub async fn topic(&self, partitions: i32) -> Verdict<Topic> {
        let Kind::Mock(mock) = &self.kind else {
            return self.create(partitions, &[]).await;
        };
        let name = unique_name("topic");
        mock.create_topic(&name, partitions)
            .map_err(|error| NotGraded::broken("creating a topic", &error))?;
        Ok(self.named_topic(name, partitions))
    }

    /// Creates a topic of one partition that is the check's own, with these settings. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the cluster does not create it.
    pub async fn topic_with(&self, settings: &[(&str, &str)]) -> Verdict<Topic> {
        self.create(1, settings).await
    }

    async fn create(&self, partitions: i32, settings: &[(&str, &str)]) -> Verdict<Topic> {
        let topic = self
            .request_topic(partitions, TopicReplication::Fixed(1), settings)
            .await
            .map_err(|error| NotGraded::broken("creating a topic", &error))?;
        self.until_known(&topic).await?;
        Ok(topic)
    }

    /// Asks the controller for a topic. The brokers may know of it only a moment later.
    pub(crate) async fn request_topic(
        &self,
        partitions: i32,
        replicas: TopicReplication<'_>,
        settings: &[(&str, &str)],
    ) -> KafkaResult<Topic> {
        let name = unique_name("topic");
        self.request_topic_named(&name, partitions, replicas, settings)
            .await?;
        Ok(self.named_topic(name, partitions))
    }

    async fn request_topic_named(
        &self,
        name: &str,
        partitions: i32,
        replicas: TopicReplication<'_>,
        settings: &[(&str, &str)],
    ) -> KafkaResult<()> {
        let mut topic = NewTopic::new(name, partitions, replicas)
            // The timestamp of a record is that of its event, which may be years ago. A broker deletes what is older than its
            // retention, and looks every five minutes: it would delete the records of a check that is still running.
            .set("retention.ms", "-1");
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        let results = self.admin()?.create_topics([&topic], &options()).await?;
        first_result(results)
    }

    /// Deletes the topic. When it returns, the broker answers each client that there is no such topic. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn delete(&self, topic: &Topic) -> Verdict {
        self.delete_topic(&topic.name)
            .await
            .map_err(|error| NotGraded::broken("deleting a topic", &error))?;
        self.until_forgotten(topic).await
    }

    /// Creates a topic that was deleted once more. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn create_again(&self, topic: &Topic) -> Verdict {
        let replicas = TopicReplication::Fixed(1);
        self.request_topic_named(&topic.name, topic.partitions, replicas, &[])
            .await
            .map_err(|error| NotGraded::broken("creating a topic again", &error))?;
        self.until_known(topic).await
    }

    async fn delete_topic(&self, topic: &str) -> KafkaResult<()> {
        let results = self.admin()?.delete_topics(&[topic], &options()).await?;
        first_result(results)
    }

    /// Gives the topic more partitions, `partitions` in all. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn grow(&self, topic: &Topic, partitions: i32) -> Verdict<Topic> {
        self.create_partitions(&topic.name, partitions)
            .await
            .map_err(|error| NotGraded::broken("adding partitions", &error))?;
        let grown = Topic {
            partitions,
            ..topic.clone()
        };
        self.until_known(&grown).await?;
        Ok(grown)
    }

    async fn create_partitions(&self, topic: &str, partitions: i32) -> KafkaResult<()> {
        let wanted = usize::try_from(partitions).unwrap_or_default();
        let results = self
            .admin()?
            .create_partitions([&NewPartitions::new(topic, wanted)], &options())
            .await?;
        first_result(results)
    }

    /// Deletes the records of a partition before this offset with `DeleteRecords`, as retention would at some moment. Needs a
    /// real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn delete_before(&self, topic: &Topic, partition: i32, offset: i64) -> Verdict {
        let deleted = self.delete_records(&topic.name, partition, offset).await;
        deleted.map_err(|error| NotGraded::broken("deleting records", &error))
    }

    async fn delete_records(&self, topic: &str, partition: i32, offset: i64) -> KafkaResult<()> {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        let deleted = self.admin()?.delete_records(&before, &options()).await?;
        for partition in deleted.elements() {
            partition.error()?;
        }
        Ok(())
    }

    fn named_topic(&self, name: String, partitions: i32) -> Topic {
        Topic {
            name,
            partitions,
            client: self.client(),
            // The mock cluster makes everybody wait for the session timeout at a rebalance.
            session_timeout_ms: if self.is_real() { "6000" } else { "1500" },
        }
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .operation_timeout(Some(ANSWER_TIMEOUT))
        .request_timeout(Some(ANSWER_TIMEOUT))
}

/// The result for the only topic of a request.
fn first_result(results: Vec<Result<String, (String, RDKafkaErrorCode)>>) -> KafkaResult<()> {
    match results.into_iter().next() {
        Some(Err((_topic, code))) => Err(KafkaError::AdminOp(code)),
        _ => Ok(()),
    }
}
