//! How a demonstration fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event_log::group::{RebalanceError, WorkerError};
use event_log::timeline::Entry;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, NotGraded, SLOW_WAIT, Verdict, judge};

use crate::phase4::support::demonstration::{
    Demonstration, DemonstrationOutcome, FinishedDemonstration, judge_all_left,
};
use crate::phase4::support::events::events;
use crate::phase4::support::group_text::members_text;
use crate::phase4::support::quiet::QuietTimer;

const STEP_TIMEOUT: Duration = Duration::from_secs(4);

/// More is planned than there is: the step that waits for it takes too long.
/// Returns the timeline as it was when it gave up.
async fn step_times_out(demonstration: &mut Demonstration) -> Verdict<Vec<Entry>> {
    demonstration.plan.step_timeout = STEP_TIMEOUT;
    demonstration.topic.seed(events(2, 3)).await?;
    let FinishedDemonstration { outcome, entries } = demonstration.begin(|_| {}).ended().await?;
    judge(
        matches!(outcome, Err(RebalanceError::StepTimeout { .. })),
        || {
            Failure::new(
                format!(
                    "{}: 6 events are there, and plan.seeded says 7",
                    in_short(&outcome)
                ),
                "Err with StepTimeout, after plan.step_timeout",
                "What is waited for may never come: plan.step_timeout bounds each wait, and Timeline::wait_until takes it.",
            )
        },
    )?;
    Ok(entries)
}

/// An outcome, without what depends on how quick the workers were.
fn in_short(outcome: &DemonstrationOutcome) -> String {
    match outcome {
        Ok(report) => format!("Ok, with {} events processed", report.processed),
        Err(error) => format!("the error «{error}»"),
    }
}

/// A step that takes longer than `plan.step_timeout` is an error, and every worker has stopped.
#[rstest]
#[testbed::test(deadline = 30)]
async fn gives_up_after_the_step_timeout() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut demonstration = Demonstration::new(topic, 2, 7)?;
    judge_all_left(&step_times_out(&mut demonstration).await?)
}

/// A step has its time from the beginning, however much happens meanwhile.
#[rstest]
#[testbed::test(long, deadline = 30)]
async fn gives_up_while_events_still_come() -> Verdict {
    let work = Duration::from_millis(120);
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(events(1, 100)).await?;
    let mut demonstration = Demonstration::new(topic, 1, 100)?;
    demonstration.plan.step_timeout = STEP_TIMEOUT;
    let slow = move |_| std::thread::sleep(work);
    let outcome = demonstration.begin(slow).outcome().await?;
    judge(
        matches!(outcome, Err(RebalanceError::StepTimeout { .. })),
        || {
            Failure::new(
                format!(
                    "{}, where work on 100 events takes {}, and plan.step_timeout is {}",
                    in_short(&outcome),
                    seconds(work * 100),
                    seconds(STEP_TIMEOUT)
                ),
                "Err with StepTimeout: the events are not all processed in time",
                "plan.step_timeout is how long a step may take, from its beginning. A wait that begins anew with each entry of the \
                 timeline lasts as long as anything happens.",
            )
        },
    )
}

/// After such an error it waits for the event in hand, however long the work on it takes.
#[rstest]
#[testbed::test(long, deadline = 45)]
async fn waits_for_the_event_in_hand_when_it_gives_up() -> Verdict {
    // The longer one is for a machine so busy that the first passes before there is an event in hand.
    for step_timeout in [Duration::from_secs(2), STEP_TIMEOUT] {
        let work = step_timeout * 3;
        let topic = Cluster::shared()?.topic(1).await?;
        topic.seed(events(1, 1)).await?;
        let mut demonstration = Demonstration::new(topic, 1, 2)?;
        demonstration.plan.step_timeout = step_timeout;
        // The group misses nobody meanwhile.
        demonstration.client.set("session.timeout.ms", "45000");
        let mut running = demonstration.begin(move |_| std::thread::sleep(work));
        running.quiet = QuietTimer::allowing(work);
        judge_all_left(&running.ended().await?.entries)?;
        if !demonstration.log.calls().is_empty() {
            return Ok(());
        }
    }
    Err(NotGraded::broken(
        "the event in hand",
        &"none came in the time of a step",
    ))
}

/// A step may take as long as `plan.step_timeout` says.
#[rstest]
#[testbed::test(slow, deadline = 40)]
async fn has_patience_as_long_as_the_plan_says() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(events(1, 2)).await?;
    let mut demonstration = Demonstration::new(topic, 1, 2)?;
    demonstration.plan.step_timeout = SLOW_WAIT * 3;
    // The group misses nobody meanwhile, and an event that comes again takes no time again.
    demonstration.client.set("session.timeout.ms", "45000");
    let first = AtomicBool::new(true);
    let slow = move |_| {
        if first.swap(false, Ordering::Relaxed) {
            std::thread::sleep(SLOW_WAIT);
        }
    };
    let outcome = demonstration.begin(slow).outcome().await?;
    let processed = outcome.as_ref().map_or(0, |report| report.processed);
    judge(processed == 2, || {
        Failure::new(
            format!(
                "{}, where work on the first of 2 events takes {}, and plan.step_timeout is {}",
                in_short(&outcome),
                seconds(SLOW_WAIT),
                seconds(SLOW_WAIT * 3)
            ),
            "Ok, with 2 events processed",
            "How long a step may take is plan.step_timeout, which is for whoever makes the plan to say: a limit of your own \
             gives up on what is only slow.",
        )
    })
}

/// After such an error nobody is left in the group.
#[rstest]
#[testbed::test(real, long, deadline = 30)]
async fn leaves_an_empty_group_when_it_gives_up() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    let mut demonstration = Demonstration::new(topic, 2, 7)?;
    demonstration.client.set("session.timeout.ms", "45000");
    step_times_out(&mut demonstration).await?;
    let members = demonstration.probe.members().await?;
    judge(members.is_empty(), || {
        Failure::new(
            members_text(&members, "after the error"),
            "no member: every worker has left",
            "A `?` in the middle leaves the workers running. Stop them and await their tasks first, then return the error.",
        )
    })
}

/// A worker that fails is the error, with its number, and not a step that waited for it in vain.
#[rstest]
#[testbed::test(deadline = 30)]
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
            format!(
                "{}, while no worker can be made: a setting is wrong",
                in_short(&outcome)
            ),
            "Err with Worker, its number and the client's error",
            "A worker's task can end before its time, and its handle holds the reason. A timeout of the step that waits \
             for it says nothing of that.",
        )
    })
}

/// A worker that fails when it is told to stop has failed: its last commit was refused.
#[rstest]
#[testbed::test(mock, deadline = 30)]
async fn says_which_worker_failed_at_the_end() -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(2).await?;
    topic.seed(events(2, 3)).await?;
    let demonstration = Demonstration::new(topic, 1, 6)?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::OffsetCommit, &[refusal; 200]);
    let outcome = demonstration.outcome().await?;
    let code = match &outcome {
        Err(RebalanceError::Worker(_, error)) => error.code(),
        _ => None,
    };
    judge(
        code == Some(RDKafkaErrorCode::GroupAuthorizationFailed),
        || {
            Failure::new(
                format!(
                    "{}, while the broker refused every commit",
                    in_short(&outcome)
                ),
                "Err with Worker, its number and Kafka's code GroupAuthorizationFailed",
                "Being told to stop is no excuse: a worker commits as it stops, and what it returns then says whether that \
                 went well. Look at the outcome of every worker, also of those that were told.",
            )
        },
    )
}
