//! The experiment of `key_after_growth`.

use event_log::experiments::{Growth, KeyPlaces};
use event_log::phase5_reflection::key_after_growth;
use rstest::rstest;
use testbed::probe::StoredRecord;
use testbed::{Cluster, NotGraded, Verdict};

use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::sending::{control, send};

const fn growth(key_hash: u32, before: i32, after: i32) -> Growth {
    Growth {
        key_hash,
        before,
        after,
    }
}

/// The prediction of where two records of a key are agrees with where the broker has them.
#[rstest]
#[case::from_one_to_three("order-3", growth(247_275_203, 1, 3))]
#[case::to_another_of_the_old_ones("order-11", growth(3_012_141_857, 3, 4))]
#[case::to_a_new_one("order-5", growth(3_890_134_006, 2, 4))]
#[case::where_it_was("order-2", growth(2_042_244_693, 2, 4))]
#[case::where_it_was_too("order-8", growth(2_574_239_563, 2, 3))]
#[testbed::test(real, deadline = 60)]
async fn agrees_with_the_broker(#[case] key: &str, #[case] set_up: Growth) -> Verdict {
    let predicted = predict(|| key_after_growth(&set_up));
    let cluster = Cluster::shared()?;
    let topic = cluster.topic(set_up.before).await?;
    control(
        send(&topic, key, EARLIER).await?,
        set_up.key_hash,
        set_up.before,
    )?;
    let topic = cluster.grow(&topic, set_up.after).await?;
    send(&topic, key, NEXT).await?;

    let records = topic.records().await?;
    let counted = KeyPlaces {
        earlier: place(&records, EARLIER)?,
        next: place(&records, NEXT)?,
    };
    let concept = concept(predicted, counted);
    compare(&predicted, &counted, &happened(&set_up, counted), concept)
}

const EARLIER: &str = "sent before the topic grew";
const NEXT: &str = "sent after it";

fn place(records: &[StoredRecord], value: &str) -> Verdict<i32> {
    let found = records
        .iter()
        .find(|record| record.value.as_deref() == Some(value.as_bytes()));
    found
        .map(|record| record.partition)
        .ok_or_else(|| NotGraded::broken("a record is missing", &value))
}

fn happened(set_up: &Growth, counted: KeyPlaces) -> String {
    let Growth {
        key_hash,
        before,
        after,
    } = set_up;
    let KeyPlaces { earlier, next } = counted;
    format!(
        "the key's hash is {key_hash}. With {before} partitions a record of it went to partition {earlier}; when there were \
         {after}, that record was in partition {earlier}, and the next one of the key went to partition {next}"
    )
}

fn concept(predicted: KeyPlaces, counted: KeyPlaces) -> &'static str {
    if predicted.earlier == counted.earlier {
        "A key has no partition of its own: for each record the partitioner works it out anew from the hash and the number of \
         partitions there are then, so keys move when partitions are added, and their order is torn at that place."
    } else {
        "Adding partitions moves no record: a log is only appended to, and what was written stays where it is, for its old \
         key too."
    }
}
