//! A topic that is deleted while somebody uses it.

use std::time::Instant;

use rdkafka::admin::AdminOptions;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{ANSWER_TIMEOUT, Cluster, LOOK_AGAIN, Topic};
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
        self.until_forgotten(topic).await
    }

    /// The controller has deleted the topic; a broker that is busy goes on to tell of it, for seconds.
    async fn until_forgotten(&self, topic: &str) -> KafkaResult<()> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        while self.lists_topic(topic)? {
            if Instant::now() >= deadline {
                return Err(KafkaError::AdminOp(RDKafkaErrorCode::RequestTimedOut));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// It asks for all topics: asking for one by name may create it.
    fn lists_topic(&self, name: &str) -> KafkaResult<bool> {
        let admin = self.admin()?.inner();
        let metadata = admin.fetch_metadata(None, ANSWER_TIMEOUT)?;
        Ok(metadata.topics().iter().any(|topic| topic.name() == name))
    }
}
