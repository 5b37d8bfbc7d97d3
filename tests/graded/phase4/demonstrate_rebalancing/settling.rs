//! Each step waits until the group has settled.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::Once;
use std::time::{Duration, Instant};

use event_log::timeline::{Activity, Entry, Timeline};
use rstest::rstest;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, Verdict, eventually, judge};

use crate::phase4::support::condition::expect;
use crate::phase4::support::demonstration::{
    Demonstration, DemonstrationOutcome, LIMIT, RunningDemonstration, report,
};
use crate::phase4::support::events::{event_at, events};
use crate::phase4::support::group_text::owned_by;
use crate::phase4::support::timeline::{running, settled, started};
use crate::support::gate::Gate;

const LOOK_DO_NOT_GUESS: &str = "How long a rebalance takes depends on heartbeats and on what the members are busy with. \
                                 Wait for what the timeline says, not for a time: both that the newest worker has been \
                                 assigned what it gets and that each partition has an owner.";

/// Where `wanted` happened, by the entries before it.
fn indices_of(entries: &[Entry], wanted: &Activity) -> Vec<usize> {
    let numbered = entries.iter().enumerate();
    numbered
        .filter(|(_, entry)| entry.activity == *wanted)
        .map(|(index, _)| index)
        .collect()
}

/// Each next worker starts and stops when the group has settled, however long that takes: members hear of a rebalance
/// with their next heartbeat, and worker 1 cannot poll before it is done with a slow event.
#[rstest]
#[testbed::test(real, long, deadline = 30)]
async fn starts_and_stops_when_the_group_has_settled() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    topic.seed(events(4, 5)).await?;
    let mut demonstration = Demonstration::new(topic, 3, 20)?;
    demonstration.plan.step_timeout = LONGEST_EVENT + Duration::from_secs(5);
    demonstration
        .client
        .set("session.timeout.ms", "9000")
        .set("heartbeat.interval.ms", "2500");
    let (gate, running) = begin_with_a_held_event(&demonstration);
    watch_the_slow_event(&demonstration.timeline, &running).await;
    gate.open();
    judge_starts(&demonstration)?;
    running.report().await?;
    judge_steps(&demonstration)
}

/// Begins a demonstration whose first event is held at the gate.
fn begin_with_a_held_event(demonstration: &Demonstration) -> (Gate, RunningDemonstration) {
    let (gate, first) = (Gate::closed(), Once::new());
    let wait = gate.waiter();
    let running = demonstration.begin(move |_| first.call_once(&wait));
    (gate, running)
}

/// How long the slow event may take.
const LONGEST_EVENT: Duration = Duration::from_secs(6);

/// Looks at the timeline while worker 1 is held up, until a step is taken that should not be, or long enough: longer
/// than the step before it took, so that whoever goes by the clock goes on meanwhile, whatever time that is.
async fn watch_the_slow_event(timeline: &Timeline, running: &RunningDemonstration) {
    let start_of = |number: usize| {
        let mut starts = timeline.entries().into_iter();
        let mut starts = starts
            .by_ref()
            .filter(|it| it.activity == Activity::Started);
        starts.nth(number - 1).map(|entry| entry.at)
    };
    let began = Instant::now();
    while !running.has_ended() && start_of(3).is_none() && began.elapsed() < LONGEST_EVENT * 2 {
        if let (Some(first), Some(second)) = (start_of(1), start_of(2)) {
            let watched = began.elapsed().saturating_sub(second);
            let enough = second.saturating_sub(first).mul_f64(1.5) + Duration::from_secs(2);
            if watched >= enough.min(LONGEST_EVENT) {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// The same with quick heartbeats, on any broker.
#[rstest]
#[testbed::test(deadline = 30)]
async fn goes_step_by_step() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    topic.seed(events(4, 5)).await?;
    let demonstration = Demonstration::new(topic, 3, 20)?;
    let outcome = demonstration.outcome().await?;
    judge_starts(&demonstration)?;
    report(&demonstration.timeline, outcome)?;
    judge_steps(&demonstration)
}

/// Those that have started have numbers of their own, and each one found a group that had settled.
fn judge_starts(demonstration: &Demonstration) -> Verdict {
    let entries = demonstration.timeline.entries();
    let partitions = demonstration.topic.partitions;
    let numbers = started(&entries);
    let own: BTreeSet<&u32> = numbers.iter().collect();
    judge(own.len() == numbers.len(), || {
        Failure::new(
            format!(
                "{} workers started, and they had {} different numbers",
                numbers.len(),
                own.len()
            ),
            "each worker with a number of its own, from 1 on",
            "The timeline tells workers apart by their numbers: each has a number of its own.",
        )
    })?;
    for &start in indices_of(&entries, &Activity::Started).iter().skip(1) {
        judge_settled(&entries[..start], partitions, &entries[start])?;
    }
    Ok(())
}

fn judge_steps(demonstration: &Demonstration) -> Verdict {
    judge_starts(demonstration)?;
    let entries = demonstration.timeline.entries();
    let partitions = demonstration.topic.partitions;
    let order = started(&entries);
    judge(order == [1, 2, 3], || {
        Failure::new(
            format!("workers started in the order {order:?}"),
            "[1, 2, 3]: plan.workers of them, numbered from 1",
            "Each worker has a number of its own, and each starts when the group has settled on the one before.",
        )
    })?;
    // The moment at which a worker was told to stop only its own code knows. That of `Left` is later, so look at the
    // group that was left behind when the one before had gone.
    let ends = indices_of(&entries, &Activity::Left);
    for pair in ends.windows(2) {
        judge_settled_between(&entries, pair[0], pair[1], partitions)?;
    }
    Ok(())
}

fn judge_settled(before: &[Entry], partitions: i32, step: &Entry) -> Verdict {
    let state = settled(before, partitions);
    judge(state.is_ok(), || {
        Failure::new(
            format!(
                "{} came at {:?}, when {}",
                step.worker,
                step.at,
                state.err().unwrap_or_default()
            ),
            "all partitions owned by the workers that run, and an assignment for the newest, before the next step",
            LOOK_DO_NOT_GUESS,
        )
    })
}

/// At some moment between two entries the group had settled.
fn judge_settled_between(
    entries: &[Entry],
    first: usize,
    second: usize,
    partitions: i32,
) -> Verdict {
    let ever = (first + 1..=second).any(|until| settled(&entries[..until], partitions).is_ok());
    judge(ever, || {
        let (gone, next) = (&entries[first], &entries[second]);
        Failure::new(
            format!(
                "{} left at {:?} and {} at {:?}, and in between partitions 0 to {} were never all owned by the {} that were \
                 left",
                gone.worker,
                gone.at,
                next.worker,
                next.at,
                partitions - 1,
                running(&entries[..=first]).len()
            ),
            "each next worker stopped when the group has settled on those that are left",
            LOOK_DO_NOT_GUESS,
        )
    })
}

/// Each step has `plan.step_timeout`, however long all of them take together.
#[rstest]
#[testbed::test(real, long, deadline = 30)]
async fn gives_each_step_its_time() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    topic.seed(events(2, 2)).await?;
    let mut demonstration = Demonstration::new(topic, 2, 5)?;
    // Worker 1 has its first event in hand before it hears of worker 2.
    demonstration
        .client
        .set("session.timeout.ms", "9000")
        .set("heartbeat.interval.ms", "2500");
    // Two steps that take this long, the second worker's and the work, are more than one step may take.
    let hold = demonstration.plan.step_timeout.mul_f64(0.55);
    let (gate, running) = begin_with_a_held_event(&demonstration);
    let timeline = &demonstration.timeline;
    let joins = timeline.wait_until(hold, |timeline| started(&timeline.entries()).len() == 2);
    // One that does not get there fails below.
    let _ = joins.await;
    tokio::time::sleep(hold).await;
    let held_up = settled(&timeline.entries(), 2).is_err();
    gate.open();
    until_processed(timeline, &running, 4).await?;
    if held_up {
        tokio::time::sleep(hold).await;
    }
    demonstration.topic.seed(vec![event_at(0, 2)]).await?;
    let outcome = running.outcome().await?;
    judge_in_time(outcome, hold, demonstration.plan.step_timeout)
}

/// Waits until so many events, all that are there, are processed, or the demonstration has ended.
async fn until_processed(
    timeline: &Timeline,
    running: &RunningDemonstration,
    count: usize,
) -> Verdict {
    let what = format!("the {count} events that are there to be processed");
    eventually(LIMIT, &what, LOOK_DO_NOT_GUESS, || {
        let processed = timeline.processed().len();
        let there = processed == count || running.has_ended();
        ready(Ok(expect(there, || format!("{processed} processed"))))
    })
    .await
}

/// The demonstration did not give up: each step took `hold`, which is less than `step_timeout`.
fn judge_in_time(outcome: DemonstrationOutcome, hold: Duration, step_timeout: Duration) -> Verdict {
    judge(outcome.is_ok(), || {
        Failure::new(
            format!(
                "the error «{}», while each step took about {}",
                outcome
                    .err()
                    .map(|error| error.to_string())
                    .unwrap_or_default(),
                seconds(hold)
            ),
            format!("Ok: each step may take {}", seconds(step_timeout)),
            "plan.step_timeout is for one step: it begins anew with each, and bounds no two together.",
        )
    })
}

/// On the broker, too, the group of all workers settles, and stays until everything is processed.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn is_one_group_on_the_broker() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    topic.seed(events(4, 3)).await?;
    // The rest of the events comes when the broker has been asked.
    let demonstration = Demonstration::new(topic, 3, 16)?;
    let running = demonstration.begin(|_| {});
    let probe = demonstration.probe.clone();
    eventually(
        LIMIT,
        "three members that own partitions 0 to 3 between them",
        "The workers share one group.id, config.client's, and all of them run at the same time.",
        || async {
            let members = probe.members().await?;
            let owned = owned_by(&members);
            let settled = members.len() == 3 && owned == [0, 1, 2, 3];
            // One that has ended says below why.
            Ok(expect(settled || running.has_ended(), || {
                format!("{} members, which own {owned:?}", members.len())
            }))
        },
    )
    .await?;
    demonstration.topic.seed(events(4, 1)).await?;
    running.report().await?;
    Ok(())
}

/// With more workers than partitions the group settles too: somebody gets nothing, and no event.
///
/// The mock cluster now and then takes tens of seconds to settle once a member without partitions is left.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn settles_with_idle_workers() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    topic.seed(events(2, 5)).await?;
    let mut demonstration = Demonstration::new(topic, 3, 10)?;
    // Sticky, so that it is the newest worker that gets nothing.
    let assignor = "partition.assignment.strategy";
    demonstration.client.set(assignor, "cooperative-sticky");
    let report = demonstration.report().await?;
    judge(report.workers.len() == 3, || {
        Failure::new(
            format!("{report:?}"),
            "a report of each of 3 workers",
            "A worker without partitions is a member of the group all the same.",
        )
    })
}
