//! What `create_consumer` itself promises. It is given, so these pass on a fresh clone; it may be changed.

use event_log::phase3_consumer::create_consumer;
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase3::support::consumer::only_member;

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
