//! Deleting records from the beginning of a partition, as retention does, at a moment of the check's choice.

use rdkafka::admin::AdminOptions;
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use super::{ANSWER_TIMEOUT, Cluster, Topic};
use crate::verdict::{NotGraded, Verdict};

impl Cluster {
    /// Deletes the records of a partition before this offset, with `DeleteRecords`. Needs a real broker.
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
        let options = AdminOptions::new()
            .operation_timeout(Some(ANSWER_TIMEOUT))
            .request_timeout(Some(ANSWER_TIMEOUT));
        let deleted = self.admin()?.delete_records(&before, &options).await?;
        for partition in deleted.elements() {
            partition.error()?;
        }
        Ok(())
    }
}
