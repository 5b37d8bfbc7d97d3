//! The experiment of `lost_or_repeated`.

use event_log::experiments::{AutoCommit, Loss, OffsetStored};
use event_log::phase5_reflection::lost_or_repeated;
use rstest::rstest;
use testbed::history::PartitionOffset;
use testbed::probe::{GroupReader, Seed};
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::settling::wait_until;

/// The partition of the experiment.
const RECORDS: i32 = 0;

/// A second partition, with one record that is polled after the failure. Its offset in a commit shows that this commit was
/// made after the failure: an automatic commit takes all partitions together.
const CLOCK: i32 = 1;

/// Records that are written when the first consumer is dead.
const LATER_RECORDS: usize = 2;

const fn auto_commit(
    polled: usize,
    handled: usize,
    stored: OffsetStored,
    commit_was_due: bool,
) -> AutoCommit {
    AutoCommit {
        polled,
        handled,
        stored,
        commit_was_due,
    }
}

/// The prediction of what an automatic commit loses and repeats agrees with what two consumers of a group got.
#[rstest]
#[case::stored_when_polled_and_committed(auto_commit(6, 2, OffsetStored::WhenPolled, true))]
#[case::stored_when_polled_and_not_committed(auto_commit(6, 2, OffsetStored::WhenPolled, false))]
#[case::stored_when_handled_and_committed(auto_commit(6, 4, OffsetStored::WhenHandled, true))]
#[case::stored_when_handled_and_not_committed(auto_commit(5, 3, OffsetStored::WhenHandled, false))]
#[case::failed_at_the_first_when_polled(auto_commit(3, 0, OffsetStored::WhenPolled, true))]
#[case::failed_at_the_first_when_handled(auto_commit(4, 0, OffsetStored::WhenHandled, true))]
#[testbed::test(deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: AutoCommit) -> Verdict {
    let predicted = predict(|| lost_or_repeated(&set_up));
    let topic = Cluster::shared()?.topic(2).await?;
    let group = topic.new_group();
    topic.seed(records(set_up.polled)).await?;

    let first = topic.reader(&group, &settings(&set_up)).await?;
    let polled = first.take(set_up.polled).await?;
    let (handled, failed) = polled.split_at(set_up.handled.min(polled.len()));
    for &record in handled {
        done(&first, &set_up, record).await?;
    }
    // Here the worker fails. Nobody polls the records' partition again.
    if set_up.commit_was_due {
        wait_for_a_commit(&topic, &group, &first, &set_up).await?;
    }

    let committed = topic.group_probe(&group)?.committed().await?;
    control(
        &set_up,
        committed.contains_key(&CLOCK),
        committed.is_empty(),
    )?;
    topic.seed(records(LATER_RECORDS)).await?;
    let second = topic.reader(&group, &[]).await?;
    let rest = second.read_to_the_end().await?;
    second.close().await?;
    // Only now: closing commits.
    first.close().await?;

    let again = |records: &[PartitionOffset]| records.iter().filter(|at| rest.contains(at)).count();
    let counted = Loss {
        lost: failed.len() - again(failed),
        repeated: again(handled),
    };
    let committed = committed.get(&RECORDS).copied();
    let happened = happened(&set_up, committed, rest.first());
    compare(&predicted, &counted, &happened, concept(&set_up))
}

fn records(count: usize) -> Vec<Seed> {
    (0..count)
        .map(|number| Seed::text(RECORDS, number.to_string()))
        .collect()
}

/// The settings of the first consumer. Where no automatic commit is to come, its time is far away.
fn settings(set_up: &AutoCommit) -> [(&'static str, &'static str); 3] {
    let stored_by_itself = match set_up.stored {
        OffsetStored::WhenPolled => "true",
        OffsetStored::WhenHandled => "false",
    };
    let interval = if set_up.commit_was_due {
        "100"
    } else {
        "3600000"
    };
    [
        ("enable.auto.commit", "true"),
        ("enable.auto.offset.store", stored_by_itself),
        ("auto.commit.interval.ms", interval),
    ]
}

async fn done(consumer: &GroupReader, set_up: &AutoCommit, record: PartitionOffset) -> Verdict {
    match set_up.stored {
        OffsetStored::WhenPolled => Ok(()),
        OffsetStored::WhenHandled => consumer.store(record).await,
    }
}

/// Waits until the consumer has made an automatic commit that began after this function did.
async fn wait_for_a_commit(
    topic: &Topic,
    group: &str,
    consumer: &GroupReader,
    set_up: &AutoCommit,
) -> Verdict {
    topic.seed(vec![Seed::text(CLOCK, "now")]).await?;
    consumer.take_partition(CLOCK).await?;
    for record in consumer.take(1).await? {
        if record.0 != CLOCK {
            let seen = format!("a record at {record:?}");
            return Err(NotGraded::broken("more than was polled", &seen));
        }
        done(consumer, set_up, record).await?;
    }
    let probe = topic.group_probe(group)?;
    wait_until("an automatic commit", || async {
        let committed = probe.committed().await?;
        Ok(committed.contains_key(&CLOCK).then_some(()))
    })
    .await
}

/// An automatic commit has come after the failure if one was due, and none at all otherwise.
fn control(set_up: &AutoCommit, came_after: bool, none_came: bool) -> Verdict {
    let as_said = if set_up.commit_was_due {
        came_after
    } else {
        none_came
    };
    if as_said {
        return Ok(());
    }
    Err(NotGraded::broken("auto-commit", &"not when it was due"))
}

fn happened(
    set_up: &AutoCommit,
    committed: Option<i64>,
    second_from: Option<&PartitionOffset>,
) -> String {
    let committed = committed.map_or_else(
        || "no committed offset".to_owned(),
        |offset| format!("the committed offset {offset}"),
    );
    let from = second_from.map_or_else(
        || "got nothing".to_owned(),
        |(_, offset)| format!("began at offset {offset}"),
    );
    let stored = match set_up.stored {
        OffsetStored::WhenPolled => "stored when polled",
        OffsetStored::WhenHandled => "stored when handled",
    };
    let commit = if set_up.commit_was_due {
        "an automatic commit came, and the process died"
    } else {
        "the process died before an automatic commit"
    };
    format!(
        "{} records were polled, their offsets were {stored}, and the worker had handled {} of them when it failed; then {commit}\n\
         the group had {committed}, and the second consumer {from}",
        set_up.polled, set_up.handled
    )
}

fn concept(set_up: &AutoCommit) -> &'static str {
    match (set_up.commit_was_due, set_up.stored) {
        (true, OffsetStored::WhenPolled) => {
            "An automatic commit knows what was polled, not what was handled: all that is polled counts as done, and what a \
             worker has not handled by then is skipped by the next consumer."
        }
        (true, OffsetStored::WhenHandled) => {
            "An automatic commit takes what is stored. If only handled records are stored, it neither skips what is left nor \
             repeats what is done."
        }
        (false, _) => {
            "What is stored is in the consumer's memory until a commit brings it to the broker: a process that dies before \
             loses no record, and all that was handled is handled again. What was polled and not handled comes for the first time."
        }
    }
}
