//! The learner's producer.

use event_log::phase2_producer::{EventProducer, create_producer};
use rdkafka::ClientConfig;
use testbed::{Cluster, Failure, Topic, Verdict};

/// The learner's producer.
pub fn producer(config: &ClientConfig) -> Verdict<EventProducer> {
    create_producer(config).map_err(|error| {
        Failure::new(
            format!("`create_producer` failed: {error}"),
            "a producer with the settings given to it and your own",
            "librdkafka checks names and values of settings when the client is made.",
        )
        .into()
    })
}

/// A mock cluster of the check's own, a topic on it, and the learner's producer with these settings.
pub async fn mock_cluster(
    partitions: i32,
    settings: &[(&str, &str)],
) -> Verdict<(Cluster, Topic, EventProducer)> {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(partitions).await?;
    let mut config = topic.client.clone();
    for (name, value) in settings {
        config.set(*name, *value);
    }
    let producer = producer(&config)?;
    Ok((cluster, topic, producer))
}
