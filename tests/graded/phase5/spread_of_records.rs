//! The experiment of `spread_of_records`.

use std::collections::BTreeMap;
use std::time::Duration;

use event_log::experiments::{Keys, Spread, Sticky};
use event_log::phase5_reflection::spread_of_records;
use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rstest::rstest;
use testbed::blocking::blocking_once;
use testbed::cluster::ANSWER_TIMEOUT;
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};

/// Tells the record that makes the producer know the topic from those of the burst.
const NO_PART_OF_THE_BURST: &str = "known";

/// `sticky.partitioning.linger.ms`, in milliseconds, where it is longer than a burst on any machine.
const LONGER_THAN_THE_BURST: &str = "600000";

#[rstest]
#[case::no_keys_and_not_sticky(set_up(300, 5, Keys::None, Sticky::Off))]
#[case::no_keys_and_sticky(set_up(300, 6, Keys::None, Sticky::LongerThanTheBurst))]
#[case::no_keys_and_sticky_on_few_partitions(set_up(
    250,
    2,
    Keys::None,
    Sticky::LongerThanTheBurst
))]
#[case::one_key_and_not_sticky(set_up(300, 4, Keys::OneForAll, Sticky::Off))]
#[case::one_key_and_sticky(set_up(250, 5, Keys::OneForAll, Sticky::LongerThanTheBurst))]
#[case::many_keys_and_sticky(set_up(400, 6, Keys::OneForEach, Sticky::LongerThanTheBurst))]
#[case::many_keys_and_not_sticky(set_up(300, 3, Keys::OneForEach, Sticky::Off))]
#[testbed::test(deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: Spread) -> Verdict {
    let predicted = predict(|| spread_of_records(&set_up));

    let topic = Cluster::shared()?.topic(set_up.partitions).await?;
    let burst = (topic.clone(), set_up);
    blocking_once("sending a burst", move || send_burst(&burst.0, &burst.1)).await?;
    let records_of = records_of_each_partition(&topic, &set_up).await?;

    let happened = format!(
        "{} records {} went to the partitions of the topic so: {records_of:?}, with {}",
        set_up.records,
        in_words(set_up.keys),
        match set_up.sticky {
            Sticky::Off => "sticky.partitioning.linger.ms=0",
            Sticky::LongerThanTheBurst =>
                "a sticky.partitioning.linger.ms that is longer than the burst",
        }
    );
    let concept = concept(&set_up, predicted);
    compare(&predicted, &records_of.len(), &happened, concept)
}

fn set_up(records: usize, partitions: i32, keys: Keys, sticky: Sticky) -> Spread {
    Spread {
        records,
        partitions,
        keys,
        sticky,
    }
}

fn in_words(keys: Keys) -> &'static str {
    match keys {
        Keys::None => "without a key",
        Keys::OneForAll => "with one and the same key",
        Keys::OneForEach => "with a key of its own each",
    }
}

fn concept(set_up: &Spread, predicted: usize) -> &'static str {
    if usize::try_from(set_up.partitions).is_ok_and(|partitions| predicted > partitions) {
        return "A topic has as many partitions as it was given, however many keys there are: many keys share one.";
    }
    match (set_up.keys, set_up.sticky) {
        (Keys::None, Sticky::Off) => {
            "Without a key and without stickiness, each record is on its own: it may go anywhere."
        }
        (Keys::None, Sticky::LongerThanTheBurst) => {
            "No key does not mean taking turns: a sticky producer stays with one partition for a while, since a fuller \
             batch costs less. Over many such whiles the records spread, within one they do not."
        }
        (Keys::OneForAll, _) => {
            "Equal keys always mean the same partition, whatever is set for records without a key: that is what a key is \
             for."
        }
        (Keys::OneForEach, _) => {
            "Where a record has a key, the key decides, and different keys come to different partitions: stickiness is for \
             records without one."
        }
    }
}

/// Sends a record to a certain partition and waits until it is there: before that the producer knows no partitions, and
/// would choose one for the whole backlog of the burst at another time than that of sending. Then sends the burst.
fn send_burst(topic: &Topic, set_up: &Spread) -> KafkaResult<()> {
    let linger = match set_up.sticky {
        Sticky::Off => "0",
        Sticky::LongerThanTheBurst => LONGER_THAN_THE_BURST,
    };
    let producer: BaseProducer = topic
        .client
        .clone()
        .set("sticky.partitioning.linger.ms", linger)
        .create()?;
    let known: BaseRecord<'_, str, str> = BaseRecord::to(&topic.name)
        .partition(0)
        .payload(NO_PART_OF_THE_BURST);
    producer.send(known).map_err(|(error, _)| error)?;
    producer.flush(ANSWER_TIMEOUT)?;

    for number in 0..set_up.records {
        let key = match set_up.keys {
            Keys::None => None,
            Keys::OneForAll => Some("one".to_owned()),
            Keys::OneForEach => Some(format!("key-{number}")),
        };
        let mut record: BaseRecord<'_, str, str> = BaseRecord::to(&topic.name).payload("burst");
        record.key = key.as_deref();
        producer.send(record).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(ANSWER_TIMEOUT)
}

/// How many records of the burst are in each partition that has any. All of them have to be there.
async fn records_of_each_partition(
    topic: &Topic,
    set_up: &Spread,
) -> Verdict<BTreeMap<i32, usize>> {
    let mut records_of = BTreeMap::new();
    for record in topic.records().await? {
        if record.value.as_deref() != Some(NO_PART_OF_THE_BURST.as_bytes()) {
            *records_of.entry(record.partition).or_default() += 1;
        }
    }
    let there: usize = records_of.values().sum();
    if there < set_up.records {
        let missing = format!("{there} of {} records arrived", set_up.records);
        return Err(NotGraded::broken("the burst", &missing));
    }
    Ok(records_of)
}
