//! How long the broker waits for further members before a new group forms.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaResult;

use super::{ANSWER_TIMEOUT, Cluster};

/// The broker's configuration property.
const PROPERTY: &str = "group.initial.rebalance.delay.ms";

/// Kafka's default, for a broker that does not answer the question.
const DEFAULT: Duration = Duration::from_secs(3);

impl Cluster {
    /// The broker's `group.initial.rebalance.delay.ms`. A group without members forms no sooner, so every wait for a first
    /// record has to allow for it. A client may not be permitted to ask: then it is Kafka's default.
    pub async fn initial_rebalance_delay(&self) -> Duration {
        let told = self.ask_for_delay().await.ok().flatten();
        told.map_or(DEFAULT, Duration::from_millis)
    }

    async fn ask_for_delay(&self) -> KafkaResult<Option<u64>> {
        let admin: AdminClient<DefaultClientContext> = self.client().create()?;
        let metadata = admin.inner().fetch_metadata(None, ANSWER_TIMEOUT)?;
        let Some(broker) = metadata.brokers().first().map(|broker| broker.id()) else {
            return Ok(None);
        };
        let options = AdminOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
        let brokers = [ResourceSpecifier::Broker(broker)];
        let answers = admin.describe_configs(&brokers, &options).await?;
        let mut properties = answers
            .into_iter()
            .flatten()
            .flat_map(|broker| broker.entries);
        let property = properties.find(|property| property.name == PROPERTY);
        Ok(property.and_then(|property| property.value?.parse().ok()))
    }
}
