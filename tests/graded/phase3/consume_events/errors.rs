//! Kafka's errors: those that pass, and those that do not.

use std::time::Duration;

use event_log::consuming::{ConsumeError, EndReason};
use event_log::errors::is_transient;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::{Cluster, Failure, NotGraded, Topic, Verdict, judge};

use crate::phase3::support::concepts::NOTHING_COMES;
use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::judge_committed;
use crate::phase3::support::options::{long_idle_timeout, stop_after, stop_when_idle};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::{ConsumeOutcome, Run, report_of};

/// A consumer of the check's own, which shows that the fault reaches consumers.
struct Control(StreamConsumer);

impl Control {
    fn new(topic: &Topic) -> Verdict<Self> {
        let control: StreamConsumer = only_member(topic, &topic.new_group())
            .set("auto.offset.reset", "earliest")
            .create()
            .map_err(|error| NotGraded::broken("control", &error))?;
        control
            .subscribe(&[&topic.name])
            .map_err(|error| NotGraded::broken("control", &error))?;
        Ok(Self(control))
    }

    /// Waits until it gets an error that passes.
    async fn meets_a_passing_error(&self) -> Verdict {
        let meets = async {
            loop {
                match self.0.recv().await {
                    Err(error) if is_transient(&error) => return,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(long_idle_timeout(), meets)
            .await
            .map_err(|_elapsed| NotGraded::broken("control", &"no error while the broker was away"))
    }
}

/// A broker that is away for a while ends nothing: what comes after it is back is handed over.
#[rstest]
#[testbed::test(mock)]
async fn lives_through_a_broker_that_goes_away() -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let control = Control::new(&topic)?;
    let mut run = Run::start(&consumer, &stop_after(5), handed.handler());

    let concept = "librdkafka reconnects by itself and says so as an error from poll or recv. Where is_transient holds, the \
                   loop has nothing to do but go on; a `?` or an unwrap there turns a hiccup into an outage.";
    run.hands_over(&handed, 3, concept).await?;
    cluster.faults()?.down()?;
    control.meets_a_passing_error().await?;
    run.goes_on_for(Duration::from_millis(300), &handed, concept)
        .await?;
    cluster.faults()?.up()?;
    topic.seed(numbered(repeat(2, 0))).await?;
    run.hands_over(&handed, 5, concept).await?;
    run.report().await?;
    tokio::task::spawn_blocking(|| drop(control));
    Ok(())
}

const PASSING: &str = "is_transient knows more errors than a lost connection: brokers that are slow, that move or that are not \
                       ready yet, and a group that rebalances. A list of your own forgets some: ask is_transient.";

/// What passes by itself ends nothing, whatever it is: what comes after it is handed over.
#[rstest]
#[case::slow_broker(RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)]
#[case::lost_on_the_way(RDKafkaRespErr::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION)]
#[case::moving_coordinator(RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)]
#[case::rebalance(RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)]
#[testbed::test(mock)]
async fn lives_through_whatever_passes(#[case] refusal: RDKafkaRespErr) -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    let handed = Handed::default();
    let options = stop_when_idle(Duration::from_secs(30));
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let control = Control::new(&topic)?;
    let mut run = Run::start(&consumer, &options, handed.handler());
    run.hands_over(&handed, 3, NOTHING_COMES).await?;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Fetch, &[refusal; 100]);
    control.meets_a_passing_error().await?;
    // Each consumer is told about once a second.
    run.goes_on_for(Duration::from_millis(1500), &handed, PASSING)
        .await?;
    faults.fail_no_more(RDKafkaApiKey::Fetch);
    topic.seed(numbered(repeat(2, 0))).await?;
    run.hands_over(&handed, 5, PASSING).await?;
    options.stop.cancel();
    report_of(run.end().await?)?;
    tokio::task::spawn_blocking(|| drop(control));
    Ok(())
}

/// Errors are no records: a consumer that is told of one after the other, and gets no record, is idle.
#[rstest]
#[testbed::test(mock)]
async fn is_idle_while_only_errors_come() -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Fetch, &[refusal; 200]);
    let control = Control::new(&topic)?;
    control.meets_a_passing_error().await?;
    let handed = Handed::default();
    // Longer than the second or so from one error to the next.
    let options = stop_when_idle(Duration::from_millis(2500));
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let run = Run::start(&consumer, &options, handed.handler());
    let concept = "The idle time-out is the time since the last record, and an error is none: one that passes is lived \
                   through, and does not begin the time anew. A broker that is away for good would keep such a consumer \
                   waiting for ever.";
    let report = report_of(run.end_or(concept).await?)?;
    control.meets_a_passing_error().await?;
    tokio::task::spawn_blocking(|| drop(control));
    judge(report.ended == EndReason::Idle, || {
        Failure::new(format!("{report:?}"), "ended: Idle", concept)
    })
}

fn judge_code(outcome: &ConsumeOutcome, expected: RDKafkaErrorCode) -> Verdict {
    let code = outcome.as_ref().err().and_then(ConsumeError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!("{outcome:?}"),
            format!("Err with Kafka's code {expected:?}"),
            "An error for which is_transient does not hold will be there for ever. A loop that goes on looks alive and does \
             nothing: end it, and pass the error on as it is.",
        )
    })
}

/// A right that is missing ends it with Kafka's code, wherever the broker asks for it.
#[rstest]
#[case::to_find_the_coordinator(
    RDKafkaApiKey::FindCoordinator,
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::GroupAuthorizationFailed
)]
#[case::to_join_the_group(
    RDKafkaApiKey::JoinGroup,
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::GroupAuthorizationFailed
)]
#[case::to_read_the_topic(
    RDKafkaApiKey::Fetch,
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::TopicAuthorizationFailed
)]
#[testbed::test(mock)]
async fn ends_with_the_code_of_a_missing_right(
    #[case] request: RDKafkaApiKey,
    #[case] refusal: RDKafkaRespErr,
    #[case] expected: RDKafkaErrorCode,
) -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    cluster.faults()?.fail_next(request, &[refusal; 100]);
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let outcome = Run::start(&consumer, &stop_after(3), handed.handler())
        .end()
        .await?;
    judge_code(&outcome, expected)
}

/// A topic that is not there ends it with Kafka's code.
#[rstest]
#[testbed::test(real)]
async fn ends_with_the_code_of_a_missing_topic() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let handed = Handed::default();
    let missing = format!("{}-missing", topic.name);
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &missing)?;
    let outcome = Run::start(&consumer, &stop_after(1), handed.handler())
        .end()
        .await?;
    judge_code(&outcome, RDKafkaErrorCode::UnknownTopicOrPartition)
}

/// What was processed before a permanent error is committed before it returns with it.
#[rstest]
#[testbed::test(mock)]
async fn commits_before_it_ends_with_an_error() -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    // The last three wait in the consumer behind the one in work: what is due by the clock then is due before them.
    topic.seed(numbered(repeat(6, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let (handler, gate) = handed.handler_held_after(2);
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let mut run = Run::start(&consumer, &stop_when_idle(long_idle_timeout()), handler);
    run.hands_over(&handed, 3, NOTHING_COMES).await?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::Fetch, &[refusal; 100]);
    // Two rounds of fetching: the error waits in the consumer when the handler is done, and no pause comes before it.
    run.goes_on_for(Duration::from_secs(1), &handed, FINISHES_FIRST)
        .await?;
    gate.open();
    let outcome = run.end().await?;
    cluster.faults()?.fail_no_more(RDKafkaApiKey::Fetch);
    judge_code(&outcome, RDKafkaErrorCode::TopicAuthorizationFailed)?;
    // A consumer that is closed may commit in its rebalance callback, which is after the return.
    judge_committed(&topic, &group, &handed.accepted()).await?;
    close(consumer).await
}

const FINISHES_FIRST: &str = "An event in work is finished first, whatever comes meanwhile: a handler cannot be called back.";
