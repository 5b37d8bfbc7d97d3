//! Before it gives partitions up in a rebalance, their processed offsets are committed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use event_log::timeline::{Entry, Happening, Timeline};
use rstest::rstest;
use testbed::history;
use testbed::{Cluster, Failure, Verdict, judge};

use super::super::team::{LIMIT, Team, expect};
use super::super::{Gate, events, judge_committed};

const COMMIT_FIRST: &str = "What is processed and not committed when a partition changes hands is processed again by its \
                            next owner. The last chance to commit is the rebalance callback before the partitions are \
                            revoked, with a commit that waits for the answer.";

/// The partitions that the first worker has given up in good order so far.
fn given_up(entries: &[Entry]) -> BTreeSet<i32> {
    let revoked = entries.iter().filter_map(|entry| match &entry.happening {
        Happening::Revoked(partitions) if entry.worker == WorkerId(1) => Some(partitions),
        _ => None,
    });
    revoked.flatten().copied().collect()
}

fn has_given_up(timeline: &Timeline) -> bool {
    !given_up(&timeline.entries()).is_empty()
}

/// A second worker joins while the first is busy. From the first one's `Revoked` on, all work waits at the gate. Returns
/// how many events there are as well.
async fn interrupted(assignor: &str) -> Verdict<(Team, Gate, usize)> {
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.client.set("partition.assignment.strategy", assignor);
    let gate = Gate::closed();
    let (wait, timeline) = (gate.waiter(), team.timeline.clone());
    team.start_with(1, move |_| {
        if has_given_up(&timeline) {
            wait();
        } else {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let mut seeded = 4 * 3;
    team.topic.seed(events(4, 3)).await?;
    team.until_done(seeded, "Each record that is polled is handed to `work`.")
        .await?;
    let wait = gate.waiter();
    team.start_with(2, move |_| wait());
    // Events keep coming for all partitions, so there is always something that was processed just now.
    let deadline = Instant::now() + LIMIT;
    while !has_given_up(&team.timeline) && Instant::now() < deadline {
        team.topic.seed(events(4, 5)).await?;
        seeded += 4 * 5;
    }
    let what = "worker-1 to give partitions up when worker-2 joins";
    team.until(what, COMMIT_FIRST, |timeline, _| {
        expect(has_given_up(timeline), || {
            format!("the timeline says {:?}", timeline_of_groups(timeline))
        })
    })
    .await?;
    Ok((team, gate, seeded))
}

fn timeline_of_groups(timeline: &Timeline) -> Vec<(WorkerId, Happening)> {
    let entries = timeline.entries().into_iter();
    entries
        .filter(|entry| !matches!(entry.happening, Happening::Processed { .. }))
        .map(|entry| (entry.worker, entry.happening))
        .collect()
}

/// At the moment of `Revoked`, the broker has the offsets of everything processed in the partitions that go.
#[rstest]
#[case::of_all_partitions("range")]
#[case::of_those_that_go("cooperative-sticky")]
#[testbed::test(real, deadline = 40)]
async fn commits_before_partitions_go(#[case] assignor: &str) -> Verdict {
    let (team, _gate, _) = interrupted(assignor).await?;
    let committed = team.probe.committed().await?;
    let gone = given_up(&team.timeline.entries());
    let of_those = |mut offsets: BTreeMap<i32, i64>| {
        offsets.retain(|partition, _| gone.contains(partition));
        offsets
    };
    judge_committed(
        "when the timeline said `Revoked`,",
        &of_those(committed),
        &of_those(team.log.next_offsets()),
        COMMIT_FIRST,
    )?;

    let mut told = BTreeMap::new();
    for entry in team.timeline.entries() {
        match entry.happening {
            Happening::Revoked(_) if entry.worker == WorkerId(1) => break,
            Happening::Committed(offsets) => told.extend(offsets),
            _ => {}
        }
    }
    let expected = of_those(team.log.next_offsets());
    judge(of_those(told.clone()) == expected, || {
        Failure::new(
            format!("before `Revoked`, the timeline's `Committed` entries come to {told:?}"),
            format!("`Committed` with {expected:?}, and `Revoked` after it"),
            "Commit, then write the commit down, then `Revoked`: after the revoke the partitions may have another owner, \
             and a commit may undo the commits of that one.",
        )
    })
}

/// When a member joins in good order, nothing is worked on again, and nothing is left out.
#[rstest]
#[case::all_at_once("range")]
#[case::piece_by_piece("cooperative-sticky")]
#[testbed::test(real, deadline = 40)]
async fn repeats_nothing(#[case] assignor: &str) -> Verdict {
    let (mut team, gate, seeded) = interrupted(assignor).await?;
    gate.open();
    team.until_done(seeded, COMMIT_FIRST).await?;
    team.stop_all().await?;

    let repeated = history::repeated(&team.log.done());
    // A member that the broker has lost sight of for its whole session repeats what it must.
    let lost = team.timeline.entries().iter().any(
        |entry| matches!(&entry.happening, Happening::Lost(partitions) if !partitions.is_empty()),
    );
    judge(repeated.is_none() || lost, || {
        Failure::new(
            repeated.unwrap_or_default(),
            "every event once: the members came and went in good order",
            COMMIT_FIRST,
        )
    })?;
    let committed = team.probe.committed().await?;
    let expected = team.log.next_offsets();
    judge_committed("at the end", &committed, &expected, COMMIT_FIRST)
}
