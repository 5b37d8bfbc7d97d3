//! No worker stops before all events are processed.

use std::collections::BTreeSet;
use std::future::ready;
use std::time::Duration;

use event_log::timeline::{Activity, Entry};
use rstest::rstest;
use testbed::history::PartitionOffset;
use testbed::{Cluster, Failure, NotGraded, NotPassed, Verdict, eventually, judge};

use crate::phase4::support::condition::expect;
use crate::phase4::support::demonstration::{Demonstration, LIMIT, RunningDemonstration, TRIES};
use crate::phase4::support::events::{events, places};
use crate::phase4::support::group_text::owners_text;
use crate::phase4::support::timeline::{settled, started};

const COUNT_WHAT_WAS_PROCESSED: &str = "That nothing comes for a while says nothing about what is to come, and what is \
                                        processed again is no further event: count the different ones that were \
                                        processed.";

/// No worker stops before all events are processed, though all that is there has been worked off and all is quiet.
#[rstest]
#[testbed::test(deadline = 30)]
async fn stops_no_worker_before_all_is_processed() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    topic.seed(events(4, 3)).await?;
    let demonstration = Demonstration::new(topic, 2, 16)?;
    let running = demonstration.begin(|_| {});
    until_all_is_quiet(&demonstration, &running, 12).await?;
    judge_waiting_for_the_rest(&demonstration, running).await?;
    Ok(())
}

/// Both workers are settled and `processed` different events are processed, or it has ended, which says why.
async fn until_all_is_quiet(
    demonstration: &Demonstration,
    running: &RunningDemonstration,
    processed: usize,
) -> Verdict {
    let timeline = &demonstration.timeline;
    let what = "both workers to have partitions, and the events that are there to be processed";
    eventually(LIMIT, what, COUNT_WHAT_WAS_PROCESSED, || {
        let entries = timeline.entries();
        let both = started(&entries).len() == 2;
        let seen = timeline.processed().len();
        let quiet = both && settled(&entries, demonstration.plan.partitions).is_ok();
        ready(Ok(expect(
            (quiet && seen == processed) || running.has_ended(),
            || {
                let owners = owners_text(&timeline.owners());
                format!("{seen} of {processed} processed, and the timeline says {owners}")
            },
        )))
    })
    .await
}

/// Nobody has left when nothing has come for a while; with the last event of each partition it goes on to its end. Returns how
/// much had been worked on again when the last events were still to come.
async fn judge_waiting_for_the_rest(
    demonstration: &Demonstration,
    running: RunningDemonstration,
) -> Verdict<usize> {
    let timeline = &demonstration.timeline;
    let someone_left =
        |entries: &[Entry]| entries.iter().any(|entry| entry.activity == Activity::Left);
    let early = timeline.wait_until(Duration::from_millis(1500), |timeline| {
        someone_left(&timeline.entries())
    });
    let early = early.await.is_ok();
    let repeated = demonstration.repeated();
    let partitions = demonstration.plan.partitions;
    demonstration.topic.seed(events(partitions, 1)).await?;
    running.report().await?;

    let seeded = demonstration.plan.seeded;
    let processed = processed_before_the_first_left(&timeline.entries());
    let of_each = i64::try_from(seeded).unwrap_or_default() / i64::from(partitions);
    let all = places(partitions, of_each);
    judge(!early && processed == all, || {
        Failure::new(
            format!(
                "the first worker left when {} of {seeded} events were processed",
                processed.len()
            ),
            "no worker stopped before all plan.seeded events are processed",
            COUNT_WHAT_WAS_PROCESSED,
        )
    })?;
    Ok(repeated)
}

fn processed_before_the_first_left(entries: &[Entry]) -> BTreeSet<PartitionOffset> {
    let before = entries
        .iter()
        .take_while(|entry| entry.activity != Activity::Left);
    let place = |entry: &Entry| match entry.activity {
        Activity::Processed { partition, offset } => Some((partition, offset)),
        _ => None,
    };
    before.filter_map(place).collect()
}

/// What is worked on again is no further event, so no worker stops for it.
#[rstest]
#[testbed::test(mock, long, deadline = 90)]
async fn takes_no_repetition_for_a_further_event() -> Verdict {
    for _ in 0..TRIES {
        let (_cluster, demonstration) = Demonstration::without_commits(12).await?;
        let running = demonstration.begin(|_| {});
        until_all_is_quiet(&demonstration, &running, 10).await?;
        // As many as are missing: taken for them, they would have ended the wait.
        if judge_waiting_for_the_rest(&demonstration, running).await? >= 2 {
            return Ok(());
        }
    }
    let reason =
        format!("too little was worked on again in {TRIES} tries to take it for what was missing");
    Err(NotPassed::NotGraded(NotGraded::FaultNotInjected(reason)))
}
