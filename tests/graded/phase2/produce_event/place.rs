//! Who says where the record goes, and where it is.

use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use super::delivered;
use crate::phase2::{is_record_of, numbered, producer};

/// The partitioner of the producer's settings chooses the partition, whichever it is.
#[rstest]
#[case::librdkafkas_default("consistent_random")]
#[case::javas_default("murmur2_random")]
#[testbed::test]
async fn leaves_the_partition_to_the_partitioner(#[case] partitioner: &str) -> Verdict {
    let cluster = Cluster::shared()?;
    let (topic, control) = (cluster.topic(4).await?, cluster.topic(4).await?);
    let mut config = topic.client.clone();
    config.set("partitioner", partitioner);
    let producer = producer(&config)?;

    let keys: Vec<String> = (0..8).map(|number| format!("key-{number}")).collect();
    let mut chosen = Vec::new();
    for key in &keys {
        let event = numbered(Some(key), 1);
        chosen.push(delivered(&producer, &topic, &event).await?.partition);
    }
    let expected = control.partitions_chosen_by(&config, &keys).await?;

    judge(chosen == expected, || {
        Failure::new(
            format!("partitions {chosen:?} for the keys {keys:?}"),
            format!("partitions {expected:?}, as the partitioner {partitioner} chooses"),
            "Leave the partition out and the partitioner chooses it from the key. Choosing it yourself, fixed or by a \
             formula, parts from what other producers of the topic do.",
        )
    })
}

/// It returns the partition and the offset that the broker gave the record.
#[rstest]
#[testbed::test]
async fn returns_what_the_broker_gave() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let producer = producer(&topic.client)?;
    for number in 0..6 {
        let event = numbered(Some(["a", "b"][number % 2]), number);
        let delivery = delivered(&producer, &topic, &event).await?;
        let records = topic.records().await?;
        let place = records
            .iter()
            .find(|record| is_record_of(record, &event))
            .map(|record| (record.partition, record.offset));
        let truth = match place {
            // Nobody waited for the broker, so the record may be there by now or not.
            _ if delivery.offset < 0 => "which is no place in a log".to_owned(),
            Some((partition, offset)) => {
                format!("and the record is at offset {offset} of partition {partition}")
            }
            None => "and the record is not on the broker".to_owned(),
        };
        judge(place == Some((delivery.partition, delivery.offset)), || {
            Failure::new(
                format!("{delivery:?} returned, {truth}"),
                "the partition and the offset of the record",
                "Both are in the delivery report. An offset of -1001 or -1 means that no broker was asked: the report \
                 was not awaited, or acks=0 asks for no answer.",
            )
        })?;
    }
    Ok(())
}
