//! How a demonstration fails.

use std::time::Duration;

use event_log::group::{RebalanceError, WorkerError};
use rdkafka::error::KafkaError;
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use super::super::events;
use super::{Demonstration, judge_all_left};

const STEP_TIMEOUT: Duration = Duration::from_secs(4);

/// More is planned than there is: the step that waits for it takes too long.
async fn waits_in_vain(demonstration: &mut Demonstration) -> Verdict {
    demonstration.plan.step_timeout = STEP_TIMEOUT;
    demonstration.topic.seed(events(2, 3)).await?;
    let outcome = demonstration.outcome().await?;
    judge(
        matches!(outcome, Err(RebalanceError::StepTimeout { .. })),
        || {
            Failure::new(
                format!("{outcome:?}: 6 events are there, and plan.seeded says 7"),
                "Err with StepTimeout, after plan.step_timeout",
                "What is waited for may never come: plan.step_timeout bounds each wait, and Timeline::wait_until takes it.",
            )
        },
    )
}

/// A step that takes longer than `plan.step_timeout` is an error, and every worker has stopped.
#[rstest]
#[testbed::test(deadline = 40)]
async fn gives_up_after_the_step_timeout() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut demonstration = Demonstration::new(topic, 2, 7)?;
    waits_in_vain(&mut demonstration).await?;
    judge_all_left(&demonstration.timeline)
}

/// After such an error nobody is left in the group.
#[rstest]
#[testbed::test(real, deadline = 40)]
async fn leaves_an_empty_group_when_it_gives_up() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut demonstration = Demonstration::new(topic, 2, 7)?;
    demonstration.client.set("session.timeout.ms", "45000");
    waits_in_vain(&mut demonstration).await?;
    let members = demonstration.probe.members().await?;
    judge(members.is_empty(), || {
        Failure::new(
            format!("{members:?} are still members after the error"),
            "no member: every worker has left",
            "A `?` in the middle leaves the workers running. Stop them and await their tasks first, then return the error.",
        )
    })
}

/// A worker that fails is the error, with its number, and not a step that waited for it in vain.
#[rstest]
#[testbed::test(deadline = 40)]
async fn says_which_worker_failed() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut demonstration = Demonstration::new(topic, 2, 7)?;
    demonstration.plan.step_timeout = STEP_TIMEOUT;
    demonstration
        .client
        .set("heartbeat.interval.ms", "now and then");
    let outcome = demonstration.outcome().await?;
    let right = matches!(
        outcome,
        Err(RebalanceError::Worker(
            _,
            WorkerError::Kafka(KafkaError::ClientConfig(..))
        ))
    );
    judge(right, || {
        Failure::new(
            format!("{outcome:?}, while no worker can be made: a setting is wrong"),
            "Err with Worker, its number and the client's error",
            "A worker's task can end before its time, and its handle holds the reason. A timeout of the step that waits \
             for it says nothing of that.",
        )
    })
}
