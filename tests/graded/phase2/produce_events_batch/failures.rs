//! Records that are not delivered.

use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::{Cluster, Failure, Verdict, judge};

use super::{code, judge_outcomes, report, slow_cluster};
use crate::phase2::{numbered_events, producer};

/// One failure hides no other event: all are sent, all are reported.
#[rstest]
#[testbed::test]
async fn one_failure_hides_no_other() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut config = topic.client.clone();
    config.set("message.max.bytes", "2000");
    let mut events = numbered_events(&["a", "b", "c"], 10);
    events[4].payload = json!("x".repeat(5000));
    let report = report(&producer(&config)?, &topic, &events).await?;

    judge_outcomes(&events, &report, &topic.records().await?)?;
    let codes: Vec<Option<RDKafkaErrorCode>> = report.outcomes.iter().map(code).collect();
    let mut expected = vec![None; 10];
    expected[4] = Some(RDKafkaErrorCode::MessageSizeTooLarge);
    judge(codes == expected, || {
        Failure::new(
            format!("error codes {codes:?}"),
            "MessageSizeTooLarge for event 4 and no other",
            "Each record has its own fate. Stopping at the first failure leaves the rest unsent or unreported.",
        )
    })
}

/// What the broker refuses is reported as failed, with its code; what it took, as delivered.
#[rstest]
#[testbed::test(mock)]
async fn reports_what_the_broker_refused() -> Verdict {
    let settings = [("linger.ms", "50")];
    let (cluster, topic, producer) = slow_cluster(3, Duration::ZERO, &settings).await?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::Produce, &[refusal]);
    let events = numbered_events(&["a", "b", "c", "d", "e", "f"], 24);
    let report = report(&producer, &topic, &events).await?;

    judge_outcomes(&events, &report, &topic.records().await?)?;
    let refused = Some(RDKafkaErrorCode::TopicAuthorizationFailed);
    let with_code = report
        .outcomes
        .iter()
        .filter(|o| code(o) == refused)
        .count();
    let counted = report.delivered + report.failed;
    judge(
        with_code > 0 && with_code == report.failed && counted == 24,
        || {
            Failure::new(
                format!(
                    "{with_code} outcomes with {refused:?}, failed = {}, delivered = {}",
                    report.failed, report.delivered
                ),
                "the events of the refused request as failed, all others as delivered, 24 together",
                "A flush that returns Ok says that the queue is empty, not that the broker took what was in it.",
            )
        },
    )
}

/// When no broker answers, every event is reported as timed out.
#[rstest]
#[testbed::test(mock)]
async fn reports_every_event_when_no_broker_answers() -> Verdict {
    let settings = [("message.timeout.ms", "1000")];
    let (cluster, topic, producer) = slow_cluster(2, Duration::ZERO, &settings).await?;
    cluster.faults()?.down();
    let report = report(&producer, &topic, &numbered_events(&["a", "b"], 8)).await?;

    let timed_out = Some(RDKafkaErrorCode::MessageTimedOut);
    judge(
        report.outcomes.iter().all(|o| code(o) == timed_out) && report.failed == 8,
        || {
            Failure::new(
                format!("failed = {}, outcomes {:?}", report.failed, report.outcomes),
                "8 failed, each with MessageTimedOut",
                "Each record waits for message.timeout.ms and is then reported. A flush that gives up earlier, and goes \
             unnoticed, leaves the records without an outcome.",
            )
        },
    )
}
