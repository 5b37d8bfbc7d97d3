//! The experiment of `where_a_group_starts`.

use event_log::experiments::{GroupStart, Reset, Start};
use event_log::phase5_reflection::where_a_group_starts;
use rstest::rstest;
use testbed::probe::{Polled, Seed};
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};

const fn start(written: i64, first: i64, committed: Option<i64>, reset: Reset) -> GroupStart {
    GroupStart {
        written,
        first,
        committed,
        reset,
    }
}

/// The prediction of where a group starts agrees with the first record that its consumer gets, or with its error.
#[rstest]
#[case::new_group_and_earliest(start(6, 2, None, Reset::Earliest))]
#[case::new_group_and_latest(start(5, 0, None, Reset::Latest))]
#[case::new_group_and_error(start(4, 0, None, Reset::Error))]
#[case::committed_at_the_beginning_and_latest(start(7, 0, Some(0), Reset::Latest))]
#[case::committed_at_the_first_left_and_error(start(8, 3, Some(3), Reset::Error))]
#[case::all_committed_and_earliest(start(6, 1, Some(6), Reset::Earliest))]
#[case::committed_and_deleted_and_earliest(start(8, 5, Some(2), Reset::Earliest))]
#[case::committed_and_deleted_and_latest(start(8, 5, Some(4), Reset::Latest))]
#[case::committed_and_deleted_and_error(start(7, 4, Some(3), Reset::Error))]
#[case::committed_past_the_end_and_earliest(start(5, 1, Some(9), Reset::Earliest))]
#[testbed::test(real, deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: GroupStart) -> Verdict {
    let predicted = predict(|| where_a_group_starts(&set_up));
    let cluster = Cluster::shared()?;
    let topic = cluster.topic(1).await?;
    let group = topic.new_group();
    arrange(cluster, &topic, &group, &set_up).await?;
    let counted = begin_to_read(&topic, &group, set_up.reset).await?;
    let concept = concept(&set_up, predicted, counted);
    compare(&predicted, &counted, &happened(&set_up, counted), concept)
}

/// Makes the set-up, and asks the broker whether it is there.
async fn arrange(cluster: &Cluster, topic: &Topic, group: &str, set_up: &GroupStart) -> Verdict {
    topic.seed(records(0..set_up.written)).await?;
    if set_up.first > 0 {
        cluster.delete_before(topic, 0, set_up.first).await?;
    }
    if let Some(offset) = set_up.committed {
        let client = topic.reader(group, &[]).await?;
        client.commit(0, offset).await?;
        client.close().await?;
    }
    let bounds = topic.bounds(0).await?;
    let committed = topic.group_probe(group)?.committed().await?;
    let committed = committed.get(&0).copied();
    if bounds == (set_up.first, set_up.written) && committed == set_up.committed {
        return Ok(());
    }
    let seen = format!("offsets {bounds:?} and committed {committed:?}");
    Err(NotGraded::broken("the set-up is another", &seen))
}

/// Starts a consumer. Only when it says that it has come to the end, more records are written.
async fn begin_to_read(topic: &Topic, group: &str, reset: Reset) -> Verdict<Start> {
    let reset = match reset {
        Reset::Earliest => "earliest",
        Reset::Latest => "latest",
        Reset::Error => "error",
    };
    let consumer = topic.reader(group, &[("auto.offset.reset", reset)]).await?;
    let start = loop {
        match consumer.next().await? {
            Polled::Record((_, offset)) => break Start::At(offset),
            Polled::NoInitialOffset => break Start::Error,
            Polled::PartitionEof => topic.seed(records(0..2)).await?,
        }
    };
    consumer.close().await?;
    Ok(start)
}

fn records(numbers: std::ops::Range<i64>) -> Vec<Seed> {
    numbers
        .map(|number| Seed::text(0, number.to_string()))
        .collect()
}

fn happened(set_up: &GroupStart, counted: Start) -> String {
    let GroupStart {
        written,
        first,
        committed,
        reset,
    } = set_up;
    let group = match committed {
        None => "a group without a committed offset".to_owned(),
        Some(offset) => format!("a group with the committed offset {offset}"),
    };
    let got = match counted {
        Start::At(offset) if offset >= *written => {
            format!("got nothing until more was written, then first the record at offset {offset}")
        }
        Start::At(offset) => format!("got first the record at offset {offset}"),
        Start::Error => "got an error and no record".to_owned(),
    };
    format!(
        "the partition went from offset {first} to its end at {written}; a consumer with reset {reset:?}, of {group}, {got}"
    )
}

fn concept(set_up: &GroupStart, predicted: Start, counted: Start) -> &'static str {
    match (set_up.committed, counted) {
        (Some(offset), Start::At(at)) if at == offset && predicted == Start::At(offset + 1) => {
            "A committed offset is that of the next record to read, not of the last one processed: the group goes on at it, and \
             not behind it."
        }
        (None, Start::At(at)) if at == set_up.written => {
            "A new group has no place in the log, and `latest` puts it behind the last record: it gets what is written from then \
             on, and nothing that was there before."
        }
        (None, Start::At(_)) => {
            "A new group has no place in the log, and `earliest` puts it at the first record that is still there, which need not \
             be the first that was ever written."
        }
        (None, Start::Error) => {
            "A new group has no place in the log, and this setting does not let the client choose one for it."
        }
        (Some(offset), Start::At(at)) if at == offset => {
            "`auto.offset.reset` is for a group that has nowhere to start, not for every start: a committed offset that the \
             log still reaches is where the group goes on."
        }
        (Some(_), Start::At(_)) => {
            "A committed offset that is out of the log's range is as good as none: the client does not move on to the nearest \
             record, it does what `auto.offset.reset` says."
        }
        (Some(_), Start::Error) => {
            "A committed offset whose record is deleted is as good as none, and this setting makes an error of that rather than \
             skip records in silence."
        }
    }
}
