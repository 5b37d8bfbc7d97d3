//! The experiment of `order_of_two`.

use event_log::experiments::{Order, TwoEvents};
use event_log::phase5_reflection::order_of_two;
use rstest::rstest;
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::sending::{control, send};

/// A key, and its CRC32, which is what the learner is told.
type Key = (&'static str, u32);

const ONE: Key = ("order-1", 3_769_860_079);
const TWO: Key = ("order-2", 2_042_244_693);
const FOUR: Key = ("order-4", 2_430_176_096);
const EIGHT: Key = ("order-8", 2_574_239_563);

/// The prediction of whether readers get two events in the order sent agrees with what readers got.
#[rstest]
#[case::one_key_in_four_partitions([ONE, ONE], 4)]
#[case::two_keys_in_one_partition([ONE, TWO], 1)]
#[case::two_keys_that_share_a_partition([ONE, EIGHT], 4)]
#[case::two_keys_that_share_one_of_two([TWO, ONE], 2)]
#[case::two_keys_apart([ONE, TWO], 4)]
#[case::two_keys_apart_the_lower_partition_first([FOUR, TWO], 4)]
#[case::two_keys_apart_in_three([TWO, ONE], 3)]
#[testbed::test(deadline = 60)]
async fn agrees_with_the_broker(#[case] keys: [Key; 2], #[case] partitions: i32) -> Verdict {
    let set_up = TwoEvents {
        key_hashes: keys.map(|(_, hash)| hash),
        partitions,
    };
    let predicted = predict(|| order_of_two(&set_up));
    let topic = Cluster::shared()?.topic(partitions).await?;
    let mut places = Vec::new();
    for ((key, hash), value) in keys.into_iter().zip([FIRST, SECOND]) {
        let partition = send(&topic, key, value).await?;
        control(partition, hash, partitions)?;
        places.push(partition);
    }

    let ascending: Vec<i32> = (0..partitions).collect();
    let descending: Vec<i32> = ascending.iter().rev().copied().collect();
    let got = [
        read(&topic, &ascending).await?,
        read(&topic, &descending).await?,
    ];
    let kept = got.iter().all(|values| values == &[FIRST, SECOND]);
    let counted = if kept { Order::Kept } else { Order::NotKept };
    let happened = format!(
        "the first event went to partition {}, the second to partition {}. A consumer that turned to the partitions from 0 on \
         got the {}, then the {}; one that turned to them from the last on got the {}, then the {}",
        places[0], places[1], got[0][0], got[0][1], got[1][0], got[1][1]
    );
    compare(&predicted, &counted, &happened, concept(counted))
}

const FIRST: &str = "first event";
const SECOND: &str = "second event";

/// What a consumer gets that turns to the partitions in this order.
async fn read(topic: &Topic, order: &[i32]) -> Verdict<Vec<String>> {
    let records = topic.records_visiting(order).await?;
    let values: Vec<String> = records
        .iter()
        .map(|record| record.value.as_deref().unwrap_or_default())
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .collect();
    if values.len() == 2 {
        return Ok(values);
    }
    let seen = format!("{values:?}");
    Err(NotGraded::broken("two events were sent", &seen))
}

fn concept(counted: Order) -> &'static str {
    match counted {
        Order::Kept => {
            "Within a partition every reader gets the records in the order in which they were written, whatever their keys: it is \
             the partition that has an order, and a key only leads to one."
        }
        Order::NotKept => {
            "A topic has no order, only its partitions have: a consumer may turn to any of them first, and when a record was \
             sent or acknowledged does not matter across them."
        }
    }
}
