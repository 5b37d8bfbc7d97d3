//! That it ends when it is stopped.

use std::time::Duration;

use event_log::consuming::EndReason;
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::concepts::NOTHING_COMES;
use crate::phase3::support::consumer::{consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{judge_any_handed, judge_committed, judge_ended};
use crate::phase3::support::options::{
    ENDLESS_IDLE_TIMEOUT, long_idle_timeout, stop_after, stop_when_idle,
};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::{Run, consume};

const STOPS_LATE: &str = "A loop that waits for a record does not see the stop token: wait for whichever comes first, as in \
                          select!, or poll in short turns and look in between.";

/// It ends promptly when it is stopped while no record comes.
#[rstest]
#[case::after_the_last_record(2)]
#[case::before_the_first_record(0)]
#[testbed::test]
async fn stops_while_it_waits_for_records(#[case] at_first: usize) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(at_first, 0))).await?;
    let handed = Handed::default();
    let options = stop_when_idle(ENDLESS_IDLE_TIMEOUT);
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let mut run = Run::start(&consumer, &options, handed.handler());
    run.hands_over(&handed, at_first, NOTHING_COMES).await?;
    run.goes_on_for(Duration::from_millis(300), &handed, STOPS_LATE)
        .await?;

    options.stop.cancel();
    let stopped = testbed::within(
        Duration::from_secs(5),
        "`consume_events` to return after `stop` was cancelled",
        STOPS_LATE,
        run.report(),
    );
    judge_ended(&stopped.await??, EndReason::Stopped)
}

/// It ends promptly when it is stopped while records keep coming.
#[rstest]
#[testbed::test]
async fn stops_while_records_come() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2000, 0))).await?;
    let handed = Handed::default();
    let options = stop_after(2000);
    let stop = options.stop.clone();
    let handler = handed.handler_that(move |earlier, _| {
        if earlier == 4 {
            stop.cancel();
        }
        Ok(())
    });
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let report = consume(&consumer, &options, handler).await?;
    judge_any_handed(&handed, &report)?;
    // More are no harm: a batch in work may be finished, and a select! that takes what is ready by chance stops a little
    // later.
    judge(handed.count() < 1800, || {
        Failure::new(
            format!(
                "{} of 2000 events were handed over, stopped at the fifth; {report:?}",
                handed.count()
            ),
            "it stops soon after the fifth",
            "A stop token that is looked at only when there is nothing to do is not seen by a consumer that has work.",
        )
    })?;
    judge_ended(&report, EndReason::Stopped)
}

/// What is in work when it is stopped is finished, counted and committed.
#[rstest]
#[testbed::test]
async fn finishes_the_event_in_work_when_stopped() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let (handler, gate) = handed.handler_held_after(0);
    let options = stop_when_idle(long_idle_timeout());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let mut run = Run::start(&consumer, &options, handler);
    run.hands_over(&handed, 1, NOTHING_COMES).await?;

    options.stop.cancel();
    let concept = "A handler cannot be called back: with nobody waiting for it, it goes on all the same, and what it does is \
                   neither counted nor committed. Finish the event in work, then stop.";
    run.goes_on_for(Duration::from_millis(500), &handed, concept)
        .await?;
    gate.open();
    let report = run.report().await?;
    judge(report.handled == handed.accepted().len(), || {
        Failure::new(
            format!(
                "{report:?}, and the handler accepted {} events",
                handed.accepted().len()
            ),
            "the event in work is counted",
            concept,
        )
    })?;
    judge_committed(&topic, &group, &handed.accepted()).await
}
