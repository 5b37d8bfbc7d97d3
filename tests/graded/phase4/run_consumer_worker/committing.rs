//! It commits only what was processed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use rstest::rstest;
use testbed::history;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase4::support::committed::judge_committed;
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::{event_at, events};
use crate::phase4::support::group_text::owners_text;
use crate::phase4::support::team::Team;
use crate::support::gate::Gate;

/// When it stops, the last processed offset + 1 of each partition is committed, however few events there were.
#[rstest]
#[testbed::test(deadline = 30)]
async fn commits_when_it_stops() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(3).await?)?;
    let seeds = vec![event_at(0, 0), event_at(0, 1), event_at(2, 0)];
    team.topic.seed(seeds).await?;
    team.start(1);
    team.until_done(3, "Each record that is polled is handed to `work`.")
        .await?;
    team.stop(1).await?;

    let committed = team.probe.committed().await?;
    judge_committed(
        "after the worker has returned,",
        &committed,
        &BTreeMap::from([(0, 2), (2, 1)]),
        "A committed offset is that of the next event to work on, and each partition has its own: that of the last event \
         says nothing of the others. A commit every so many events or seconds leaves a rest: commit it when the worker \
         stops, and wait for the answer.",
    )
}

/// So are those of the partitions that it kept when others were taken from it.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn commits_what_it_has_kept_when_it_stops() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.client
        .set("partition.assignment.strategy", "cooperative-sticky");
    team.topic.seed(events(4, 3)).await?;
    team.start(1);
    team.until_done(12, "Each record that is polled is handed to `work`.")
        .await?;
    team.start(2);
    until_shared(&mut team).await?;
    team.stop(1).await?;

    let committed = team.probe.committed().await?;
    judge_committed(
        "after a second worker had taken two of four partitions, and the first had returned,",
        &committed,
        &(0..4).map(|partition| (partition, 3)).collect(),
        "A cooperative assignor takes away what moves and leaves the rest: forget what you know of the partitions that were \
         revoked, and not of those that you have kept. They are yours to commit when you stop.",
    )
}

/// Waits until worker 2 has its share. That all partitions have owners does not tell: they have while worker 2 is told that
/// it gets nothing yet, and worker 1 has still to give something up. Before the group's leader, worker 1, has handed out the
/// shares, its commits are of an old generation, and the broker refuses them.
async fn until_shared(team: &mut Team) -> Verdict {
    let what = "worker 2 to have its share of the partitions";
    let concept = "With a cooperative assignor partitions move in two steps: one rebalance takes them away, the next gives \
                   them to the new member. Keep polling meanwhile, and note each assignment down.";
    team.wait_until(what, concept, |timeline, _| {
        let owners = timeline.owners();
        let has_share = owners.values().any(|owner| *owner == WorkerId(2));
        expect(has_share, || {
            format!("the timeline says {}", owners_text(&owners))
        })
    })
    .await?;
    team.until_settled(&[1, 2]).await
}

/// While `work` runs, no committed offset is past the event in hand.
#[rstest]
#[testbed::test(deadline = 30)]
async fn commits_nothing_that_is_not_processed() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    // For whoever leaves it to the client: soon enough to be seen.
    team.client.set("auto.commit.interval.ms", "50");
    team.topic.seed(events(2, 6)).await?;
    let gate = Gate::closed();
    let wait = gate.waiter();
    team.start_with(1, move |(_, offset)| {
        if offset == 3 {
            wait();
        }
    });
    team.wait_until(
        "`work` to be called with offset 3",
        "Each record that is polled is handed to `work`.",
        |_, log| {
            let calls = log.calls();
            expect(calls.iter().any(|call| call.place.1 == 3), || {
                format!("{} calls", calls.len())
            })
        },
    )
    .await?;

    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        let committed = team.probe.committed().await?;
        judge_not_ahead(&committed, &team.log.next_offsets())?;
    }
    gate.open();
    team.until_done(12, "Each record that is polled is handed to `work`.")
        .await?;
    team.stop(1).await?;
    judge_not_ahead(&team.probe.committed().await?, &team.log.next_offsets())
}

fn judge_not_ahead(committed: &BTreeMap<i32, i64>, done: &BTreeMap<i32, i64>) -> Verdict {
    let ahead = history::committed_ahead(committed, done);
    judge(ahead.is_none(), || {
        Failure::new(
            ahead.unwrap_or_default(),
            "committed offsets that follow the work",
            "Offset + 1 is stored as soon as the record is handed over, unless enable.auto.offset.store is false, and \
             auto-commit and commit_consumer_state commit what is stored. Whoever commits before the work is done loses \
             the event when the worker dies in the middle of it.",
        )
    })
}

/// The next worker of the group goes on where the last one stopped.
#[rstest]
#[testbed::test(deadline = 30)]
async fn goes_on_where_the_group_stopped() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    team.topic.seed(events(2, 4)).await?;
    team.start(1);
    team.until_done(8, "Each record that is polled is handed to `work`.")
        .await?;
    team.stop(1).await?;
    let before = team.log.calls().len();
    team.topic.seed(events(2, 1)).await?;
    team.start(2);
    team.until_done(10, "A group with committed offsets starts at these.")
        .await?;
    team.stop(2).await?;

    let second = team.log.done().split_off(before);
    judge(second.len() == 2, || {
        Failure::new(
            format!("the second worker worked on {} events", second.len()),
            "2 events, those that came after the first worker had stopped",
            "What is not committed when a worker stops is worked on again. auto.offset.reset is for partitions without a \
             committed offset only.",
        )
    })
}
