//! The settings of brokers and topics that the documents name exist on the broker of the run.
//!
//! It is a check like the graded ones: the broker is chosen as for them, given back at the end, and without a real one
//! the check is named as not graded.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, KafkaResult};
use testbed::cluster::ANSWER_TIMEOUT;
use testbed::harness::Course;
use testbed::{Cluster, Failure, NotGraded, Verdict, judge};

/// The settings, one a line, behind a comment.
const SETTINGS_FILE: &str = "docs/broker-settings.txt";

/// The broker or a topic has each setting of the list.
#[testbed::test(real)]
async fn every_setting_of_the_list_exists() -> Verdict {
    let cluster = Cluster::shared()?;
    let topic = cluster.topic(1).await?;
    let admin: AdminClient<DefaultClientContext> = cluster
        .client()
        .create()
        .map_err(|error| NotGraded::broken("a client of the broker", &error))?;

    let brokers = topic.in_sync().await?;
    let broker = brokers.first().copied().unwrap_or_default();

    let there = settings(&admin, broker, &topic.name)
        .await
        .map_err(|error| NotGraded::broken("asking for the broker's settings", &error))?;
    let listed = listed().map_err(|error| NotGraded::broken(SETTINGS_FILE, &error))?;

    let unknown: Vec<&String> = listed.difference(&there).collect();
    judge(!listed.is_empty() && unknown.is_empty(), || {
        Failure::new(
            format!("{} settings listed, unknown: {unknown:?}", listed.len()),
            format!("each to be one of the {} of broker and topic", there.len()),
            "A setting of another program, another version, or a misspelt one.",
        )
    })
}

/// The names of all that the broker and the topic can be told.
async fn settings(
    admin: &AdminClient<DefaultClientContext>,
    broker: i32,
    topic: &str,
) -> KafkaResult<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    // One request for each: a broker answers for itself alone.
    for asked in [
        ResourceSpecifier::Broker(broker),
        ResourceSpecifier::Topic(topic),
    ] {
        let options = AdminOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
        for answer in admin.describe_configs([&asked], &options).await? {
            let answer = answer.map_err(KafkaError::AdminOp)?;
            names.extend(answer.entries.into_iter().map(|entry| entry.name));
        }
    }
    Ok(names)
}

fn listed() -> std::io::Result<BTreeSet<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(SETTINGS_FILE);
    let text = std::fs::read_to_string(file)?;
    // What follows the name says that a client has a setting of that name too.
    let names = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

fn main() -> ExitCode {
    testbed::harness::main(&Course::without_exercises(|_check| {
        SETTINGS_FILE.to_owned()
    }))
}
