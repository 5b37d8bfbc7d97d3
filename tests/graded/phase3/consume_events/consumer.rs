//! What `create_consumer` makes. It is given, and it may be changed.

use event_log::phase3_consumer::create_consumer;
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::{
    Handed, close, consume, consumer, judge_committed, numbered, only_member, times, until,
};

/// The cluster and the group are those of the settings given.
#[rstest]
#[testbed::test]
async fn is_a_member_of_the_group_that_the_settings_name() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(times(2, 0))).await?;
    let (group, handed) = (topic.new_group(), Handed::default());
    let consumer = consumer(&only_member(&topic, &group), &topic.name)?;
    consume(&consumer, &until(2), handed.handler()).await?;
    judge_committed(&topic, &group, &[(0, 0), (0, 1)]).await
}

/// A group without committed offsets starts at the first record there is.
#[rstest]
#[testbed::test]
async fn a_new_group_starts_at_the_first_record() -> Verdict {
    let topic = Cluster::shared()?.topic(1).await?;
    topic.seed(numbered(times(3, 0))).await?;
    for number in 1..=2 {
        let handed = Handed::default();
        let consumer = consumer(&only_member(&topic, &topic.new_group()), &topic.name)?;
        consume(&consumer, &until(3), handed.handler()).await?;
        close(consumer).await?;
        let places = handed.places();
        judge(places == [(0, 0), (0, 1), (0, 2)], || {
            Failure::new(
                format!(
                    "{} of 3 records that were there before new group {number} were handed over",
                    places.len()
                ),
                "all of them",
                "Without a committed offset auto.offset.reset decides where to start, and its default is latest: only \
                 what comes after the group has joined.",
            )
        })?;
    }
    Ok(())
}

/// Settings that librdkafka does not take are an error, not a panic.
#[rstest]
#[case::an_unknown_setting("no.such.setting", Some("1"))]
#[case::a_wrong_value("session.timeout.ms", Some("soon"))]
#[case::no_group("group.id", None)]
#[testbed::test(mock)]
async fn refuses_what_librdkafka_does_not_take(
    #[case] setting: &str,
    #[case] value: Option<&str>,
) -> Verdict {
    let topic = Cluster::mock()?.topic(1).await?;
    let mut config = only_member(&topic, "a-group");
    match value {
        Some(value) => config.set(setting, value),
        None => config.remove(setting),
    };
    let created = create_consumer(&config, &topic.name);
    judge(created.is_err(), || {
        Failure::new(
            format!("Ok with {setting} = {value:?}"),
            "the error that librdkafka gives",
            "A consumer that takes every setting hides that one of them does nothing, and one that makes up a group.id \
             starts from the beginning each time.",
        )
    })
}
