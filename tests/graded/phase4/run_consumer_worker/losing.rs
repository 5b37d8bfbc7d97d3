//! Of partitions that were lost it commits nothing.

use event_log::group::WorkerId;
use event_log::timeline::{Happening, Timeline};
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use super::super::team::{Team, expect};
use super::super::{Gate, events, judge_committed};

const ALREADY_ELSEWHERE: &str = "A member that is silent for too long is put out of the group, and its partitions go on \
                                 elsewhere. In the revoke callback assignment_lost() says so: commit nothing then, the \
                                 next owner may be far ahead.";

fn has_lost(timeline: &Timeline) -> bool {
    timeline.entries().iter().any(|entry| {
        entry.worker == WorkerId(1)
            && matches!(&entry.happening, Happening::Lost(partitions) if partitions.contains(&0))
    })
}

/// A worker that is held up loses its partition to another one. Returning to life, it says so and commits nothing.
#[rstest]
#[testbed::test(deadline = 40)]
async fn commits_nothing_of_lost_partitions() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    let session = team.client.get("session.timeout.ms").map(str::to_owned);
    // As short as the client allows.
    team.client
        .set("max.poll.interval.ms", session.unwrap_or_default());
    team.topic.seed(events(1, 10)).await?;
    let gate = Gate::closed();
    let wait = gate.waiter();
    team.start_with(1, move |(_, offset)| {
        if offset == 3 {
            wait();
        }
    });
    team.until_done(3, "Each record that is polled is handed to `work`.")
        .await?;

    team.start(2);
    team.until_done(
        10,
        "Worker 2 goes on with the partition that worker 1 has lost.",
    )
    .await?;
    team.stop(2).await?;
    let before = team.probe.committed().await?;
    gate.open();
    // Whether it ends with the error or joins again is one question, what it does about the loss another.
    let what = "`Lost` in the timeline for partition 0";
    let told = team
        .until(what, ALREADY_ELSEWHERE, |timeline, _| {
            expect(has_lost(timeline), || {
                format!("the timeline says {:?}", timeline.entries().last())
            })
        })
        .await;
    if told.is_ok() {
        team.cancel(1);
        let _ = team.ended(1).await?;
    }

    let story = team.story_of(1);
    judge(has_lost(&team.timeline), || {
        Failure::new(format!("{story:?}"), what, ALREADY_ELSEWHERE)
    })?;
    let after = team.probe.committed().await?;
    judge_committed(
        "after worker 2 had worked off everything and worker 1 had come back to life,",
        &after,
        &before,
        ALREADY_ELSEWHERE,
    )?;
    let revoked = |happening: &Happening| matches!(happening, Happening::Revoked(partitions) if partitions.contains(&0));
    let lost_first = story
        .iter()
        .find(|happening| matches!(happening, Happening::Lost(_)) || revoked(happening));
    judge(lost_first.is_some_and(|first| !revoked(first)), || {
        Failure::new(
            format!("{story:?}"),
            "`Lost` and not `Revoked`: nothing was given up in good order",
            ALREADY_ELSEWHERE,
        )
    })
}
