//! That it ends when nothing comes, and what does not count as nothing.

use std::cell::Cell;
use std::future::ready;
use std::time::{Duration, Instant};

use event_log::consuming::EndReason;
use rstest::rstest;
use testbed::poll::poll_until;
use testbed::probe::Seed;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, NotGraded, NotPassed, Topic, Verdict, judge};
use tokio::time::MissedTickBehavior;

use crate::phase3::support::concepts::{EMPTY_POLL, NEVER_IDLE, NOTHING_COMES};
use crate::phase3::support::consumer::{consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::judge_ended;
use crate::phase3::support::options::{ENDLESS_IDLE_TIMEOUT, long_idle_timeout, stop_when_idle};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::{Run, report_of, returned_error};

/// It ends when no record came for `idle_timeout`, and not before, whether there was one at first or not.
#[rstest]
#[case::after_the_last_record(2)]
#[case::before_the_first_record(0)]
#[testbed::test]
async fn ends_when_idle(#[case] at_first: usize) -> Verdict {
    let idle_timeout = Duration::from_millis(1500);
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(at_first, 0))).await?;
    let handed = Handed::default();
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let begun = Instant::now();
    let run = Run::start(&consumer, &stop_when_idle(idle_timeout), handed.handler());
    let report = report_of(run.end_or(NEVER_IDLE).await?)?;
    let took = begun.elapsed();
    judge(took >= idle_timeout, || {
        Failure::new(
            format!("returned {report:?} after {}", seconds(took)),
            format!("at least the idle time-out of {}", seconds(idle_timeout)),
            EMPTY_POLL,
        )
    })?;
    judge_ended(&report, EndReason::Idle)
}

/// A member that has no partition is idle like any other: nothing comes for it.
#[rstest]
#[testbed::test]
async fn ends_when_idle_without_a_partition() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered([0])).await?;
    let group = topic.new_group();
    // The assignor goes by the members' names, which begin with the client's: the first gets the only partition.
    let member = |name: &str| {
        let mut config = only_member(&topic, &group);
        config.set("client.id", name);
        consumer(&config, &topic.name)
    };
    let (handed, nothing) = (Handed::default(), Handed::default());
    let owner = stop_when_idle(ENDLESS_IDLE_TIMEOUT);
    let mut owning = Run::start(&member("a")?, &owner, handed.handler());
    owning.hands_over(&handed, 1, NOTHING_COMES).await?;

    // Made only now: a member that nobody polls keeps the group from forming.
    let second = member("b")?;
    let options = stop_when_idle(Duration::from_millis(1500));
    let run = Run::start(&second, &options, nothing.handler());
    let concept = "A group may have more members than partitions, and then one of them gets nothing, for as long as that is so. No \
                   record for the whole of idle_timeout is what idle means, whatever the reason: the time runs from the start and \
                   does not wait for partitions.";
    let report = report_of(run.end_or(concept).await?)?;
    // What becomes of the first member's last commit is another matter: on the mock cluster the group may be rebalancing still.
    owner.stop.cancel();
    judge_ended(&report, EndReason::Idle)
}

/// A while without records is no end: the idle time-out is what counts.
#[rstest]
#[case::after_the_last_record(2)]
#[case::before_the_first_record(0)]
#[testbed::test]
async fn waits_for_more(#[case] at_first: usize) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(at_first, 0))).await?;
    let handed = Handed::default();
    let options = stop_when_idle(ENDLESS_IDLE_TIMEOUT);
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let mut run = Run::start(&consumer, &options, handed.handler());

    run.hands_over(&handed, at_first, EMPTY_POLL).await?;
    run.goes_on_for(Duration::from_millis(1300), &handed, EMPTY_POLL)
        .await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    run.hands_over(&handed, at_first + 2, EMPTY_POLL).await?;
    options.stop.cancel();
    Ok(())
}

/// Seeds a record like this every 300 ms, so long that one idle time-out does not reach from the first to the last. Keeps
/// the time of the last one.
async fn seed_steadily(
    topic: &Topic,
    record: &Seed,
    idle_timeout: Duration,
    last: &Cell<Instant>,
) -> Verdict {
    let begun = Instant::now();
    let mut interval = tokio::time::interval(Duration::from_millis(300));
    // A machine that stood still for all of the time must not pass for a run that went on.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut records = 0;
    while records < 3 || begun.elapsed() < idle_timeout * 5 / 4 {
        interval.tick().await;
        topic.seed(vec![record.clone()]).await?;
        records += 1;
        last.set(Instant::now());
    }
    Ok(())
}

/// The idle time begins anew with each record, be it an event or not.
#[rstest]
#[case::events(Seed::text(0, "{}"))]
#[case::records_that_are_no_events(Seed::text(0, "{"))]
#[testbed::test(deadline = 30)]
async fn is_not_idle_while_records_come(#[case] record: Seed) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    // The longer one is for a machine so busy that no record gets through in the first.
    for idle_timeout in [Duration::from_millis(1800), long_idle_timeout()] {
        let handed = Handed::default();
        let options = stop_when_idle(idle_timeout);
        let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
        let mut run = Run::start(&consumer, &options, handed.handler());
        let last = Cell::new(Instant::now());
        let outcome = tokio::select! {
            biased;
            seeded = seed_steadily(&topic, &record, idle_timeout, &last) => {
                options.stop.cancel();
                return seeded;
            }
            outcome = run.returned() => outcome,
        };
        if let Err(error) = outcome {
            return Err(returned_error(error).into());
        }
        let since_last = last.get().elapsed();
        judge(idle_timeout < long_idle_timeout(), || {
            Failure::new(
                format!(
                    "returned {outcome:?} {} after the last record was sent, while they kept coming",
                    seconds(since_last)
                ),
                format!(
                    "it goes on until nothing has come for {}",
                    seconds(idle_timeout)
                ),
                "The idle time-out is the time since the last record, whatever was in it. A time-out around the whole loop \
                 is a limit to the run, however much there is to do.",
            )
        })?;
    }
    Ok(())
}

const WORK_IS_NOT_IDLENESS: &str = "While the handler works nobody asks for records, so none can come: that is work and not \
                                    idleness. The idle time begins when the handler is done.";

/// The time in which the handler works is no time without records: the idle time begins when it is done.
#[rstest]
#[testbed::test(deadline = 30)]
async fn is_not_idle_while_the_handler_works() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered([0])).await?;
    // The longer one is for a machine so busy that the first passes while the group forms or the next record is sent.
    for idle_timeout in [Duration::from_secs(2), long_idle_timeout()] {
        let handed = Handed::default();
        let handler = handed.handler_that(move |earlier, _| {
            if earlier == 0 {
                std::thread::sleep(idle_timeout + Duration::from_millis(200));
            }
            Ok(())
        });
        let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
        let mut run = Run::start(&consumer, &stop_when_idle(idle_timeout), handler);
        let verdict = goes_on_after_the_work(&topic, &handed, &mut run, idle_timeout).await;
        let was_idle = handed
            .last_accepted()
            .map_or(handed.count() == 0, |at| at.elapsed() >= idle_timeout);
        if verdict.is_ok() || !was_idle || idle_timeout == long_idle_timeout() {
            return verdict;
        }
    }
    Ok(())
}

/// When the work is done, the next record may take a while.
async fn goes_on_after_the_work(
    topic: &Topic,
    handed: &Handed,
    run: &mut Run,
    idle_timeout: Duration,
) -> Verdict {
    run.hands_over(handed, 1, NOTHING_COMES).await?;
    let look = || {
        ready(Ok::<_, NotPassed>(
            (handed.accepted().len() == 1).then_some(()),
        ))
    };
    if poll_until(idle_timeout + long_idle_timeout(), look)
        .await?
        .is_none()
    {
        return Err(NotGraded::too_busy("the handler's sleep does not end"));
    }
    run.goes_on_for(Duration::from_millis(500), handed, WORK_IS_NOT_IDLENESS)
        .await?;
    topic.seed(numbered([0])).await?;
    run.hands_over(handed, 2, WORK_IS_NOT_IDLENESS).await
}

/// The end of a partition is no record and no end.
#[rstest]
#[testbed::test]
async fn the_end_of_a_partition_is_nothing() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(numbered([0, 0, 1])).await?;
    let handed = Handed::default();
    let options = stop_when_idle(ENDLESS_IDLE_TIMEOUT);
    let mut config = only_member(&topic, &topic.new_group());
    config.set("enable.partition.eof", "true");
    let consumer = consumer(&config, &topic.name)?;
    let mut run = Run::start(&consumer, &options, handed.handler());

    let concept = "With enable.partition.eof the consumer tells that it has read all there is for now, as an error \
                   PartitionEOF from poll or recv. More may come: is_transient holds for it.";
    run.hands_over(&handed, 3, concept).await?;
    run.goes_on_for(Duration::from_millis(500), &handed, concept)
        .await?;
    topic.seed(numbered([0, 1, 2])).await?;
    run.hands_over(&handed, 6, concept).await?;
    options.stop.cancel();
    let report = run.report().await?;
    judge(handed.count() == 6 && report.handled == 6, || {
        Failure::new(
            format!("{} events handed over, {report:?}", handed.count()),
            "handled: 6 for 6 events",
            "The end of a partition is not an event: it counts for nothing.",
        )
    })
}
