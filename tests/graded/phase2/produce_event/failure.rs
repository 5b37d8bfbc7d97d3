//! What it says when a record is not delivered.

use std::time::Duration;

use event_log::delivery::{DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::{Cluster, Failure, Verdict, judge};

use super::{outcome, slow_cluster};
use crate::phase2::{numbered, producer};

fn judge_code(outcome: &DeliveryOutcome, expected: RDKafkaErrorCode) -> Verdict {
    let code = outcome.as_ref().err().and_then(DeliveryError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!("{outcome:?}"),
            format!("Err with Kafka's code {expected:?}"),
            "A flush that ends, a send that is accepted or an outer Ok say nothing of this record. The delivery report \
             does, and its error code tells what to do about it: pass it on.",
        )
    })
}

/// A record that the broker refuses is an error with the broker's code.
#[rstest]
#[case::no_right(
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::TopicAuthorizationFailed
)]
#[case::bad_record(
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RDKafkaErrorCode::InvalidRecord
)]
#[testbed::test(mock)]
async fn keeps_the_code_of_a_refusal(
    #[case] refusal: RDKafkaRespErr,
    #[case] expected: RDKafkaErrorCode,
) -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &[]).await?;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Produce, &[refusal]);
    let outcome = outcome(&producer, &topic, &numbered(None, 1)).await?;
    judge_code(&outcome, expected)
}

/// A record that the client itself refuses, here for its size, is an error with the client's code.
#[rstest]
#[testbed::test]
async fn keeps_the_code_of_a_record_too_large() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let mut config = topic.client.clone();
    config.set("message.max.bytes", "2000");
    let event = Event {
        payload: json!("x".repeat(5000)),
        ..numbered(None, 1)
    };
    let outcome = outcome(&producer(&config)?, &topic, &event).await?;
    judge_code(&outcome, RDKafkaErrorCode::MessageSizeTooLarge)
}

/// When no broker answers within `message.timeout.ms`, the code says so.
#[rstest]
#[testbed::test(mock)]
async fn keeps_the_code_of_a_timeout() -> Verdict {
    let settings = [("message.timeout.ms", "1000")];
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &settings).await?;
    cluster.faults()?.down();
    let outcome = outcome(&producer, &topic, &numbered(None, 1)).await?;
    judge_code(&outcome, RDKafkaErrorCode::MessageTimedOut)
}
