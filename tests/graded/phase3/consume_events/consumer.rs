//! What `create_consumer` makes. It is given, and it may be changed.

use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::concepts::OUT_OF_ORDER;
use crate::phase3::support::consumer::{close, consumer, only_member};
use crate::phase3::support::handed::Handed;
use crate::phase3::support::judging::judge_committed_or;
use crate::phase3::support::options::stop_after;
use crate::phase3::support::records::{numbered, repeat};
use crate::phase3::support::run::consume;

/// The cluster and the group are those of the settings given.
#[rstest]
#[testbed::test]
async fn is_a_member_of_the_group_that_the_settings_name() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(2, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    consume(&consumer, &stop_after(2), handed.handler()).await?;
    // Whether any event was handed over does not matter here: others in a group of one's own may have got them.
    judge_committed_or(&topic, &group, &[(0, 0), (0, 1)], |_, _| {
        "The settings given name the cluster and the group, and settings of your own would replace them: ask the cluster that \
         the settings name. What is committed is kept under the group.id: with one of your own, or a new one for each run, \
         the group that the settings name never gets on, and whoever continues in it begins anew. Without a commit nobody \
         gets on."
    })
    .await
}

/// A group without committed offsets starts at the first record there is.
#[rstest]
#[testbed::test]
async fn a_new_group_starts_at_the_first_record() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(repeat(3, 0))).await?;
    for number in 1..=2 {
        let handed = Handed::default();
        let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
        consume(&consumer, &stop_after(3), handed.handler()).await?;
        close(consumer).await?;
        let places = handed.places();
        judge(places == [(0, 0), (0, 1), (0, 2)], || {
            Failure::new(
                format!(
                    "{} of 3 records that were there before new group {number} were handed over",
                    places.len()
                ),
                "all of them, in their order",
                if places.len() < 3 {
                    "Without a committed offset auto.offset.reset decides where to start, and its default is latest: only \
                     what comes after the group has joined."
                } else {
                    OUT_OF_ORDER
                },
            )
        })?;
    }
    Ok(())
}
