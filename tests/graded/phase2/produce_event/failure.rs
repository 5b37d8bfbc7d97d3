//! What it says when a record is not delivered.

use std::time::Duration;

use event_log::delivery::{DeliveryError, DeliveryOutcome};
use event_log::event::Event;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::{Cluster, Failure, Topic, Verdict, judge};

use crate::phase2::support::events::{is_record_of, numbered};
use crate::phase2::support::producer::producer;
use crate::phase2::support::single_event::{outcome, outcome_without_an_answer, slow_cluster};
use crate::phase2::support::time_limits::{ONE_SECOND_TIMEOUT, TIMES_OUT_BEFORE_A_RETRY};
use crate::support::fault::{TRIES, fault_not_observed};

fn judge_code(outcome: &DeliveryOutcome, expected: RDKafkaErrorCode) -> Verdict {
    let code = outcome.as_ref().err().and_then(DeliveryError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!("{outcome:?}"),
            format!("Err with Kafka's code {expected:?}"),
            match outcome {
                Ok(_) => {
                    "A flush that ends, a send that is accepted or an outer Ok say nothing of this record. The delivery \
                     report does, and its error tells what to do about it: pass it on."
                }
                Err(_) => {
                    "Each failure has a code of its own, and the code tells the caller what to do about it: what is too \
                     large will not get smaller, who has no right must be given it, a slow broker may be asked later. \
                     Pass it on as it came."
                }
            },
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
    let event = numbered(None, 1);
    let outcome = outcome(&producer, &topic, &event).await?;

    let stored = copies(&topic, &event).await?;
    judge(stored == 0, || {
        Failure::new(
            format!("{stored} record of an event that the broker had refused: {outcome:?}"),
            format!("no record, and Err with Kafka's code {expected:?}"),
            "The broker refused the record, and it was sent once more. Repeating what may help to repeat is librdkafka's \
             work; what comes back to you is final, and its error code tells what to do about it.",
        )
    })?;
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
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, ONE_SECOND_TIMEOUT).await?;
    cluster.faults()?.down()?;
    let outcome = outcome_without_an_answer(&producer, &topic, &numbered(None, 1)).await?;
    judge_code(&outcome, RDKafkaErrorCode::MessageTimedOut)
}

/// One event makes one record: what timed out may be in the log all the same, and is not sent again.
#[rstest]
#[testbed::test(mock, deadline = 60)]
async fn sends_no_event_again() -> Verdict {
    for _ in 0..TRIES {
        let (cluster, topic, producer) =
            slow_cluster(Duration::ZERO, TIMES_OUT_BEFORE_A_RETRY).await?;
        // The record is in the log at once, and the answer that says so comes when the client has given up.
        let too_late = Duration::from_secs(4);
        cluster
            .faults()?
            .delay_next(RDKafkaApiKey::Produce, too_late)?;
        let event = numbered(None, 1);
        let outcome = outcome(&producer, &topic, &event).await?;

        let stored = copies(&topic, &event).await?;
        judge(stored > 0 || outcome.is_err(), || {
            Failure::new(
                format!("{outcome:?} was returned, and the record is not in the log"),
                "Ok for a record that is in the log, and an error where the answer does not come in time",
                "Whether a record is in the log is in its delivery report: what returns before that knows nothing yet.",
            )
        })?;
        judge(stored <= 1, || {
            Failure::new(
                format!(
                    "{stored} records of one event, whose answer came after message.timeout.ms"
                ),
                "one record for one event",
                "MessageTimedOut means that no answer came in time, not that the record is not there. Sending it again \
                 makes a duplicate that no idempotence can recognise: it is a new record.",
            )
        })?;
        if stored == 1 {
            return Ok(());
        }
    }
    Err(fault_not_observed("the event timed out before it was sent"))
}

async fn copies(topic: &Topic, event: &Event) -> Verdict<usize> {
    let records = topic.records().await?;
    Ok(records.iter().filter(|r| is_record_of(r, event)).count())
}
