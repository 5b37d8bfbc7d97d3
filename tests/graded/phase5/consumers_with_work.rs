//! The experiment of `consumers_with_work`.

use event_log::experiments::Sharing;
use event_log::phase5_reflection::consumers_with_work;
use rstest::rstest;
use testbed::{Cluster, Verdict};

use crate::phase5::support::member::Member;
use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::settling::settled_shares;

/// The prediction of how many consumers have work agrees with the broker's list of members.
#[rstest]
#[case::one_partition_and_three(1, 3)]
#[case::two_partitions_and_one(2, 1)]
#[case::two_partitions_and_two(2, 2)]
#[case::two_partitions_and_five(2, 5)]
#[case::four_partitions_and_three(4, 3)]
#[case::four_partitions_and_six(4, 6)]
#[testbed::test(real, long, deadline = 60)]
async fn agrees_with_the_broker(#[case] partitions: i32, #[case] consumers: usize) -> Verdict {
    let set_up = Sharing {
        partitions,
        consumers,
    };
    let predicted = predict(|| consumers_with_work(&set_up));
    let topic = Cluster::shared()?.topic(partitions).await?;
    let group = topic.new_group();
    let members = (0..consumers)
        .map(|_| Member::join(&topic, &group, &[]))
        .collect::<Verdict<Vec<_>>>()?;
    let shares = settled_shares(&members, &topic.group_probe(&group)?, partitions).await?;

    let counted = shares.iter().filter(|share| **share > 0).count();
    let happened = format!(
        "{} on a topic of {}: the broker lists them with {shares:?} partitions, so {counted} of them had work",
        counting(consumers, "consumer"),
        counting(set_up.partitions.unsigned_abs() as usize, "partition")
    );
    compare(&predicted, &counted, &happened, concept(&set_up))
}

fn counting(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn concept(set_up: &Sharing) -> &'static str {
    if set_up.partitions.unsigned_abs() as usize >= set_up.consumers {
        "Partitions are dealt out until none is left: as long as there are enough, every consumer of the group has work, some \
         with more of them than others."
    } else {
        "In a group each partition has one owner, and it cannot be divided: consumers beyond the number of partitions stand by \
         until somebody leaves."
    }
}
