//! What the brokers tell their clients about a topic.
//!
//! The controller answers a request when it has decided; the brokers' metadata follow, on a busy machine seconds later.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;

use super::{ANSWER_TIMEOUT, Cluster, Topic};
use crate::blocking::blocking;
use crate::poll::poll_until;
use crate::verdict::{NotGraded, NotPassed, Verdict};

impl Cluster {
    /// Waits until clients are told of every partition of the topic, and of its leader.
    pub(crate) async fn until_known(&self, topic: &Topic) -> Verdict {
        let known = poll_until(ANSWER_TIMEOUT, || async {
            Verdict::Ok(self.knows(topic).await?.then_some(()))
        });
        let late = || NotGraded::broken("a new topic", &"the broker's metadata lack it");
        known.await?.ok_or_else(late)
    }

    /// Waits until clients are no longer told of the topic.
    pub(super) async fn until_forgotten(&self, topic: &Topic) -> Verdict {
        let forgotten = poll_until(ANSWER_TIMEOUT, || async {
            Verdict::Ok((!self.lists(topic).await?).then_some(()))
        });
        let late = || NotGraded::broken("a deleted topic", &"the broker's metadata still have it");
        forgotten.await?.ok_or_else(late)
    }

    async fn knows(&self, topic: &Topic) -> Verdict<bool> {
        let (admin, topic) = (
            self.admin().map_err(|error| no_client(&error))?,
            topic.clone(),
        );
        blocking("asking for a topic", move || {
            let admin = admin.inner();
            let metadata = admin.fetch_metadata(Some(&topic.name), ANSWER_TIMEOUT)?;
            let with_leader = metadata.topics().first().map(partitions_with_leader);
            Ok(with_leader == usize::try_from(topic.partitions).ok())
        })
        .await
    }

    /// It asks for all topics: a broker may create the one that is asked for by name.
    async fn lists(&self, topic: &Topic) -> Verdict<bool> {
        let (admin, topic) = (
            self.admin().map_err(|error| no_client(&error))?,
            topic.name.clone(),
        );
        blocking("asking for all topics", move || {
            let metadata = admin.inner().fetch_metadata(None, ANSWER_TIMEOUT)?;
            Ok(metadata.topics().iter().any(|each| each.name() == topic))
        })
        .await
    }

    /// The id of the cluster.
    ///
    /// # Errors
    /// Not graded, when no broker tells it.
    pub(crate) async fn id(&self) -> Verdict<String> {
        let admin = self.admin().map_err(|error| no_client(&error))?;
        let id = blocking("asking for the cluster's id", move || {
            Ok(admin.inner().fetch_cluster_id(ANSWER_TIMEOUT))
        });
        let none = || NotGraded::broken("asking for the cluster's id", &"no answer");
        id.await?.ok_or_else(none)
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

fn no_client(error: &KafkaError) -> NotPassed {
    NotGraded::broken("an admin client", error)
}

fn partitions_with_leader(topic: &MetadataTopic) -> usize {
    let partitions = topic.partitions().iter();
    partitions
        .filter(|partition| partition.error().is_none() && partition.leader() >= 0)
        .count()
}
