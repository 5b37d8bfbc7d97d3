//! That it ends when `max_events` were handled.

use event_log::consuming::EndReason;
use rstest::rstest;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{judge_any_handed, judge_committed, judge_ended};
use crate::phase3::support::options::{long_idle_timeout, stop_after};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::consume;

/// It ends when `max_events` were handled; the rest is left for the next run.
#[rstest]
#[testbed::test]
async fn ends_at_max_events() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(10, 0))).await?;
    let (group, first, second) = (topic.new_group(), Handed::default(), Handed::default());
    let member = consumer(&topic.member(&group), &topic.name)?;
    let report = consume(&member, &stop_after(4), first.handler()).await?;
    judge_any_handed(&first, &report)?;
    judge(first.count() == 4 && report.handled == 4, || {
        Failure::new(
            format!("{} events handed over, {report:?}", first.count()),
            "4 of 10 with max_events 4",
            "The limit counts events, and it is looked at before the next one is taken, not after, and not for each \
             batch or partition.",
        )
    })?;
    judge_ended(&report, EndReason::MaxEvents)?;
    judge_committed(&topic, &group, &[(0, 3)]).await?;
    close(member).await?;

    let member = consumer(&topic.member(&group), &topic.name)?;
    consume(&member, &stop_after(6), second.handler()).await?;
    let offsets: Vec<i64> = second.events().iter().map(|event| event.offset).collect();
    judge(offsets == [4, 5, 6, 7, 8, 9], || {
        Failure::new(
            format!("the next run was handed the offsets {offsets:?}"),
            "the other six, from offset 4 on",
            "What the consumer has fetched and not handled is not consumed. Committing it loses it.",
        )
    })
}

/// It ends with the last event that `max_events` allows, also when no more records come.
#[rstest]
#[testbed::test]
async fn ends_at_max_events_without_waiting_for_more() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(4, 0))).await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let report = consume(&consumer, &stop_after(4), handed.handler()).await?;
    judge_any_handed(&handed, &report)?;
    let waited = handed.last_accepted().map(|at| at.elapsed());
    judge(
        waited.is_some_and(|waited| waited < long_idle_timeout()),
        || {
            Failure::new(
                format!(
                    "returned {report:?} {} after the last of {} events",
                    waited.map_or("a long time".to_owned(), seconds),
                    handed.count()
                ),
                "it returns when the fourth event is handled, with max_events 4",
                "A limit that is looked at when the next record comes is not seen when none comes: look at it before waiting \
             for another.",
            )
        },
    )?;
    judge_ended(&report, EndReason::MaxEvents)
}

/// With `max_events` 0 none more is to be handled, so it ends at once.
#[rstest]
#[testbed::test]
async fn ends_at_once_when_no_event_is_wanted() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let report = consume(&consumer, &stop_after(0), handed.handler()).await?;
    judge(handed.count() == 0, || {
        Failure::new(
            format!(
                "{} of 2 events handed over, {report:?}, with max_events 0",
                handed.count()
            ),
            "none: the limit is reached before the first",
            "The limit is looked at before an event is taken, the first one too: whoever looks when an event is handled has \
             handled one too many.",
        )
    })?;
    judge_ended(&report, EndReason::MaxEvents)
}
