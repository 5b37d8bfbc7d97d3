//! A second broker, and topics that both brokers keep.

use std::time::Duration;

use rdkafka::admin::TopicReplication;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use crate::broker::{background, second};
use crate::cluster::{Cluster, Topic};
use crate::poll::poll_until;
use crate::verdict::{NotGraded, Verdict};

/// A Java process may take this long to start on a machine that is busy.
const START_TIMEOUT: Duration = Duration::from_secs(45);

/// A second broker. When it is dropped, it is stopped, and the drop blocks until that is done: the process may end next.
#[derive(Debug)]
pub struct SecondBroker {
    container: Option<String>,
}

impl Cluster {
    /// Starts a second broker. It has no partition yet.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub async fn second_broker(&self) -> Verdict<SecondBroker> {
        let container = self.container()?.to_owned();
        let id = self.id().await?;
        // The topic of committed offsets is created at the first request for it, and would be placed on either.
        let first = self.topic(1).await?;
        first.group_probe(&first.new_group())?.committed().await?;

        let guard = SecondBroker {
            container: Some(container.clone()),
        };
        let address = self.bootstrap_servers().to_owned();
        let started =
            background::spawn(async move { second::start(container, &id, &address).await });
        background::joined("starting the second broker", started).await?;
        Ok(guard)
    }
}

impl SecondBroker {
    /// Creates a topic of one partition with these settings, which is kept on both brokers and led by the first. Waits until
    /// both are in sync.
    ///
    /// # Errors
    /// Not graded, when the second broker does not come up.
    pub async fn topic(&self, cluster: &Cluster, settings: &[(&str, &str)]) -> Verdict<Topic> {
        let topic = poll_until(START_TIMEOUT, || replicated(cluster, settings)).await?;
        let never = || NotGraded::broken("a topic on two brokers", &"no second broker came up");
        let topic = topic.ok_or_else(never)?;
        cluster.until_known(&topic).await?;
        until_in_sync(&topic, &[1, 2]).await?;
        Ok(topic)
    }

    /// Shuts it down and waits until the topics have noticed.
    ///
    /// # Errors
    /// Not graded, when it cannot be ended.
    pub async fn stop(mut self, topics: &[&Topic]) -> Verdict {
        if let Some(container) = self.container.take() {
            let stopped = background::spawn(second::stop(container));
            background::joined("stopping the second broker", stopped).await?;
        }
        for topic in topics {
            until_in_sync(topic, &[1]).await?;
        }
        Ok(())
    }
}

impl Drop for SecondBroker {
    fn drop(&mut self) {
        if let Some(container) = self.container.take() {
            // A failure is not lost: `Session::restore` stops it again.
            drop(background::block_anywhere(second::stop(container)));
        }
    }
}

/// `None`: the second broker is not registered yet, or its start keeps the machine so busy that the first does not answer.
async fn replicated(cluster: &Cluster, settings: &[(&str, &str)]) -> Verdict<Option<Topic>> {
    let replicas = TopicReplication::Variable(&[&[1, 2]]);
    match cluster.request_topic(1, replicas, settings).await {
        Ok(topic) => Ok(Some(topic)),
        Err(KafkaError::AdminOp(
            RDKafkaErrorCode::InvalidReplicaAssignment | RDKafkaErrorCode::OperationTimedOut,
        )) => Ok(None),
        Err(error) => Err(NotGraded::broken("a topic on two brokers", &error)),
    }
}

async fn until_in_sync(topic: &Topic, brokers: &[i32]) -> Verdict {
    let is_so = poll_until(START_TIMEOUT, || async {
        let mut in_sync = topic.in_sync().await?;
        in_sync.sort_unstable();
        Verdict::Ok((in_sync == brokers).then_some(()))
    });
    let late = || {
        let seen = format!("not {brokers:?} after {START_TIMEOUT:?}");
        NotGraded::broken("waiting for brokers in sync", &seen)
    };
    is_so.await?.ok_or_else(late)
}
