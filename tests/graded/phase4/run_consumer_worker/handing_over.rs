//! Before it gives partitions up in a rebalance, their processed offsets are committed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use event_log::timeline::{Activity, Entry, Timeline};
use rstest::rstest;
use testbed::history;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase4::support::committed::{judge_committed, offsets_text};
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::{event_at, events};
use crate::phase4::support::quiet::QUIET;
use crate::phase4::support::team::Team;
use crate::support::gate::Gate;

const COMMIT_FIRST: &str = "What is processed and not committed when a partition changes hands is processed again by its \
                            next owner. The last chance to commit is the rebalance callback before the partitions are \
                            revoked, with a commit that waits for the answer: a later one may undo the next owner's. \
                            Then tell `Committed`, then `Revoked`.";

/// How many events the first worker has in front of it at least, which takes it 0.2 s.
const BACKLOG: usize = 40;

/// How often it is looked how many there are.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The partitions that the first worker has given up in good order so far.
fn revoked_by_the_first(entries: &[Entry]) -> BTreeSet<i32> {
    let revoked = entries.iter().filter_map(|entry| match &entry.activity {
        Activity::Revoked(partitions) if entry.worker == WorkerId(1) => Some(partitions),
        _ => None,
    });
    revoked.flatten().copied().collect()
}

fn has_revoked(timeline: &Timeline) -> bool {
    !revoked_by_the_first(&timeline.entries()).is_empty()
}

/// A second worker joins while the first is busy. From the first one's `Revoked` on, all work waits at the gate. Returns
/// how many events there are as well.
async fn interrupted(assignor: &str) -> Verdict<(Team, Gate, usize)> {
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.client.set("partition.assignment.strategy", assignor);
    let gate = Gate::closed();
    let (wait, timeline) = (gate.waiter(), team.timeline.clone());
    team.start_with(1, move |_| {
        if has_revoked(&timeline) {
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
    // Events keep coming for all partitions, so there is always something that was processed just now; and no faster than
    // they are worked on, so what is left at the end does not depend on how long the rebalance takes.
    let began = Instant::now();
    while !has_revoked(&team.timeline) && !team.has_ended() && began.elapsed() < QUIET {
        if seeded - team.log.done_once().len() < BACKLOG {
            team.topic.seed(events(4, 15)).await?;
            seeded += 4 * 15;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let what = "worker-1 to give partitions up when worker-2 joins";
    judge(has_revoked(&team.timeline) || team.has_ended(), || {
        let waited = seconds(began.elapsed());
        Failure::new(
            format!("no `Revoked` of worker-1 {waited} after worker-2 was started"),
            what,
            COMMIT_FIRST,
        )
    })?;
    team.wait_until(what, COMMIT_FIRST, |timeline, _| {
        expect(has_revoked(timeline), || "no `Revoked`".to_owned())
    })
    .await?;
    Ok((team, gate, seeded))
}

/// At the moment of `Revoked`, the broker has the offsets of everything processed in the partitions that go.
#[rstest]
#[case::of_all_partitions("range")]
#[case::of_those_that_go("cooperative-sticky")]
#[testbed::test(real, deadline = 30)]
async fn commits_before_partitions_go(#[case] assignor: &str) -> Verdict {
    // A commit that comes every so often may come just before the callback by chance, but not twice.
    for _ in 0..2 {
        commits_before_a_handover(assignor).await?;
    }
    Ok(())
}

async fn commits_before_a_handover(assignor: &str) -> Verdict {
    let (team, _gate, _) = interrupted(assignor).await?;
    let committed = team.probe.committed().await?;
    let gone = revoked_by_the_first(&team.timeline.entries());
    let of_those = |mut offsets: BTreeMap<i32, i64>| {
        offsets.retain(|partition, _| gone.contains(partition));
        offsets
    };
    let expected = of_those(team.log.next_offsets());
    let told = of_those(told_before_the_revoke(&team.timeline.entries()));
    judge(told == expected, || {
        Failure::new(
            format!(
                "when the timeline said `Revoked`, its `Committed` entries had come to {}",
                offsets_text(&told, &gone)
            ),
            format!(
                "`Committed` with {}, and `Revoked` after it",
                offsets_text(&expected, &gone)
            ),
            COMMIT_FIRST,
        )
    })?;
    judge_committed(
        "when the timeline said `Revoked`,",
        &of_those(committed),
        &expected,
        COMMIT_FIRST,
    )
}

fn told_before_the_revoke(entries: &[Entry]) -> BTreeMap<i32, i64> {
    let mut told = BTreeMap::new();
    for entry in entries {
        match &entry.activity {
            Activity::Revoked(partitions)
                if entry.worker == WorkerId(1) && !partitions.is_empty() =>
            {
                break;
            }
            Activity::Committed(offsets) => told.extend(offsets),
            _ => {}
        }
    }
    told
}

/// When a member joins in good order, nothing is worked on again, and nothing is left out.
#[rstest]
#[case::all_at_once("range")]
#[case::piece_by_piece("cooperative-sticky")]
#[testbed::test(real, deadline = 30)]
async fn repeats_nothing(#[case] assignor: &str) -> Verdict {
    let (mut team, gate, seeded) = interrupted(assignor).await?;
    gate.open();
    team.until_done(seeded, COMMIT_FIRST).await?;
    // The commit of a worker that stops may be caught in a rebalance: look before anybody does.
    judge_nothing_repeated(&team, COMMIT_FIRST)?;
    team.stop_all().await?;
    Ok(())
}

fn judge_nothing_repeated(team: &Team, concept: &str) -> Verdict {
    let repeated = history::repeated(&team.log.done());
    // A member that the broker has lost sight of for its whole session repeats what it must.
    let lost = team.timeline.entries().iter().any(
        |entry| matches!(&entry.activity, Activity::Lost(partitions) if !partitions.is_empty()),
    );
    judge(repeated.is_none() || lost, || {
        Failure::new(
            repeated.unwrap_or_default(),
            "every event once: the members came and went in good order",
            concept,
        )
    })
}

/// A member comes, works, commits, and goes: who had its partitions before does not take that back.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn does_not_undo_the_next_owners_commits() -> Verdict {
    let concept = "A partition that was given up is somebody else's, and so are its commits. An old offset of it that is \
                   committed once more takes the next owner's commits back: forget the offsets of what was revoked.";
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    team.topic.seed(events(2, 3)).await?;
    team.start(1);
    team.until_done(6, "Each record that is polled is handed to `work`.")
        .await?;
    team.start(2);
    team.until_settled(&[1, 2]).await?;
    let owners = team.timeline.owners();
    let of_the_second: Vec<i32> = owners
        .into_iter()
        .filter(|(_, owner)| *owner == WorkerId(2))
        .map(|(partition, _)| partition)
        .collect();
    let for_the_second = |number| of_the_second.iter().map(move |at| event_at(*at, number));
    team.topic
        .seed((3..8).flat_map(for_the_second).collect())
        .await?;
    let all = 6 + 5 * of_the_second.len();
    team.until_done(all, "Each record that is polled is handed to `work`.")
        .await?;
    team.stop(2).await?;
    team.until_settled(&[1]).await?;
    team.topic.seed(events(2, 1)).await?;
    team.until_done(all + 2, "Each record that is polled is handed to `work`.")
        .await?;
    team.stop(1).await?;
    judge_nothing_repeated(&team, concept)
}
