//! What librdkafka itself does with the same settings: the control of an experiment.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::producer::{
    BaseProducer, BaseRecord, DefaultProducerContext, Producer, ThreadedProducer,
};

use super::records::StoredRecord;
use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::verdict::{NotGraded, Verdict};

impl Topic {
    /// The partition that the partitioner of `config` chooses for each key, or for a record without one. It sends a record
    /// for each to this topic.
    ///
    /// # Errors
    /// Not graded, when the broker does not take them.
    pub async fn partitions_chosen_by(
        &self,
        config: &ClientConfig,
        keys: &[Option<String>],
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
                    .find(|record| record.key.as_deref() == key.as_deref().map(str::as_bytes))
                    .map(|record| record.partition)
                    .ok_or_else(|| NotGraded::broken("control", &"a record is missing"))
            })
            .collect()
    }
}

/// A producer of the check's own whose records go through the same fault: it shows whether the fault bites.
pub struct ControlProducer {
    producer: ThreadedProducer<DefaultProducerContext>,
    topic: Topic,
}

impl ControlProducer {
    /// Connects with these settings, and sends one record to be sure of it.
    ///
    /// # Errors
    /// Not graded, when the broker does not take it.
    pub async fn connect(topic: &Topic, settings: &[(&str, &str)]) -> Verdict<Self> {
        let mut config = topic.client.clone();
        for (name, value) in settings {
            config.set(*name, *value);
        }
        let (topic, name) = (topic.clone(), topic.name.clone());
        let producer = blocking("connecting a control producer", move || {
            let producer: ThreadedProducer<DefaultProducerContext> = config.create()?;
            let record: BaseRecord<'_, str, str> = BaseRecord::to(&name).payload("connected");
            producer.send(record).map_err(|(error, _)| error)?;
            producer.flush(ANSWER_TIMEOUT)?;
            Ok(producer)
        })
        .await?;
        Ok(Self { producer, topic })
    }

    /// Puts one record into its queue.
    ///
    /// # Errors
    /// Not graded, when there is no room.
    pub fn send(&self) -> Verdict {
        let record: BaseRecord<'_, str, str> = BaseRecord::to(&self.topic.name).payload("control");
        let sent = self.producer.send(record);
        sent.map_err(|(error, _)| NotGraded::broken("control producer", &error))
    }

    /// Sends one record and waits until it is delivered or given up. Returns how long that took.
    ///
    /// # Errors
    /// Not graded, when it takes longer than [`ANSWER_TIMEOUT`].
    pub async fn fate(self) -> Verdict<Duration> {
        let begun = Instant::now();
        self.send()?;
        let producer = self.producer;
        blocking("flushing a control producer", move || {
            producer.flush(ANSWER_TIMEOUT)?;
            Ok(begun.elapsed())
        })
        .await
    }

    /// Waits until its queue is empty, and counts the copies of its record in the log.
    ///
    /// # Errors
    /// Not graded, when the broker does not answer.
    pub async fn copies(self) -> Verdict<usize> {
        let producer = self.producer;
        blocking("flushing a control producer", move || {
            producer.flush(ANSWER_TIMEOUT)
        })
        .await?;
        let records = self.topic.records().await?;
        let is_control = |record: &&StoredRecord| record.value.as_deref() == Some(b"control");
        Ok(records.iter().filter(is_control).count())
    }
}

fn send_keys(config: &ClientConfig, topic: &str, keys: &[Option<String>]) -> KafkaResult<()> {
    let producer: BaseProducer = config.create()?;
    for key in keys {
        let mut record: BaseRecord<'_, str, str> = BaseRecord::to(topic).payload("control");
        record.key = key.as_deref();
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(ANSWER_TIMEOUT)
}
