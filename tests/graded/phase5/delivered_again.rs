//! The experiment of `delivered_again`.

use std::collections::BTreeSet;

use event_log::experiments::{Commits, Rerun, Shutdown};
use event_log::phase5_reflection::delivered_again;
use rstest::rstest;
use testbed::history::PartitionOffset;
use testbed::probe::{GroupReader, Seed};
use testbed::{Cluster, NotGraded, Verdict};

use crate::phase5::support::prediction::{compare, predict};

/// Records that nobody has processed when the first consumer ends.
const UNPROCESSED: usize = 3;

const fn rerun(processed: usize, commits: Commits, shutdown: Shutdown) -> Rerun {
    Rerun {
        processed,
        commits,
        shutdown,
    }
}

/// The prediction of how many records come again agrees with what two consumers of a group got.
#[rstest]
#[case::each_record_and_a_crash(rerun(5, Commits::EachRecord, Shutdown::Crash))]
#[case::crash_in_a_batch(rerun(8, Commits::EachBatch(3), Shutdown::Crash))]
#[case::crash_at_the_end_of_a_batch(rerun(6, Commits::EachBatch(3), Shutdown::Crash))]
#[case::crash_in_the_first_batch(rerun(2, Commits::EachBatch(5), Shutdown::Crash))]
#[case::never_and_a_crash(rerun(4, Commits::Never, Shutdown::Crash))]
#[case::never_and_an_end_in_order(rerun(5, Commits::Never, Shutdown::Clean))]
#[case::end_in_order_in_a_batch(rerun(7, Commits::EachBatch(4), Shutdown::Clean))]
#[testbed::test(deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: Rerun) -> Verdict {
    let predicted = predict(|| delivered_again(&set_up));
    let topic = Cluster::shared()?.topic(1).await?;
    let group = topic.new_group();
    let records =
        (0..set_up.processed + UNPROCESSED).map(|number| Seed::text(0, number.to_string()));
    topic.seed(records.collect()).await?;

    let first = topic.reader(&group, &[]).await?;
    let processed = process(&first, &set_up).await?;
    let crashed = match set_up.shutdown {
        Shutdown::Clean => {
            commit_after(&first, processed.last()).await?;
            first.close().await?;
            None
        }
        // From here on it does nothing: nobody polls it, and it is closed only when all is counted.
        Shutdown::Crash => Some(first),
    };
    let committed = topic.group_probe(&group)?.committed().await?;
    let second = topic.reader(&group, &[]).await?;
    let rest = second.read_to_the_end().await?;
    second.close().await?;
    if let Some(crashed) = crashed {
        crashed.close().await?;
    }

    control(&processed, &rest, set_up.processed)?;
    let both: BTreeSet<&PartitionOffset> =
        processed.iter().filter(|at| rest.contains(at)).collect();
    let committed = committed.get(&0).copied();
    let happened = happened(&set_up, committed, rest.first());
    compare(&predicted, &both.len(), &happened, concept(&set_up))
}

/// The first consumer's work: each record is received, processed, and committed when that is due.
async fn process(consumer: &GroupReader, set_up: &Rerun) -> Verdict<Vec<PartitionOffset>> {
    let mut processed: Vec<PartitionOffset> = Vec::new();
    while processed.len() < set_up.processed {
        processed.extend(consumer.take(1).await?);
        let crashes_now = set_up.shutdown == Shutdown::Crash && processed.len() == set_up.processed;
        let due = match set_up.commits {
            Commits::EachRecord => true,
            Commits::EachBatch(size) => processed.len().is_multiple_of(size),
            Commits::Never => false,
        };
        if due && !crashes_now {
            commit_after(consumer, processed.last()).await?;
        }
    }
    Ok(processed)
}

async fn commit_after(consumer: &GroupReader, last: Option<&PartitionOffset>) -> Verdict {
    match last {
        Some(&(partition, offset)) => consumer.commit(partition, offset + 1).await,
        None => Ok(()),
    }
}

/// The first consumer got what it was to process, and both together all there is.
fn control(processed: &[PartitionOffset], rest: &[PartitionOffset], expected: usize) -> Verdict {
    let all: BTreeSet<&PartitionOffset> = processed.iter().chain(rest).collect();
    if processed.len() == expected && all.len() == expected + UNPROCESSED {
        return Ok(());
    }
    let seen = format!("{processed:?}, then {rest:?}");
    Err(NotGraded::broken("records are missing", &seen))
}

fn happened(
    set_up: &Rerun,
    committed: Option<i64>,
    second_from: Option<&PartitionOffset>,
) -> String {
    let commits = match set_up.commits {
        Commits::EachRecord => "committing after each".to_owned(),
        Commits::EachBatch(size) => format!("committing after each {size} of them"),
        Commits::Never => "committing nothing on the way".to_owned(),
    };
    let end = match set_up.shutdown {
        Shutdown::Clean => "committed what it had processed and closed",
        Shutdown::Crash => "died",
    };
    let committed = committed.map_or_else(
        || "no committed offset".to_owned(),
        |offset| format!("the committed offset {offset}"),
    );
    let from = second_from.map_or_else(
        || "got nothing".to_owned(),
        |(_, offset)| format!("began at offset {offset}"),
    );
    format!(
        "the first consumer processed the records at offsets 0 to {}, {commits}, and then {end}; the group had {committed}, and \
         the second consumer {from}",
        set_up.processed.saturating_sub(1)
    )
}

fn concept(set_up: &Rerun) -> &'static str {
    match (set_up.shutdown, set_up.commits) {
        (Shutdown::Clean, _) => {
            "A consumer that commits its last record before it closes leaves nothing to do again, however seldom it committed \
             on the way."
        }
        (Shutdown::Crash, Commits::EachRecord) => {
            "However often a consumer commits, a crash may come between the work and its commit: then that work is done again, \
             and at-least-once is what it is called."
        }
        (Shutdown::Crash, Commits::EachBatch(_)) => {
            "What comes again is all the work since the last commit that reached the broker. The commit that was due when the \
             consumer died did not."
        }
        (Shutdown::Crash, Commits::Never) => {
            "The broker does not keep account of what a consumer was handed or has processed: what nobody committed comes again."
        }
    }
}
