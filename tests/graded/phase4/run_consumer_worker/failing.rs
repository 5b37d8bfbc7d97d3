//! Errors that pass by themselves, and errors that do not.

use std::time::Duration;

use event_log::group::WorkerError;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::{Cluster, Failure, NotGraded, Topic, Verdict, judge};

use super::super::events;
use super::super::team::{Ended, LIMIT, Team, no_work};

fn judge_code(ended: &Ended, expected: RDKafkaErrorCode) -> Verdict {
    let code = ended.as_ref().err().and_then(WorkerError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!("{ended:?}"),
            format!("Err with Kafka's code {expected:?}"),
            "librdkafka tells of its troubles as errors from poll. Those that never pass (is_passing says which) are the \
             worker's result: somebody has to see to them.",
        )
    })
}

/// An error that does not pass ends it, with Kafka's code.
#[rstest]
#[testbed::test(mock)]
async fn fails_with_kafkas_code() -> Verdict {
    let cluster = Cluster::mock()?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    let faults = cluster.faults()?;
    let mut team = Team::new(cluster.topic(1).await?)?;
    faults.fail_next(RDKafkaApiKey::FindCoordinator, &[refusal; 200]);
    team.start(1);
    judge_code(
        &team.ended(1).await?,
        RDKafkaErrorCode::GroupAuthorizationFailed,
    )
}

/// A topic that does not exist is such an error, and it has left the group then.
#[rstest]
#[testbed::test(real)]
async fn has_left_the_group_when_it_fails() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.client.set("session.timeout.ms", "45000");
    let nowhere = format!("{}.nowhere", team.topic.name);
    team.start_on(1, nowhere, no_work());
    judge_code(
        &team.ended(1).await?,
        RDKafkaErrorCode::UnknownTopicOrPartition,
    )?;
    let members = team.probe.members().await?;
    judge(members.is_empty(), || {
        Failure::new(
            format!("{members:?} is still a member after the worker has failed"),
            "no member: it has left, whatever it returns",
            "A consumer leaves when it is dropped, and dropping blocks: an early return must not take it somewhere else.",
        )
    })
}

/// A broker that cannot be reached for a while is no reason to end.
#[rstest]
#[testbed::test(mock)]
async fn lives_through_errors_that_pass() -> Verdict {
    let cluster = Cluster::mock()?;
    let mut team = Team::new(cluster.topic(1).await?)?;
    team.topic.seed(events(1, 3)).await?;
    team.start(1);
    team.until_done(3, "Each record that is polled is handed to `work`.")
        .await?;

    let control = connected(&team.topic).await?;
    cluster.faults()?.down();
    meets_an_error(control).await?;
    cluster.faults()?.up();
    team.topic.seed(events(1, 3)).await?;
    team.until_done(
        6,
        "A lost connection comes as an error from poll, and librdkafka is connecting again already: is_passing says \
         which errors need nothing but another poll.",
    )
    .await?;
    team.stop(1).await?;
    Ok(())
}

/// A consumer of the check's own that has heard from the broker.
async fn connected(topic: &Topic) -> Verdict<BaseConsumer> {
    let consumer: BaseConsumer = topic
        .client
        .clone()
        .set("group.id", "control")
        .create()
        .map_err(|error| NotGraded::broken("control", &error))?;
    tokio::task::spawn_blocking(move || consumer.fetch_metadata(None, LIMIT).map(|_| consumer))
        .await
        .map_err(|error| NotGraded::broken("control", &error))?
        .map_err(|error| NotGraded::broken("control", &error))
}

/// Waits until poll gives an error: whoever polls meets it.
async fn meets_an_error(control: BaseConsumer) -> Verdict {
    let met = tokio::task::spawn_blocking(move || {
        let polls = (0..100).map(|_| control.poll(Duration::from_millis(100)));
        polls.flatten().any(|polled| polled.is_err())
    });
    let met = met
        .await
        .map_err(|error| NotGraded::broken("control", &error))?;
    if met {
        Ok(())
    } else {
        Err(NotGraded::broken("control", &"the fault did not bite"))
    }
}
