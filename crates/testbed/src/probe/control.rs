//! What librdkafka itself does with the same settings: the control of an experiment.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::verdict::{NotGraded, Verdict};

impl Topic {
    /// The partition that the partitioner of `config` chooses for each key. It sends a record for each to this topic.
    ///
    /// # Errors
    /// Not graded, when the broker does not take them.
    pub async fn partitions_chosen_by(
        &self,
        config: &ClientConfig,
        keys: &[String],
    ) -> Verdict<Vec<i32>> {
        let (topic, config, wanted) = (self.name.clone(), config.clone(), keys.to_vec());
        blocking("sending a control record", move || {
            send_keys(&config, &topic, &wanted)
        })
        .await?;
        let records = self.records().await?;
        keys.iter()
            .map(|key| {
                records
                    .iter()
                    .find(|record| record.key.as_deref() == Some(key.as_bytes()))
                    .map(|record| record.partition)
                    .ok_or_else(|| NotGraded::broken("control", &"a record is missing"))
            })
            .collect()
    }
}

fn send_keys(config: &ClientConfig, topic: &str, keys: &[String]) -> KafkaResult<()> {
    let producer: BaseProducer = config.create()?;
    for key in keys {
        let record: BaseRecord<'_, str, str> =
            BaseRecord::to(topic).key(key.as_str()).payload("control");
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(ANSWER_TIMEOUT)
}
