//! Of partitions that were lost it commits nothing.

use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use event_log::timeline::{Activity, Timeline};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use super::super::patience::Patience;
use super::super::team::{Team, expect, owners_text, story_of};
use super::super::{Gate, events, judge_committed};

const ALREADY_ELSEWHERE: &str = "A member that is silent for too long is put out of the group, and its partitions go on \
                                 elsewhere. In the revoke callback the consumer can tell you that they are lost: commit \
                                 nothing then, the next owner may be far ahead.";

fn has_lost(timeline: &Timeline) -> bool {
    timeline.entries().iter().any(|entry| {
        entry.worker == WorkerId(1)
            && matches!(&entry.activity, Activity::Lost(partitions) if partitions.contains(&0))
    })
}

/// A worker whose `work` waits at the gate with its fourth event in hand.
async fn held_up(team: &mut Team) -> Verdict<Gate> {
    team.topic.seed(events(1, 10)).await?;
    let gate = Gate::closed();
    let wait = gate.waiter();
    team.start_with(1, move |(_, offset)| {
        if offset == 3 {
            wait();
        }
    });
    let in_hand = "`work` to be called with the fourth event";
    team.until(
        in_hand,
        "Each record that is polled is handed to `work`.",
        |_, log| {
            let calls = log.calls().len();
            expect(calls >= 4, || format!("{calls} calls"))
        },
    )
    .await?;
    Ok(gate)
}

async fn until_told(team: &mut Team) -> Verdict {
    let what = "`Lost` in the timeline for partition 0, and not `Revoked`: nothing was given up in good order";
    team.until(what, ALREADY_ELSEWHERE, |timeline, _| {
        let mut story = story_of(&timeline.entries(), 1);
        story.retain(|activity| !matches!(activity, Activity::Committed(_)));
        expect(has_lost(timeline), || {
            format!("the timeline says, work and commits left out, {story:?}")
        })
    })
    .await
}

/// A worker that is put out of the group says that its partition is lost, and goes on when it has one again.
#[rstest]
#[testbed::test(mock, deadline = 30)]
async fn tells_lost_partitions() -> Verdict {
    let cluster = Cluster::mock()?;
    let mut team = Team::new(cluster.topic(1).await?)?;
    let gate = held_up(&mut team).await?;
    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::Heartbeat, &[unknown]);
    gate.open();
    until_told(&mut team).await?;
    team.until_done(10, "After `Lost` the next polls join the group again.")
        .await?;
    team.stop_all().await?;
    Ok(())
}

/// Another worker has taken over, worked on, and left, when a worker that was held up returns to life: it does not undo
/// the other one's commits.
#[rstest]
#[testbed::test(real, long, deadline = 45)]
async fn commits_nothing_of_lost_partitions() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    // As short as the client allows.
    let session = Duration::from_secs(6);
    for setting in ["session.timeout.ms", "max.poll.interval.ms"] {
        team.client.set(setting, session.as_millis().to_string());
    }
    let gate = held_up(&mut team).await?;
    let what = "the worker that is held up to be put out of the group";
    let concept = "A member that does not poll for max.poll.interval.ms is put out.";
    let held_up_since = Instant::now();
    let members = team
        .until_members(Patience::beyond(session), what, concept, |members| {
            let count = members.len();
            let long_enough = held_up_since.elapsed() > session + Duration::from_secs(4);
            expect(count == 0 || long_enough, || format!("{count} members"))
        })
        .await?;
    if !members.is_empty() {
        // It polls while it works, as it may, so slow work does not cost it its partitions.
        return Ok(());
    }

    team.start(2);
    // To the last one: what worker 2 leaves undone is worker 1's to work on and to commit when it has come back.
    let last = "`work` to be called with the last event";
    team.until(
        last,
        "What worker 1 has not committed is worker 2's.",
        |_, log| {
            let done = log.done_once();
            expect(done.contains(&(0, 9)), || {
                format!("{} of 10 events worked on", done.len())
            })
        },
    )
    .await?;
    team.stop(2).await?;
    let before = team.probe.committed().await?;
    gate.open();
    until_told(&mut team).await?;
    // What it does with its offsets then, it does as a member in good standing, whose commits the broker takes.
    let again = "worker 1 to have partition 0 again";
    team.until(
        again,
        "After `Lost` the next polls join the group again.",
        |timeline, _| {
            let owners = timeline.owners();
            expect(owners.get(&0) == Some(&WorkerId(1)), || {
                owners_text(&owners)
            })
        },
    )
    .await?;
    team.stop(1).await?;

    let after = team.probe.committed().await?;
    judge_committed(
        "after worker 2 had worked off everything and worker 1 had come back to life,",
        &after,
        &before,
        ALREADY_ELSEWHERE,
    )?;
    let entries = team.timeline.entries();
    let committed = entries
        .iter()
        .skip_while(|entry| entry.worker != WorkerId(2))
        .filter(|entry| entry.worker == WorkerId(1))
        .find(|entry| matches!(&entry.activity, Activity::Committed(offsets) if offsets.get(&0) < before.get(&0)));
    judge(committed.is_none(), || {
        Failure::new(
            format!("{committed:?}, after worker 2 had committed {before:?}"),
            "no `Committed` for what was lost",
            ALREADY_ELSEWHERE,
        )
    })
}
