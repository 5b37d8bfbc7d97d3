//! What is committed, and when.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use event_log::consuming::{ConsumeError, ConsumeOptions};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use testbed::history::committed_ahead;
use testbed::probe::GroupProbe;
use testbed::wait::seconds;
use testbed::{Cluster, Failure, NotGraded, Topic, Verdict, judge};

use crate::phase3::support::concepts::NOTHING_COMES;
use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::{judge_any_handed, judge_committed, judge_committed_or};
use crate::phase3::support::options::{long_idle_timeout, stop_after, stop_when_idle};
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::{Run, consume, consume_until_idle};

/// Uneven partitions: 2, 3 and 4 events.
const UNEVEN: [i32; 9] = [0, 1, 2, 0, 1, 2, 1, 2, 2];

/// All that the handler accepted is committed, and it did accept something.
async fn judge_all_committed(
    topic: &Topic,
    group: &str,
    handed: &Handed,
    outcome: &(dyn Debug + Sync),
) -> Verdict {
    judge_any_handed(handed, outcome)?;
    judge_committed(topic, group, &handed.accepted()).await
}

/// It commits the last processed offset + 1 of every partition before it returns: after `max_events`.
#[rstest]
#[testbed::test]
async fn commits_every_partition_before_it_returns_at_max_events() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(numbered(UNEVEN)).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let report = consume(&consumer, &stop_after(9), handed.handler()).await?;
    judge_all_committed(&topic, &group, &handed, &report).await
}

/// The same when it ends because no more records come.
#[rstest]
#[testbed::test]
async fn commits_every_partition_before_it_returns_when_idle() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(numbered(UNEVEN)).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let report = consume_until_idle(&topic, &group, &handed).await?;
    judge_all_committed(&topic, &group, &handed, &report).await
}

/// The same when it is stopped.
#[rstest]
#[testbed::test]
async fn commits_every_partition_before_it_returns_when_stopped() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(numbered(UNEVEN)).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let options = stop_when_idle(long_idle_timeout());
    let stop = options.stop.clone();
    let handler = handed.handler_that(move |earlier, _| {
        if earlier == 8 {
            stop.cancel();
        }
        Ok(())
    });
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let report = consume(&consumer, &options, handler).await?;
    judge_all_committed(&topic, &group, &handed, &report).await
}

/// The same when the handler refuses an event: what was accepted before, in whichever partition, is committed.
#[rstest]
#[testbed::test]
async fn commits_every_partition_before_it_returns_when_the_handler_refuses() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    topic.seed(numbered(UNEVEN)).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let handler = handed.handler_that(|earlier, _| match earlier {
        8 => Err("refused".into()),
        _ => Ok(()),
    });
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let outcome = Run::start(&consumer, &stop_after(9), handler).end().await?;
    judge_all_committed(&topic, &group, &handed, &outcome).await
}

/// Watches for a while that nothing past `processed` is committed. A watch cannot prove the promise, only break it: it
/// lasts several intervals of the auto-commit.
async fn watch_commits(probe: &GroupProbe, processed: &BTreeMap<i32, i64>) -> Verdict {
    let until = Instant::now() + Duration::from_millis(700);
    while Instant::now() < until {
        let committed = probe.committed().await?;
        let ahead = committed_ahead(&committed, processed);
        judge(ahead.is_none(), || {
            Failure::new(
                format!(
                    "{}, and the handler is still at work on the next one",
                    ahead.unwrap_or_default()
                ),
                "no offset is committed before the handler has accepted the event",
                "Received is not processed. Auto-commit, a commit before the handler, a commit of the consumer's position \
                 or a commit of a later event count the event as done, and a crash now loses it.",
            )
        })?;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    Ok(())
}

/// An event's offset is committed only after the handler has accepted the event. The handler is held at one of six
/// events, which all wait in the consumer.
#[rstest]
#[case::first(0)]
#[case::third(2)]
#[testbed::test]
async fn commits_only_after_the_handler(#[case] held: usize) -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(6, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let probe = topic.group_probe(&group)?;
    let (handler, gate) = handed.handler_held_after(held);
    let mut config = only_member(&topic, &group);
    // Auto-commit is off in `create_consumer`. Where it was left on, this makes it quick.
    config.set("auto.commit.interval.ms", "100");
    let consumer = consumer(&config, &topic.name)?;
    let mut run = Run::start(&consumer, &stop_after(6), handler);

    run.hands_over(&handed, held + 1, NOTHING_COMES).await?;
    let processed = BTreeMap::from([(0, i64::try_from(held).unwrap_or_default())]);
    watch_commits(&probe, &processed).await?;
    gate.open();
    let report = run.report().await?;
    judge_all_committed(&topic, &group, &handed, &report).await
}

/// It waits for the broker's answer to the last commit, also when it is stopped.
#[rstest]
#[case::at_max_events(stop_after(3))]
#[case::when_stopped(stop_when_idle(long_idle_timeout()))]
#[testbed::test(mock)]
async fn waits_for_the_answer_to_the_last_commit(#[case] options: ConsumeOptions) -> Verdict {
    let round_trip = Duration::from_millis(400);
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    let handed = Handed::default();
    let (handler, gate) = handed.handler_held_after(2);
    let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
    let mut run = Run::start(&consumer, &options, handler);
    run.hands_over(&handed, 3, NOTHING_COMES).await?;

    cluster.faults()?.round_trip_time(round_trip)?;
    if options.max_events.is_none() {
        options.stop.cancel();
    }
    let accepted = Instant::now();
    gate.open();
    let outcome = run.end().await?;
    let took = accepted.elapsed();
    cluster.faults()?.round_trip_time(Duration::ZERO)?;
    close(consumer).await?;

    judge(took >= round_trip, || {
        Failure::new(
            format!(
                "returned {outcome:?} {} after the last event was accepted",
                seconds(took)
            ),
            format!(
                "at least {}, which is what the broker takes to answer a commit",
                seconds(round_trip)
            ),
            "An asynchronous commit is a request put into a queue. Whether the last one worked is known when the broker \
             has answered: commit it synchronously.",
        )
    })
}

/// The committed offset is one past the last processed, also where offsets are missing in between.
#[rstest]
#[testbed::test(real)]
async fn commits_offsets_and_not_counts() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    topic.seed_aborted(numbered(repeat(3, 0))).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let report = consume(&consumer, &stop_after(4), handed.handler()).await?;
    judge_any_handed(&handed, &report)?;
    judge_committed_or(&topic, &group, &handed.accepted(), |_, _| {
        "Offsets are not counted: aborted transactions and compaction leave gaps, so the next offset to read is the last \
         processed record's own offset + 1, however many records there were."
    })
    .await
}

/// A refusal that passes leaves nothing uncommitted unnoticed: what was processed is committed, or an error with the broker's
/// code says that it is not. Whoever has committed the last event has met the refusal: it is in hand when that is ordered.
#[rstest]
#[testbed::test(mock)]
async fn tries_again_or_tells_when_a_commit_fails_in_passing() -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let (handler, gate) = handed.handler_held_after(2);
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let mut run = Run::start(&consumer, &stop_after(3), handler);
    run.hands_over(&handed, 3, NOTHING_COMES).await?;
    // The next commit covers the last event. librdkafka does not repeat it by itself after this refusal.
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::OffsetCommit, &[refusal]);
    gate.open();
    let outcome = run.end().await?;
    // Nobody meets the refusal any more, unless nobody has.
    let was_met = topic.group_probe(&topic.new_group())?.may_commit().await?;
    cluster.faults()?.fail_no_more(RDKafkaApiKey::OffsetCommit);
    if let Err(error) = &outcome {
        return judge(
            error.code() == Some(RDKafkaErrorCode::RebalanceInProgress),
            || {
                Failure::new(
                    format!(
                        "{outcome:?}, while the broker refuses one commit because of a rebalance"
                    ),
                    "the commit tried again, or Err with Kafka's code RebalanceInProgress",
                    REFUSED,
                )
            },
        );
    }
    judge_committed_or(&topic, &group, &handed.accepted(), |_, _| REFUSED).await?;
    if was_met {
        return Ok(());
    }
    Err(NotGraded::no_fault("the fault", &"no commit has met it"))
}

const REFUSED: &str = "A commit that was refused has committed nothing, whether the reason passes or not. Commit what it covered \
                       again, until the broker has taken it, or return the error: Ok says that all is committed.";

/// The broker's refusal of the last commit is an error with the broker's code. A hundred events are for who commits after each
/// so many, and has nothing left at the end.
#[rstest]
#[case::no_right(
    3,
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    RDKafkaErrorCode::GroupAuthorizationFailed
)]
#[case::no_such_offset(
    100,
    RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE,
    RDKafkaErrorCode::InvalidCommitOffsetSize
)]
#[testbed::test(mock)]
async fn reports_a_refused_commit(
    #[case] count: usize,
    #[case] refusal: RDKafkaRespErr,
    #[case] expected: RDKafkaErrorCode,
) -> Verdict {
    let cluster = Cluster::mock()?;
    let topic = cluster.topic(1).await?;
    topic.seed(numbered(repeat(count, 0))).await?;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::OffsetCommit, &vec![refusal; count + 100]);
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    let outcome = Run::start(&consumer, &stop_after(count), handed.handler())
        .end()
        .await?;
    judge_any_handed(&handed, &outcome)?;
    let committed = topic.group_probe(&group)?.committed().await?;

    let code = outcome.as_ref().err().and_then(ConsumeError::code);
    judge(code == Some(expected), || {
        Failure::new(
            format!(
                "{outcome:?}, while the broker refuses commits: committed offsets {committed:?} (partition: offset)"
            ),
            format!("Err with Kafka's code {expected:?}"),
            "An asynchronous or automatic commit says Ok before the broker has answered. Only a synchronous one tells \
             whether the group will go on from there: pass its error on.",
        )
    })
}
