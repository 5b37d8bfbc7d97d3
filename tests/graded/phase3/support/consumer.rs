//! The learner's consumer.

use std::sync::Arc;

use event_log::phase3_consumer::{EventConsumer, create_consumer};
use rdkafka::ClientConfig;
use testbed::{Failure, OwnThread, Topic, Verdict, within};

use super::options::limit;

const CLOSING_BLOCKS: &str = "Closing a consumer revokes its partitions, and waits until the rebalance callback has returned: \
                              a callback that blocks keeps the consumer in its group.";

/// The learner's consumer, subscribed to the topic.
pub fn consumer(config: &ClientConfig, topic: &str) -> Verdict<Arc<EventConsumer>> {
    create_consumer(config, topic)
        .map(Arc::new)
        .map_err(|error| {
            Failure::new(
                format!("`create_consumer` failed: {error}"),
                "a consumer with the settings given to it and your own",
                "librdkafka checks names and values of settings when the client is made.",
            )
            .into()
        })
}

/// Settings for a member of a group that nobody joins later. [`Topic::member`]'s are for groups that change hands: on the
/// mock cluster they take a member for dead soon, and a busy machine may stand still for that long.
pub fn only_member(topic: &Topic, group: &str) -> ClientConfig {
    let mut config = topic.member(group);
    config.set("session.timeout.ms", "6000");
    config
}

/// Lets the consumer leave its group. Dropping a consumer blocks while it leaves.
pub async fn close(consumer: Arc<EventConsumer>) -> Verdict {
    let leaving = OwnThread::start(|| async { drop(consumer) });
    within(
        limit(),
        "the consumer to leave its group",
        CLOSING_BLOCKS,
        { leaving }.join(),
    )
    .await
}
