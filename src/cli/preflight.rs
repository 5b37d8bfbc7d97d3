//! A look before the leap: is a broker there, and is the topic there?
//!
//! librdkafka itself never gives up on a broker, which is right for a service and puzzling for a program that prints
//! nothing for minutes. So the programs ask once, with a time limit, before they begin.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};

use super::CliError;
use crate::errors::is_transient;

/// How long a broker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// When to stop waiting for the question itself: looking up a host name has a time limit of its own, a longer one.
const GIVE_UP_AFTER: Duration = Duration::from_millis(4500);

/// Makes sure that a broker answers.
///
/// # Errors
/// [`CliError::NoBroker`] when none does within five seconds.
pub async fn broker(config: &ClientConfig) -> Result<(), CliError> {
    ask(config, None, |_metadata| Ok(())).await
}

/// Makes sure that a broker answers and knows the topic, and returns how many partitions the topic has.
///
/// # Errors
/// [`CliError::NoBroker`] when no broker answers within five seconds, [`CliError::TopicMissing`] when there is no such
/// topic.
pub async fn topic(config: &ClientConfig, topic: &str) -> Result<i32, CliError> {
    let name = topic.to_owned();
    ask(config, Some(topic), move |metadata| {
        let found = metadata.topics().iter().find(|found| found.name() == name);
        partitions(name, found)
    })
    .await
}

fn partitions(name: String, found: Option<&MetadataTopic>) -> Result<i32, CliError> {
    let Some(found) = found else {
        return Err(CliError::TopicMissing(name));
    };
    match found.error().map(RDKafkaErrorCode::from) {
        None => Ok(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX)),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
            Err(CliError::TopicMissing(name))
        }
        Some(code) => Err(CliError::Kafka {
            doing: "look up the topic",
            source: KafkaError::MetadataFetch(code),
        }),
    }
}

async fn ask<T: Send + 'static>(
    config: &ClientConfig,
    topic: Option<&str>,
    read: impl FnOnce(&Metadata) -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let address = config
        .get("bootstrap.servers")
        .unwrap_or_default()
        .to_owned();
    let (config, topic) = (config.clone(), topic.map(str::to_owned));
    let asking = tokio::task::spawn_blocking(move || {
        // A consumer, because its questions never create a topic, whatever the broker's auto.create.topics.enable says.
        let client: BaseConsumer = config.create()?;
        client.fetch_metadata(topic.as_deref(), ANSWER_TIMEOUT)
    });
    let answer = match tokio::time::timeout(GIVE_UP_AFTER, asking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_panicked)) => return Err(CliError::Panicked),
        Err(_elapsed) => return Err(CliError::NoBroker(address)),
    };
    match answer {
        Ok(metadata) => read(&metadata),
        Err(error) if is_transient(&error) => Err(CliError::NoBroker(address)),
        Err(error) => Err(CliError::kafka("ask the cluster for its topics", error)),
    }
}
