//! A topic that is deleted while somebody uses it.

use rdkafka::admin::AdminOptions;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{ANSWER_TIMEOUT, Cluster, Topic, asking};
use crate::verdict::{NotGraded, Verdict};

impl Cluster {
    /// Deletes the topic. When it returns, whoever asks the broker for the topic hears that there is none. Needs a real
    /// broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not do it.
    pub async fn delete(&self, topic: &Topic) -> Verdict {
        let deleted = self.delete_topic(&topic.name).await;
        deleted.map_err(|error| NotGraded::broken("deleting a topic", &error))
    }

    async fn delete_topic(&self, topic: &str) -> KafkaResult<()> {
        let options = AdminOptions::new()
            .operation_timeout(Some(ANSWER_TIMEOUT))
            .request_timeout(Some(ANSWER_TIMEOUT));
        let results = self.admin()?.delete_topics(&[topic], &options).await?;
        if let Some(Err((_, code))) = results.into_iter().next() {
            return Err(KafkaError::AdminOp(code));
        }
        let is_forgotten = || self.lists_topic(topic).map(|listed| !listed);
        asking::until(is_forgotten, RDKafkaErrorCode::RequestTimedOut).await
    }

    /// It asks for all topics: asking for one by name may create it.
    fn lists_topic(&self, name: &str) -> KafkaResult<bool> {
        let admin = self.admin()?.inner();
        let metadata = admin.fetch_metadata(None, ANSWER_TIMEOUT)?;
        Ok(metadata.topics().iter().any(|topic| topic.name() == name))
    }
}
