//! It stops promptly, and has left the group when it returns.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use event_log::timeline::Activity;
use rstest::rstest;
use testbed::poll::poll_until;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, NotPassed, SLOW_WAIT, Verdict, judge};

use crate::phase4::support::committed::judge_committed;
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::events;
use crate::phase4::support::group_text::members_text;
use crate::phase4::support::quiet::QuietTimer;
use crate::phase4::support::team::Team;
use crate::support::gate::Gate;

/// How soon a worker without work returns. It takes some hundred milliseconds; checks run side by side on a busy machine.
const PROMPTLY: Duration = Duration::from_secs(4);

/// It stops when no record comes, with partitions or without any.
#[rstest]
#[case::with_partitions(1)]
#[case::without_partitions(2)]
#[testbed::test(deadline = 30)]
async fn stops_when_no_record_comes(#[case] workers: u32) -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    for number in 1..=workers {
        team.start(number);
        team.until_settled(&(1..=number).collect::<Vec<_>>())
            .await?;
    }
    let owner = team.timeline.owners().get(&0).map(|owner| owner.0);
    let idle = (1..=workers).find(|number| workers == 1 || Some(*number) != owner);
    let idle = idle.unwrap_or(1);
    team.cancel(idle);
    team.until_returned(
        idle,
        PROMPTLY,
        "Once `stop` is cancelled no record may ever come: wait for the token and for the next record at the same time, or \
         poll with a short time-out and look at the token between polls. And a rebalance callback is quick: the whole group \
         waits for it.",
    )
    .await?;
    team.stop(idle).await?;
    Ok(())
}

/// It goes on when no record comes for a while, until it is told to stop.
#[rstest]
#[testbed::test(deadline = 30)]
async fn goes_on_when_no_record_comes() -> Verdict {
    let concept = "That a poll brings nothing says nothing about what is to come.";
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.topic.seed(events(1, 3)).await?;
    team.start(1);
    team.until_done(3, concept).await?;
    // Longer than a poll is likely to wait.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    team.topic.seed(events(1, 3)).await?;
    team.until_done(6, concept).await?;
    team.stop(1).await?;
    Ok(())
}

/// The same for a while that is longer than many a time limit.
#[rstest]
#[testbed::test(slow, deadline = 40)]
async fn has_patience_for_the_next_record() -> Verdict {
    let concept = "A worker waits for the next event until it is told to stop, be it for hours: no time without events says \
                   that none will come. Whoever leaves makes the whole group rebalance.";
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.topic.seed(events(1, 3)).await?;
    team.start(1);
    team.until_done(3, concept).await?;
    let silent_since = Instant::now();
    let ended = || ready(Ok::<_, NotPassed>(team.has_ended().then_some(())));
    poll_until(SLOW_WAIT, ended).await?;
    let went_on_for = silent_since.elapsed();
    judge(!team.has_ended(), || {
        Failure::new(
            format!(
                "the worker returned when no event had come for {}",
                seconds(went_on_for)
            ),
            "it waits for more until it is told to stop",
            concept,
        )
    })?;
    team.topic.seed(events(1, 3)).await?;
    team.until_done(6, concept).await?;
    team.stop(1).await?;
    Ok(())
}

/// When there is always a next record, it stops after the event in hand.
#[rstest]
#[testbed::test(deadline = 30)]
async fn stops_after_the_event_in_hand() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    team.topic.seed(events(1, 300)).await?;
    let calls: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&calls);
    let gate = Gate::closed();
    let wait = gate.waiter();
    team.start_with(1, move |(_, offset)| {
        count.fetch_add(1, Ordering::Relaxed);
        if offset == 3 {
            wait();
        }
    });
    team.wait_until(
        "`work` to be called with offset 3",
        "Each record that is polled is handed to `work`.",
        |_, log| {
            let begun = log.calls().len();
            expect(begun >= 4, || format!("{begun} calls"))
        },
    )
    .await?;
    team.cancel(1);
    gate.open();
    let ended = team.ended(1).await?;

    let done = team.log.done_once().len();
    // Whoever waits for token and record at once may be handed a few more.
    judge(ended.is_ok() && (4..=24).contains(&done), || {
        Failure::new(
            format!("{ended:?} after {done} events, told to stop during the 4th of 300"),
            "Ok after the event in hand",
            "Look at the token between one event and the next. What has been fetched and not worked on is nobody's loss: \
             it is not committed, and the next owner fetches it again.",
        )
    })?;
    let committed = team.probe.committed().await?;
    let expected = team.log.next_offsets();
    judge_committed(
        "after it stopped",
        &committed,
        &expected,
        "What was worked on is committed, the event in hand included.",
    )
}

/// When it returns, the broker knows no member any more, though nobody's session can have timed out.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn has_left_the_group_when_it_returns() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    team.client.set("session.timeout.ms", "45000");
    team.start(1);
    team.until_settled(&[1]).await?;
    let by_subscription = "Subscribe with the `group.id` of `config.client`.";
    team.until_members(
        QuietTimer::default(),
        "one member in the group",
        by_subscription,
        |members| {
            let count = members.len();
            expect(count == 1, || format!("{count} members"))
        },
    )
    .await?;
    team.stop(1).await?;

    let members = team.probe.members().await?;
    judge(members.is_empty(), || {
        Failure::new(
            members_text(&members, "after the worker has returned"),
            "no member: the worker has left",
            "A consumer leaves when it is closed, which is when its last owner drops it; dropping blocks until it has \
             left. One that lives on in a task or in a forgotten Arc stays a member until its session times out, and its \
             partitions lie idle for as long. So does one with a group.instance.id, which does not leave when it closes.",
        )
    })?;
    let left = team.timeline.entries().pop().map(|entry| entry.activity);
    judge(left == Some(Activity::Left), || {
        Failure::new(
            format!("the last entry is {left:?}"),
            "`Left`",
            "Say that the worker has left when it has.",
        )
    })
}
