//! Who repeats what the broker has refused in passing.

use std::time::Duration;

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::probe::ControlProducer;
use testbed::{Failure, NotGraded, Verdict, judge};

use crate::phase2::support::events::{is_record_of, numbered};
use crate::phase2::support::single_event::{outcome, slow_cluster};

/// librdkafka waits no longer than this before it repeats a request.
const REPEATS_SOON: &[(&str, &str)] = &[("retry.backoff.ms", "10"), ("retry.backoff.max.ms", "20")];

/// How often the broker refuses: more often than a limit in many an example allows.
const REFUSALS: usize = 12;

/// It leaves repeating to librdkafka, which repeats what is refused in passing until `message.timeout.ms` has passed.
#[rstest]
#[testbed::test(mock)]
async fn has_a_passing_refusal_repeated() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, REPEATS_SOON).await?;
    let control =
        ControlProducer::connect(&topic, &[("retries", "0"), ("enable.idempotence", "false")])
            .await?;
    let too_few_replicas = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Produce, &[too_few_replicas; REFUSALS]);
    let event = numbered(None, 1);
    let outcome = outcome(&producer, &topic, &event).await?;

    judge(outcome.is_ok(), || {
        Failure::new(
            format!(
                "{outcome:?}, where the broker refuses {REFUSALS} times because a replica is away, and takes the record then"
            ),
            "Ok: a fraction of a second has passed, and message.timeout.ms is five minutes",
            "A refusal that passes by itself is repeated by librdkafka, unless it is told to give up after so many times: \
             retries of your own are a limit that nobody sees, and message.timeout.ms is the one that was given. With \
             idempotence a repetition makes no duplicate.",
        )
    })?;
    let records = topic.records().await?;
    judge(
        records.iter().any(|record| is_record_of(record, &event)),
        || {
            Failure::new(
                format!("{outcome:?} was returned, and the record is not in the log"),
                "Ok for a record that is in the log",
                "Whether a record is in the log is in its delivery report: what returns before that knows nothing yet.",
            )
        },
    )?;
    // What repeats nothing is delivered only if all refusals have been met.
    control.send()?;
    if control.copies().await? == 1 {
        return Ok(());
    }
    Err(NotGraded::no_fault("the fault", &"it did not take effect"))
}
