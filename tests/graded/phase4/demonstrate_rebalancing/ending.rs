//! How a demonstration ends, and what it reports.

use std::time::Duration;

use event_log::group::{RebalanceReport, WorkerId};
use event_log::timeline::{Activity, Entry};
use rstest::rstest;
use testbed::{Cluster, Failure, NotGraded, NotPassed, Verdict, judge};

use crate::phase4::support::demonstration::{Demonstration, TRIES, judge_all_left, report};
use crate::phase4::support::events::{events, places};
use crate::phase4::support::group_text::members_text;

fn workers_that_left(entries: &[Entry]) -> Vec<u32> {
    entries
        .iter()
        .filter(|entry| entry.activity == Activity::Left)
        .map(|entry| entry.worker.0)
        .collect()
}

/// The workers stop in the order in which they started.
#[rstest]
#[testbed::test(deadline = 30)]
async fn stops_in_the_order_of_start() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(events(3, 4)).await?;
    let demonstration = Demonstration::new(topic, 3, 12)?;
    demonstration.report().await?;

    let order = workers_that_left(&demonstration.timeline.entries());
    judge(order == [1, 2, 3], || {
        Failure::new(
            format!("workers left in the order {order:?}"),
            "[1, 2, 3]",
            "Cancel one token at a time, each worker's own, and await its task before the next: first started, first \
             stopped.",
        )
    })
}

/// The group is empty on the broker when it returns, though nobody's session can have timed out.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn leaves_an_empty_group() -> Verdict {
    let topic = Cluster::shared()?.topic(2).await?;
    topic.seed(events(2, 4)).await?;
    let mut demonstration = Demonstration::new(topic, 2, 8)?;
    demonstration.client.set("session.timeout.ms", "45000");
    let ended = demonstration.begin(|_| {}).ended().await?;
    let members = demonstration.probe.members().await?;

    report(&demonstration.timeline, ended.outcome)?;
    judge_all_left(&ended.entries)?;
    judge(members.is_empty(), || {
        Failure::new(
            members_text(&members, "when it has returned,"),
            "no member: every worker has left",
            "Cancelling a token asks a worker to stop. Await its task: only then has it left.",
        )
    })
}

/// The report has each worker's report in order, how many different events were processed, and how many again.
#[rstest]
#[testbed::test(deadline = 30)]
async fn reports_what_was_processed() -> Verdict {
    let topic = Cluster::shared()?.topic(4).await?;
    topic.seed(events(4, 25)).await?;
    let demonstration = Demonstration::new(topic, 2, 100)?;
    let slow = |_| std::thread::sleep(Duration::from_millis(10));
    let running = demonstration.begin(slow);
    let report = running.report().await?;

    let different = demonstration.log.done_once();
    let missing = testbed::history::lost(&places(4, 25), &different);
    judge(missing.is_none(), || {
        Failure::new(
            missing.unwrap_or_default(),
            "all 100 events worked on before the workers stop",
            "No event may get lost between two owners: commit what was processed, and nothing else.",
        )
    })?;
    judge_report(&demonstration, &report)
}

/// What is worked on again is counted as repeated, and once as processed.
#[rstest]
#[testbed::test(mock, long, deadline = 90)]
async fn reports_what_was_repeated() -> Verdict {
    for _ in 0..TRIES {
        let (_cluster, demonstration) = Demonstration::without_commits(10).await?;
        let report = demonstration.report().await?;
        judge_report(&demonstration, &report)?;
        if demonstration.repeated() > 0 {
            return Ok(());
        }
    }
    let reason =
        format!("nothing was worked on again in {TRIES} tries, so there was nothing to count");
    Err(NotPassed::NotGraded(NotGraded::FaultNotInjected(reason)))
}

/// What the report counts is what happened, also where it is more than was planned.
#[rstest]
#[testbed::test(deadline = 90)]
async fn reports_more_than_was_planned() -> Verdict {
    for _ in 0..TRIES {
        let topic = Cluster::shared()?.topic(2).await?;
        topic.seed(events(2, 20)).await?;
        let demonstration = Demonstration::new(topic, 2, 10)?.unhurried();
        let report = demonstration.report().await?;
        judge_report(&demonstration, &report)?;
        if demonstration.log.done_once().len() > 10 {
            return Ok(());
        }
    }
    let reason = format!(
        "no more than the 10 planned of 40 events were processed in {TRIES} tries, so the two cannot be told apart"
    );
    Err(NotPassed::NotGraded(NotGraded::FaultNotInjected(reason)))
}

fn judge_report(demonstration: &Demonstration, report: &RebalanceReport) -> Verdict {
    let done = demonstration.log.done();
    let different = demonstration.log.done_once();
    let repeated = done.len() - different.len();
    let order: Vec<WorkerId> = report.workers.iter().map(|(worker, _)| *worker).collect();
    let counted: usize = report.workers.iter().map(|(_, of)| of.processed).sum();
    let right = report.processed == different.len() && report.repeated == repeated;
    judge(
        right && order == [WorkerId(1), WorkerId(2)] && counted == done.len(),
        || {
            Failure::new(
                format!(
                    "{report:?}, while `work` was called {} times for {} different events",
                    done.len(),
                    different.len()
                ),
                format!(
                    "workers 1 and 2, whose counts add up to {}, {} processed, {repeated} repeated",
                    done.len(),
                    different.len()
                ),
                "An event that was processed twice is one event, repeated once: the timeline has the place of each.",
            )
        },
    )
}
