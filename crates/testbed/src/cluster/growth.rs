//! A topic that gets more partitions.

use rdkafka::admin::{AdminOptions, NewPartitions};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{ANSWER_TIMEOUT, Cluster, Topic, asking};
use crate::verdict::{NotGraded, Verdict};

impl Cluster {
    /// Gives the topic more partitions, `partitions` in all. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn grow(&self, topic: &Topic, partitions: i32) -> Verdict<Topic> {
        let grown = self.create_partitions(&topic.name, partitions).await;
        grown.map_err(|error| NotGraded::broken("adding partitions", &error))?;
        Ok(Topic {
            partitions,
            ..topic.clone()
        })
    }

    async fn create_partitions(&self, topic: &str, partitions: i32) -> KafkaResult<()> {
        let options = AdminOptions::new()
            .operation_timeout(Some(ANSWER_TIMEOUT))
            .request_timeout(Some(ANSWER_TIMEOUT));
        let wanted = usize::try_from(partitions).unwrap_or_default();
        let results = self
            .admin()?
            .create_partitions([&NewPartitions::new(topic, wanted)], &options)
            .await?;
        if let Some(Err((_, code))) = results.into_iter().next() {
            return Err(KafkaError::AdminOp(code));
        }
        self.until_known(topic, partitions).await
    }

    /// The controller has created partitions; that the brokers know it takes a moment, in which a client would be told that
    /// there are none.
    pub(super) async fn until_known(&self, topic: &str, partitions: i32) -> KafkaResult<()> {
        let is_known = || self.knows_topic(topic, partitions);
        asking::until(is_known, RDKafkaErrorCode::LeaderNotAvailable).await
    }
}
