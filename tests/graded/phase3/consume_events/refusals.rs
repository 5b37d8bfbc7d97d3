//! What happens when the handler refuses an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_log::consuming::{ConsumeError, Handler};
use event_log::phase3_consumer::EventConsumer;
use rstest::rstest;
use testbed::history::{PartitionOffset, committed_ahead};
use testbed::probe::Seed;
use testbed::{Cluster, Failure, Topic, Verdict, judge};

use crate::phase3::support::concepts::COMMITTED_AHEAD;
use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{
    committed, judge_any_handed, judge_committed_or, misconception,
};
use crate::phase3::support::options::stop_after;
use crate::phase3::support::records::{numbered, partition_offset, repeat};
use crate::phase3::support::run::{ConsumeOutcome, Run, consume};

const TRIED_AGAIN: &str = "Whether and when a refused event is worth another try is for the caller to say: end the run and \
                           return the refusal. A loop that tries for ever holds up all that comes after it, and tells nobody.";

const NAMELESS: &str = "Whoever reads the error has to find the event: take its place from the record, and the reason from the \
                        handler. A refusal that is only logged is taken for success.";

const MORE_HANDED_OVER: &str = "Events after the refused one may build on it, so the partition's order ends where the handler says \
                                no. Skipping it, or handlers that run side by side, hand over more.";

/// Why more events came after the refused one. A report that counts all of them shows that the refusal was not noticed.
fn why_more(outcome: &ConsumeOutcome, handed: &Handed) -> &'static str {
    match outcome {
        Ok(report) if report.handled >= handed.count() => NAMELESS,
        _ => MORE_HANDED_OVER,
    }
}

/// A handler that refuses the event at this place.
fn refusing(handed: &Handed, refused: PartitionOffset) -> Handler {
    handed.handler_that(move |_, event| {
        if partition_offset(event) == refused {
            return Err("the shelf is full".into());
        }
        Ok(())
    })
}

/// A run that the handler has ended. The consumer is open: closing one may commit, and what counts is what was committed
/// before the return.
struct Refused {
    topic: Topic,
    group: String,
    consumer: Arc<EventConsumer>,
    handed: Handed,
    outcome: ConsumeOutcome,
}

/// Six events in one partition, of which the handler refuses one.
async fn run_with_a_refusal(refused: i64) -> Verdict<Refused> {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(6, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&topic.member(&group), &topic.name)?;
    let handler = refusing(&handed, (0, refused));
    let outcome = Run::start(&consumer, &stop_after(6), handler)
        .end_or(TRIED_AGAIN)
        .await?;
    judge_any_handed(&handed, &outcome)?;
    Ok(Refused {
        topic,
        group,
        consumer,
        handed,
        outcome,
    })
}

/// The error names the event's partition and offset, and what the handler said.
#[rstest]
#[testbed::test]
async fn names_the_refused_event() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    topic.seed(numbered(repeat(4, 1))).await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let handler = refusing(&handed, (1, 2));
    let outcome = Run::start(&consumer, &stop_after(4), handler)
        .end_or(TRIED_AGAIN)
        .await?;
    judge_any_handed(&handed, &outcome)?;
    let named = matches!(
        &outcome,
        Err(ConsumeError::Handler { partition: 1, offset: 2, source })
            if source.to_string() == "the shelf is full"
    );
    judge(named, || {
        Failure::new(
            format!("{outcome:?}"),
            "Err(Handler) with partition 1, offset 2 and the handler's error «the shelf is full»",
            if outcome.is_ok() && handed.places().contains(&(1, 3)) {
                why_more(&outcome, &handed)
            } else {
                NAMELESS
            },
        )
    })
}

/// After a refusal no further event is handed over.
#[rstest]
#[testbed::test]
async fn hands_over_nothing_after_a_refusal() -> Verdict {
    let Refused {
        handed,
        outcome,
        consumer,
        ..
    } = run_with_a_refusal(3).await?;
    // What was started side by side is called by then.
    close(consumer).await?;
    let offsets: Vec<i64> = handed.events().iter().map(|event| event.offset).collect();
    // Whether side by side handlers are called in order is chance; that more than 3 are called is not.
    judge(offsets.iter().max() == Some(&3), || {
        Failure::new(
            format!(
                "offset 3 was refused, {offsets:?} were handed over, and it returned {outcome:?}"
            ),
            "nothing after offset 3",
            why_more(&outcome, &handed),
        )
    })
}

/// After a refusal no further event is handed over, of the other partitions neither.
#[rstest]
#[testbed::test]
async fn hands_over_nothing_of_other_partitions_after_a_refusal() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let partitions = usize::try_from(topic.partitions).unwrap_or_default();
    topic
        .seed(
            (0..topic.partitions)
                .flat_map(|p| numbered(repeat(4, p)))
                .collect(),
        )
        .await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let handler = handed.handler_that(|earlier, _| {
        if earlier == 0 {
            return Err("the shelf is full".into());
        }
        Ok(())
    });
    let outcome = Run::start(&consumer, &stop_after(12), handler)
        .end_or(TRIED_AGAIN)
        .await?;
    close(consumer).await?;
    judge_any_handed(&handed, &outcome)?;
    // Whoever works on partitions side by side has one event of each in work when the handler refuses.
    let count = handed.count();
    judge(count <= partitions, || {
        Failure::new(
            format!(
                "the first of 12 events in {partitions} partitions was refused, and {count} were handed over in all"
            ),
            "no further event, whichever partition it is of",
            "A refusal ends the run: what else is to be done is for the caller to say, who hears of it only when the function \
             returns. Order is per partition, but the handler may say no for a reason that is not.",
        )
    })
}

/// The refused event stays uncommitted, and those before it are committed.
#[rstest]
#[case::first(0)]
#[case::middle(3)]
#[case::last(5)]
#[testbed::test]
async fn leaves_the_refused_event_uncommitted(#[case] refused: i64) -> Verdict {
    let Refused {
        topic,
        group,
        consumer: _open,
        ..
    } = run_with_a_refusal(refused).await?;
    let accepted: Vec<PartitionOffset> = (0..refused).map(|offset| (0, offset)).collect();
    judge_committed_or(
        &topic,
        &group,
        &accepted,
        |committed, expected| match committed_ahead(committed, expected) {
            Some(_) => COMMITTED_AHEAD,
            None => misconception(committed, expected),
        },
    )
    .await
}

/// Nothing that comes after the refused event is committed, records that are no events neither.
#[rstest]
#[testbed::test]
async fn commits_nothing_behind_the_refused_event() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    let no_event = Seed::text(0, "no JSON");
    let mut records = numbered(repeat(3, 0));
    records.splice(2..2, [no_event.clone(), no_event]);
    topic.seed(records).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let outcome = Run::start(&consumer, &stop_after(3), refusing(&handed, (0, 1)))
        .end_or(TRIED_AGAIN)
        .await?;
    judge_any_handed(&handed, &outcome)?;
    judge_committed_or(&topic, &group, &[(0, 0)], |committed, expected| {
        match committed_ahead(committed, expected) {
            Some(_) => {
                "Offset 1 was refused here, and offsets 2 and 3 are no events. Such a record counts as processed when all before \
                 it is: a committed offset covers whatever comes before. Whoever reads ahead has to hold back what it found there."
            }
            None => misconception(committed, expected),
        }
    })
    .await
}

/// Why the event at offset 3 of partition 0 does not come again, by what the run has committed.
fn why_not_again(committed: &BTreeMap<i32, i64>) -> &'static str {
    let expected = BTreeMap::from([(0, 3)]);
    match committed_ahead(committed, &expected) {
        Some(_) => COMMITTED_AHEAD,
        None => misconception(committed, &expected),
    }
}

/// The refused event comes again for whoever continues, and so does all that follows.
#[rstest]
#[testbed::test]
async fn the_refused_event_comes_again() -> Verdict {
    let Refused {
        topic,
        group,
        consumer: first,
        ..
    } = run_with_a_refusal(3).await?;
    close(first).await?;
    let left = committed(&topic.group_probe(&group)?).await?;
    let again = Handed::default();
    let consumer = consumer(&topic.member(&group), &topic.name)?;
    consume(&consumer, &stop_after(3), again.handler()).await?;
    let offsets: Vec<i64> = again.events().iter().map(|event| event.offset).collect();
    judge(offsets == [3, 4, 5], || {
        Failure::new(
            format!(
                "offset 3 was refused, and the next consumer of the group was handed {offsets:?}"
            ),
            "[3, 4, 5]",
            why_not_again(&left),
        )
    })
}
