//! Of partitions that were lost it commits nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use event_log::timeline::{Activity, Entry, Timeline};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase4::support::committed::judge_committed;
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::events;
use crate::phase4::support::group_text::owners_text;
use crate::phase4::support::quiet::QuietTimer;
use crate::phase4::support::team::Team;
use crate::phase4::support::timeline::story_of;
use crate::support::gate::Gate;

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
    team.wait_until(
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
    team.wait_until(what, ALREADY_ELSEWHERE, |timeline, _| {
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
    if !is_put_out(&mut team, session).await? {
        // It polls while it works, as it may, so slow work does not cost it its partitions.
        return Ok(());
    }
    work_off_the_rest(&mut team).await?;
    let before = team.probe.committed().await?;
    gate.open();
    until_told(&mut team).await?;
    // What it does with its offsets then, it does as a member in good standing, whose commits the broker takes.
    until_it_owns_again(&mut team).await?;
    team.stop(1).await?;

    judge_committed(
        "after worker 2 had worked off everything and worker 1 had come back to life,",
        &team.probe.committed().await?,
        &before,
        ALREADY_ELSEWHERE,
    )?;
    judge_told_commits(&team.timeline.entries(), &before)
}

/// Waits until the worker that is held up is put out of the group, and for some seconds longer than that should take.
/// Returns whether it was.
async fn is_put_out(team: &mut Team, session: Duration) -> Verdict<bool> {
    let what = "the worker that is held up to be put out of the group";
    let concept = "A member that does not poll for max.poll.interval.ms is put out.";
    let held_up_since = Instant::now();
    let members = team
        .until_members(QuietTimer::allowing(session), what, concept, |members| {
            let count = members.len();
            let long_enough = held_up_since.elapsed() > session + Duration::from_secs(4);
            expect(count == 0 || long_enough, || format!("{count} members"))
        })
        .await?;
    Ok(members.is_empty())
}

/// Worker 2 takes over, works to the last event, and leaves: what it left undone, worker 1 would work on and commit when it
/// has come back.
async fn work_off_the_rest(team: &mut Team) -> Verdict {
    team.start(2);
    let last = "`work` to be called with the last event";
    let concept = "What worker 1 has not committed is worker 2's.";
    team.wait_until(last, concept, |_, log| {
        let done = log.done_once();
        expect(done.contains(&(0, 9)), || {
            format!("{} of 10 events worked on", done.len())
        })
    })
    .await?;
    team.stop(2).await?;
    Ok(())
}

async fn until_it_owns_again(team: &mut Team) -> Verdict {
    let what = "worker 1 to have partition 0 again";
    let concept = "After `Lost` the next polls join the group again.";
    team.wait_until(what, concept, |timeline, _| {
        let owners = timeline.owners();
        expect(owners.get(&0) == Some(&WorkerId(1)), || {
            owners_text(&owners)
        })
    })
    .await
}

/// By the timeline, worker 1 has committed nothing older than `before` since worker 2 took over.
fn judge_told_commits(entries: &[Entry], before: &BTreeMap<i32, i64>) -> Verdict {
    let is_older = |entry: &&Entry| matches!(&entry.activity, Activity::Committed(offsets) if offsets.get(&0) < before.get(&0));
    let committed = entries
        .iter()
        .skip_while(|entry| entry.worker != WorkerId(2))
        .filter(|entry| entry.worker == WorkerId(1))
        .find(is_older);
    judge(committed.is_none(), || {
        Failure::new(
            format!("{committed:?}, after worker 2 had committed {before:?}"),
            "no `Committed` for what was lost",
            ALREADY_ELSEWHERE,
        )
    })
}
