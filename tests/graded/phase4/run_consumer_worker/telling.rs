//! What the timeline gets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use event_log::group::WorkerId;
use event_log::timeline::{Activity, Entry, ownership};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::history::PartitionOffset;
use testbed::{Cluster, Failure, Verdict, has_passed, judge};

use crate::phase4::support::condition::expect;
use crate::phase4::support::events::events;
use crate::phase4::support::quiet::QuietTimer;
use crate::phase4::support::team::Team;

const HANDED_OVER: &str = "Each record that is polled is handed to `work`.";

/// `Started`, `Assigned`, what happens between, `Revoked` of everything, and `Left` at the end.
#[rstest]
#[testbed::test(deadline = 30)]
async fn tells_from_started_to_left() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(3).await?)?;
    team.topic.seed(events(3, 4)).await?;
    team.start(7);
    team.until_settled(&[7]).await?;
    team.until_done(12, HANDED_OVER).await?;
    team.stop(7).await?;

    let entries = team.timeline.entries();
    let story = team.story_of(7);
    let foreign = entries.iter().any(|entry| entry.worker != WorkerId(7));
    let started = story.first() == Some(&Activity::Started);
    let left = entries.last().map(|entry| &entry.activity) == Some(&Activity::Left);
    let times = |wanted: &Activity| story.iter().filter(|it| *it == wanted).count();
    let once = times(&Activity::Started) == 1 && times(&Activity::Left) == 1;
    let before_left: Vec<Entry> = entries
        .iter()
        .take_while(|entry| entry.activity != Activity::Left)
        .cloned()
        .collect();
    let kept = ownership::owners(&before_left).len();
    judge(kept == 0, || {
        Failure::new(
            format!("before `Left`, {kept} of 3 partitions were not given up"),
            "`Revoked`, or `Lost`, for everything that was `Assigned`, and `Left` after it",
            "Leaving the group revokes too, and the rebalance callback is called for it, while the consumer closes: keep \
             what it writes to alive until then. Say `Left` when it has left: dropping a consumer blocks until then, and \
             no other thread can do it for the worker without being waited for.",
        )
    })?;
    judge(started && left && once && !foreign, || {
        Failure::new(
            format!("{story:?}"),
            "for worker-7: `Started` first, `Left` last, each once",
            "The timeline is how others see a worker: `Started` before it can be given anything, `Left` when it has left.",
        )
    })?;
    judge_processed(&team)
}

/// `Processed` is told for each call of `work`, while the partition was the worker's own.
fn judge_processed(team: &Team) -> Verdict {
    let told = team.timeline.processed_in_order();
    let done = team.log.done();
    judge(told == done, || {
        Failure::new(
            format!("`Processed` for {told:?}, and `work` was called for {done:?}"),
            "`Processed` for each event, in the order in which they were worked on",
            "One entry for each event, with the event's own partition and offset.",
        )
    })
}

/// `Processed` is told after the work, not before.
#[rstest]
#[testbed::test(deadline = 30)]
async fn tells_processed_after_the_work() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.topic.seed(events(1, 5)).await?;
    let early: Arc<AtomicUsize> = Arc::default();
    let (timeline, count) = (team.timeline.clone(), Arc::clone(&early));
    team.start_with(1, move |place: PartitionOffset| {
        if timeline.processed().contains(&place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    team.until_done(5, HANDED_OVER).await?;
    team.stop(1).await?;

    let early = early.load(Ordering::Relaxed);
    // A rebalance may repeat events, whose entries are there from the first time.
    let again = team.log.done().len() - 5;
    judge(early <= again, || {
        Failure::new(
            format!("for {early} of 5 events, `Processed` was there while `work` still ran"),
            "`Processed` when `work` has returned",
            "What is still being worked on may yet fail: say that it is done when it is.",
        )
    })
}

/// An assignment without partitions is told like any other: there are more workers than partitions.
#[rstest]
#[testbed::test(deadline = 30)]
async fn tells_an_empty_assignment() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.start(1);
    team.until_settled(&[1]).await?;
    team.start(2);
    let concept = "One of two members gets nothing when there is one partition, and it is told so like any other: an \
                   empty list in the callback is its assignment. Whoever waits for the group to settle waits for it.";
    let what =
        "`Assigned` with no partitions for one worker, while the other one has the partition";
    team.wait_until(what, concept, |timeline, _| {
        let entries = timeline.entries();
        let nothing = entries
            .iter()
            .any(|entry| entry.activity == Activity::Assigned(Vec::new()));
        let both = [1, 2].map(|number| timeline.has_been_assigned(WorkerId(number)));
        expect(
            nothing && both == [true; 2] && timeline.owners().len() == 1,
            || {
                let assigned = both.iter().filter(|assigned| **assigned).count();
                format!("by the timeline {assigned} of 2 workers have been assigned what they get")
            },
        )
    })
    .await?;
    team.stop_all().await?;
    Ok(())
}

/// `Revoked` is told as it happens: before the broker gives anything of it to another.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn tells_of_a_revocation_as_it_happens() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    // There are no events, so that nothing else makes a worker look up.
    team.start(1);
    team.until_settled(&[1]).await?;
    team.start(2);
    let what = "the group to give each of two members a partition";
    let concept = "A member that keeps polling takes part in the rebalance, and the group shares the partitions out.";
    team.until_members(QuietTimer::default(), what, concept, |members| {
        let with_one = members.iter().filter(|member| member.partitions.len() == 1);
        let count = with_one.count();
        expect(count == 2, || {
            format!("the broker lists {count} members with a partition")
        })
    })
    .await?;
    // A member joins anew only when its callback has returned, and until then nobody gets anything.
    let story = team.story_of(1);
    let told = story
        .iter()
        .any(|activity| matches!(activity, Activity::Revoked(_)));
    judge(told, || {
        Failure::new(
            format!(
                "the broker has given one of two partitions to worker 2, and the timeline says of worker 1 {story:?}"
            ),
            "`Revoked` before that",
            "The timeline is for others to see who owns what: tell it in the callback, before it returns. Whoever puts it down to be \
             told later tells of the past.",
        )
    })?;
    team.stop_all().await?;
    Ok(())
}

/// `Committed` comes to what the broker has.
#[rstest]
#[testbed::test(deadline = 30)]
async fn tells_what_is_committed() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    team.topic.seed(events(2, 5)).await?;
    team.start(1);
    team.until_done(10, HANDED_OVER).await?;
    team.stop(1).await?;

    let mut told: BTreeMap<i32, i64> = BTreeMap::new();
    for activity in team.story_of(1) {
        if let Activity::Committed(offsets) = activity {
            told.extend(offsets);
        }
    }
    let committed = team.probe.committed().await?;
    judge(told == committed, || {
        Failure::new(
            format!(
                "the timeline's `Committed` entries come to {told:?}, the broker has {committed:?}"
            ),
            "`Committed` with the offsets that the broker has accepted, by partition",
            "A commit that waits for the answer returns Ok when the broker has accepted it, so write it down then. The \
             offsets are those committed: of the next event to work on.",
        )
    })
}

/// A commit that the broker refuses is not told.
#[rstest]
#[testbed::test(mock, deadline = 30)]
async fn tells_no_refused_commit() -> Verdict {
    let cluster = Cluster::mock()?;
    let mut team = Team::new(cluster.topic(1).await?)?;
    team.topic.seed(events(1, 3)).await?;
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::OffsetCommit, &[refusal; 200]);
    team.start(1);
    let log = team.log.clone();
    let done = has_passed(team.until_done(3, HANDED_OVER).await)?;
    // A worker that commits after each event may have ended with the error already.
    if done {
        team.cancel(1);
        let _ = team.ended(1).await?;
    }

    let committed = team.probe.committed().await?;
    let story = team.story_of(1);
    let told = story
        .iter()
        .filter(|activity| matches!(activity, Activity::Committed(offsets) if !offsets.is_empty()))
        .count();
    judge(told == 0 && !log.done().is_empty(), || {
        Failure::new(
            format!(
                "the timeline tells of {told} commits, while the broker refused each: it has {} offsets of the group",
                committed.len()
            ),
            "no `Committed` entry",
            "That a commit was sent says nothing: an asynchronous one returns Ok before the broker has seen it. Write \
             down what the broker has accepted.",
        )
    })
}
