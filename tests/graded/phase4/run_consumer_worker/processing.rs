//! It calls `work` with every event of its partitions.

use std::collections::BTreeSet;
use std::time::Duration;

use event_log::timeline::Activity;
use rstest::rstest;
use serde_json::json;
use testbed::history::{self, PartitionOffset};
use testbed::probe::Seed;
use testbed::{Cluster, Failure, NotGraded, Verdict, has_passed, judge, within};

use crate::phase4::support::committed::judge_committed;
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::{event_at, events};
use crate::phase4::support::quiet::QUIET;
use crate::phase4::support::team::Team;
use crate::support::gate::Gate;

const EVERY_EVENT: &str = "Each record that is polled is handed to `work` before the next poll: what is polled and not \
                           worked on is lost as soon as a later offset is committed.";

/// `work` is called with every event, in the order of their offsets within a partition.
#[rstest]
#[testbed::test(deadline = 30)]
async fn works_in_the_order_of_offsets() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(3).await?)?;
    team.topic.seed(events(3, 20)).await?;
    // Every other event takes longer, so whoever works on several at once ends them out of order.
    team.start_with(1, |(_, offset)| {
        if offset % 2 == 0 {
            std::thread::sleep(Duration::from_millis(15));
        }
    });
    team.until_done(60, EVERY_EVENT).await?;
    team.stop(1).await?;

    let calls = team.log.calls();
    let wrong = calls
        .iter()
        .find(|call| call.payload != json!({ "partition": call.place.0, "number": call.place.1 }));
    judge(wrong.is_none(), || {
        Failure::new(
            format!("{wrong:?}"),
            "each event as it is in the log, with the place it has there",
            "ReceivedEvent::from_record reads the event and its place from one record.",
        )
    })?;
    let begun: Vec<PartitionOffset> = calls.iter().map(|call| call.place).collect();
    // Whether they also begin out of order is chance, so how they end is looked at first.
    for (what, order) in [("ended", team.log.done()), ("began", begun)] {
        // A rebalance may have repeated some: the first time counts.
        let mut met = BTreeSet::new();
        let first_times: Vec<PartitionOffset> =
            order.into_iter().filter(|at| met.insert(*at)).collect();
        let out_of_order = history::out_of_order(&first_times);
        judge(out_of_order.is_none(), || {
            Failure::new(
                format!(
                    "work {what} out of order: {}",
                    out_of_order.unwrap_or_default()
                ),
                "within each partition, one event after the other",
                "Kafka keeps the order of a partition only until the record is handed over. A task for each event gives \
                 it away: end one event of a partition before the next.",
            )
        })?;
    }
    Ok(())
}

/// Records that are no events are counted, passed over, and committed past.
#[rstest]
#[testbed::test(deadline = 30)]
async fn passes_over_what_is_no_event() -> Verdict {
    let raw = |value: Option<&[u8]>| Seed {
        value: value.map(<[u8]>::to_vec),
        ..Seed::text(0, "")
    };
    let mut team = Team::new(Cluster::shared()?.topic(1).await?)?;
    let records = vec![
        raw(None),
        event_at(0, 1),
        raw(Some(b"\xff\xfe")),
        raw(Some(b"{ no json")),
        event_at(0, 4),
    ];
    team.topic.seed(records).await?;
    let concept = "A record that is no event will be none the next time either: count it and go on. An unwrap or an \
                   error ends the worker, and whoever takes its partition meets the same record.";
    team.start(1);
    let done = team.until_done(2, concept).await;
    done.map_err(|not_passed| not_passed.with_concept(concept))?;
    let report = team.stop(1).await?;

    let places = team.log.done_once();
    let seen = format!("{report:?}, and `work` was called with the events at {places:?}");
    judge(
        places == BTreeSet::from([(0, 1), (0, 4)]) && report.processed == 2 && report.skipped == 3,
        || {
            Failure::new(
                seen,
                "2 processed, at offsets 1 and 4, and 3 skipped",
                concept,
            )
        },
    )?;
    let told = team.timeline.processed();
    judge(told == places, || {
        Failure::new(
            format!("the timeline has `Processed` for {} records", told.len()),
            "`Processed` for the 2 events only",
            "What is no event is passed over, and nothing was worked on: it is counted in the report, and not told.",
        )
    })?;
    let committed = team.probe.committed().await?;
    judge_committed("at the end", &committed, &[(0, 5)].into(), concept)
}

/// `work` may block: what else the runtime has to do goes on meanwhile.
#[rstest]
#[testbed::test(deadline = 30)]
async fn holds_up_nobody_while_it_works() -> Verdict {
    let mut team = Team::on_one_thread(Cluster::shared()?.topic(1).await?)?;
    team.topic.seed(events(1, 2)).await?;
    let gate = Gate::closed();
    let wait = gate.waiter();
    team.start_with(1, move |_| wait());
    team.wait_until("`work` to be called", EVERY_EVENT, |_, log| {
        expect(!log.calls().is_empty(), || "no call".to_owned())
    })
    .await?;

    let beside = team.spawn_beside();
    let what = "another task of the runtime, while `work` blocks";
    let concept = "A call that blocks on an async thread holds up every other task of that thread, and on a runtime with one \
                   thread all of them: other workers, timers, whoever wants to stop this one. Blocking work belongs where \
                   blocking is allowed, as in spawn_blocking or on a thread of its own.";
    let went_on = within(QUIET, what, concept, beside).await;
    gate.open();
    went_on?.map_err(|error| NotGraded::broken("a task of the check's own", &error))?;
    team.until_done(2, EVERY_EVENT).await?;
    team.stop(1).await?;
    Ok(())
}

/// It polls between one event and the next: slow work on many events does not cost it its membership.
#[rstest]
#[testbed::test(mock, long, deadline = 30)]
async fn polls_between_events() -> Verdict {
    // Two batches of these: one of them takes longer than the interval, wherever the first one ends.
    const EVENTS: usize = 13;
    let cluster = Cluster::mock()?;
    let mut team = Team::new(cluster.topic(1).await?)?;
    team.client.set("max.poll.interval.ms", "3000");
    team.topic.seed(events(1, EVENTS)).await?;
    team.start_with(1, |_| std::thread::sleep(Duration::from_millis(500)));
    let concept = "A member that does not poll for max.poll.interval.ms counts as stuck and loses its partitions. Many \
                   events at a time, worked on without a poll between them, take longer than the slowest one.";
    let lost = |activity: &Activity| matches!(activity, Activity::Lost(_));
    let done = has_passed(team.until_done(EVENTS, concept).await)?;
    let story = team.story_of(1);
    judge(done && !story.iter().any(lost), || {
        Failure::new(
            format!(
                "{} of {EVENTS} events of 0.5 s each worked on, and by the timeline its partition was lost {} times",
                team.log.done_once().len(),
                story.iter().filter(|it| lost(it)).count()
            ),
            format!(
                "all {EVENTS} worked on, no partition lost: each takes far less than max.poll.interval.ms, here 3 s"
            ),
            concept,
        )
    })
}
