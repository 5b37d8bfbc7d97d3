//! Who says where the record goes, and where it is.

use event_log::delivery::Delivery;
use event_log::event::Event;
use futures::future::join_all;
use rstest::rstest;
use testbed::{Cluster, Failure, Verdict, judge};

use crate::phase2::support::events::{is_record_of, numbered};
use crate::phase2::support::partitioner::PartitionerChoice;
use crate::phase2::support::producer::producer;
use crate::phase2::support::single_event::{NO_PLACE, delivered};

/// The partitioner of the producer's settings chooses the partition, whichever it is.
#[rstest]
#[case::librdkafkas_default("consistent_random")]
#[case::javas_default("murmur2_random")]
#[case::one_place_for_all_without_a_key("murmur2")]
#[testbed::test]
async fn leaves_the_partition_to_the_partitioner(#[case] partitioner: &str) -> Verdict {
    let choice = PartitionerChoice::of(partitioner).await?;
    let producer = producer(&choice.config)?;
    let mut chosen = Vec::new();
    for event in &choice.events {
        let delivery = delivered(&producer, &choice.topic, event).await?;
        chosen.push(delivery.partition);
    }
    choice.judge(&chosen)
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
                NO_PLACE,
            )
        })?;
    }
    Ok(())
}

/// It returns the place of its own record, also while others are under way.
#[rstest]
#[testbed::test]
async fn returns_its_own_place_among_others() -> Verdict {
    let topic = Cluster::shared()?.topic(3).await?;
    let mut config = topic.client.clone();
    // Records gather in one request for each partition, so their reports come partition by partition.
    config.set("linger.ms", "50");
    let producer = producer(&config)?;
    let events: Vec<_> = (0..24)
        .map(|number| numbered(Some(&format!("key-{number}")), number))
        .collect();
    let sending = events
        .iter()
        .map(|event| delivered(&producer, &topic, event));
    let deliveries: Vec<Delivery> = join_all(sending)
        .await
        .into_iter()
        .collect::<Verdict<_>>()?;
    let records = topic.records().await?;

    let is_right = |(event, delivery): &(&Event, &Delivery)| {
        records.iter().any(|record| {
            is_record_of(record, event)
                && (record.partition, record.offset) == (delivery.partition, delivery.offset)
        })
    };
    let right = events.iter().zip(&deliveries).filter(is_right).count();
    judge(right == events.len(), || {
        Failure::new(
            format!(
                "{} events sent at the same time: {right} of them got the place of their own record",
                events.len()
            ),
            "each the place of its own record",
            "Delivery reports come in an order of their own, not in that of the sends: each send has to wait for its own \
             report, and not for the next that comes.",
        )
    })
}
