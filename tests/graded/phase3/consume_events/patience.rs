//! What takes longer than many a time limit: no limit but `idle_timeout` ends a run, or what is under way in it.

use std::time::Duration;

use event_log::consuming::ConsumeOptions;
use rdkafka::ClientConfig;
use rstest::rstest;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, SLOW_WAIT, Topic, Verdict, judge};

use crate::phase3::support::concepts::NOTHING_COMES;
use crate::phase3::support::consumer::{consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::judge_committed;
use crate::phase3::support::options::{ENDLESS_IDLE_TIMEOUT, stop_when_idle};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::Run;

/// How long the rest of the run may take, beside the slow handler.
const REMAINING_WORK: Duration = Duration::from_secs(8);

/// A member that the group misses no sooner.
fn member(topic: &Topic, group: &str) -> ClientConfig {
    let mut config = only_member(topic, group);
    config.set("session.timeout.ms", "45000");
    config
}

/// It waits for the next record as long as `idle_timeout` says.
#[rstest]
#[testbed::test(slow, deadline = 30)]
async fn has_patience_for_the_next_record() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let handed = Handed::default();
    let options = stop_when_idle(ENDLESS_IDLE_TIMEOUT);
    let consumer = consumer(&member(&topic, &topic.new_group()), &topic.name)?;
    let mut run = Run::start(&consumer, &options, handed.handler());
    let concept = "How long no record means idle is options.idle_timeout, which is for the caller to say: a time of your own \
                   ends where the next record is a little late.";
    run.hands_over(&handed, 2, NOTHING_COMES).await?;
    run.goes_on_for(SLOW_WAIT, &handed, concept).await?;
    topic.seed(numbered(repeat(1, 0))).await?;
    run.hands_over(&handed, 3, concept).await?;
    options.stop.cancel();
    run.report().await?;
    Ok(())
}

/// It waits for the handler, however long that works.
#[rstest]
#[testbed::test(slow, deadline = 30)]
async fn has_patience_with_the_handler() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let handler = handed.handler_that(|earlier, _| {
        if earlier == 0 {
            std::thread::sleep(SLOW_WAIT);
        }
        Ok(())
    });
    let options = ConsumeOptions {
        max_events: Some(2),
        ..stop_when_idle(ENDLESS_IDLE_TIMEOUT)
    };
    let consumer = consumer(&member(&topic, &group), &topic.name)?;
    let run = Run::start(&consumer, &options, handler);
    let concept = "A handler may take its time, and cannot be called back: a limit around it gives up waiting, while it works \
                   on. An event in work is finished first, then comes the next.";
    let outcome = run.end_within(SLOW_WAIT + REMAINING_WORK, concept).await?;
    let (accepted, places) = (handed.accepted(), handed.places());
    let in_order = accepted == [(0, 0), (0, 1)] && places == accepted;
    let handled = outcome.as_ref().is_ok_and(|report| report.handled == 2);
    judge(handled && in_order, || {
        Failure::new(
            format!(
                "{outcome:?}, where the handler works on the first of two events for {}: it was handed {places:?}, and \
                 accepted {accepted:?}",
                seconds(SLOW_WAIT)
            ),
            "handled: 2, one after the other",
            concept,
        )
    })?;
    judge_committed(&topic, &group, &accepted).await
}
