//! The experiment of `acks_and_replicas`: on one broker with any that is real, and on two where the checks started the first
//! themselves, so that a second one can be started beside it, and stopped.

use std::time::Duration;

use event_log::experiments::{Acks, Answer, Replication};
use event_log::phase5_reflection::acks_and_replicas;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use rstest::rstest;
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::trials::{Trial, compare_all};

/// A broker that has not answered by then has not refused either.
const ANSWERS_WITHIN: &str = "10000";

/// One replica alone, whatever `min.insync.replicas` says.
#[rstest]
#[case::no_acks(Acks::None, 2)]
#[case::acks_of_the_leader(Acks::Leader, 2)]
#[case::acks_of_all(Acks::All, 1)]
#[case::acks_of_all_and_more_wanted_than_there_are(Acks::All, 2)]
#[testbed::test(real, deadline = 60)]
async fn agrees_with_the_broker(#[case] acks: Acks, #[case] min_insync_replicas: usize) -> Verdict {
    let set_up = Replication {
        replicas: 1,
        in_sync: 1,
        min_insync_replicas,
        acks,
    };
    let predicted = predict(|| acks_and_replicas(&set_up));

    let minimum = min_insync_replicas.to_string();
    let settings = [("min.insync.replicas", minimum.as_str())];
    let topic = Cluster::shared()?.topic_with(&settings).await?;
    let counted = answer(&topic, acks).await?;

    let happened = format!(
        "one broker keeps the partition, min.insync.replicas is {minimum}, and a record with {} was {}",
        in_words(acks),
        outcome(counted)
    );
    compare(&predicted, &counted, &happened, concept(&set_up))
}

/// Two replicas: first with both of them in sync, then with one that is down.
#[rstest]
#[testbed::test(real, exclusive, deadline = 150)]
async fn agrees_with_two_brokers() -> Verdict {
    let predicted = predict(|| {
        [2, 1].map(|in_sync| set_ups(in_sync).map(|set_up| (set_up, acks_and_replicas(&set_up))))
    });

    let cluster = Cluster::shared()?;
    let second = cluster.second_broker().await?;
    let [one, two] = [("min.insync.replicas", "1"), ("min.insync.replicas", "2")];
    let topics = [
        second.topic(cluster, &[one]).await?,
        second.topic(cluster, &[two]).await?,
    ];
    let [both_up, one_down] = predicted;
    let mut trials = Vec::new();
    for (set_up, predicted) in both_up {
        trials.push(trial(&topics, set_up, predicted).await?);
    }
    // The control: they were in sync all the while.
    for topic in &topics {
        if topic.in_sync().await?.len() != 2 {
            return Err(NotGraded::broken("two brokers", &"one fell out of sync"));
        }
    }
    second.stop(&topics.each_ref()).await?;
    for (set_up, predicted) in one_down {
        trials.push(trial(&topics, set_up, predicted).await?);
    }

    let wrong = trials.iter().find(|trial| trial.predicted != trial.counted);
    let happened = wrong.map_or_else(String::new, |trial| in_a_line(&trial.set_up, trial.counted));
    compare_all(&trials, &happened, |first| concept(&first.set_up))
}

/// Each `acks` with each `min.insync.replicas`.
fn set_ups(in_sync: usize) -> [Replication; 6] {
    let all_acks = [Acks::None, Acks::Leader, Acks::All];
    std::array::from_fn(|index| Replication {
        replicas: 2,
        in_sync,
        min_insync_replicas: 1 + index / all_acks.len(),
        acks: all_acks[index % all_acks.len()],
    })
}

/// `topics` has one for each `min.insync.replicas`, from 1 on.
async fn trial(
    topics: &[Topic; 2],
    set_up: Replication,
    predicted: Answer,
) -> Verdict<Trial<Replication, Answer>> {
    let topic = &topics[set_up.min_insync_replicas - 1];
    let counted = answer(topic, set_up.acks).await?;
    Ok(Trial {
        set_up,
        predicted,
        counted,
    })
}

/// What the delivery report of one record says that is sent once.
async fn answer(topic: &Topic, acks: Acks) -> Verdict<Answer> {
    let producer: FutureProducer = topic
        .client
        .clone()
        .set("acks", in_words(acks).trim_start_matches("acks="))
        .set("retries", "0")
        .set("message.timeout.ms", ANSWERS_WITHIN)
        .create()
        .map_err(|error| NotGraded::broken("a producer", &error))?;
    let record: FutureRecord<'_, str, str> = FutureRecord::to(&topic.name).payload("record");
    match producer.send(record, Timeout::After(Duration::ZERO)).await {
        Ok(Delivery { offset, .. }) if offset >= 0 => Ok(Answer::Delivered),
        Ok(_no_offset) => Ok(Answer::Unknown),
        Err((
            KafkaError::MessageProduction(
                RDKafkaErrorCode::NotEnoughReplicas
                | RDKafkaErrorCode::NotEnoughReplicasAfterAppend,
            ),
            _record,
        )) => Ok(Answer::Refused),
        Err((error, _record)) => Err(NotGraded::broken("a record", &error)),
    }
}

fn in_words(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "acks=0",
        Acks::Leader => "acks=1",
        Acks::All => "acks=all",
    }
}

fn outcome(answer: Answer) -> &'static str {
    match answer {
        Answer::Delivered => "reported as delivered, with its offset",
        Answer::Unknown => "reported as delivered, without an offset",
        Answer::Refused => "refused with NotEnoughReplicas",
    }
}

fn in_a_line(set_up: &Replication, counted: Answer) -> String {
    format!(
        "two brokers keep the partition, {} in sync, min.insync.replicas is {}, and a record with {} was {}",
        set_up.in_sync,
        set_up.min_insync_replicas,
        in_words(set_up.acks),
        outcome(counted)
    )
}

fn concept(set_up: &Replication) -> &'static str {
    match set_up.acks {
        Acks::None => {
            "With acks=0 no broker answers: the report says that the record was sent, and neither where it is nor whether it \
             is anywhere."
        }
        Acks::Leader => {
            "min.insync.replicas is for those who wait for the replicas in sync: with acks=1 the leader answers for itself, \
             and what only it has is lost with it."
        }
        Acks::All if set_up.replicas < set_up.min_insync_replicas => {
            "A partition cannot have more replicas in sync than it has replicas at all: where the setting asks for more, this \
             broker is content with all of them, so the setting alone makes nothing safer."
        }
        Acks::All if set_up.in_sync < set_up.min_insync_replicas => {
            "acks=all waits for the replicas that are in sync, and those may be few: min.insync.replicas says how few are \
             too few, and then the broker refuses rather than have too few copies."
        }
        Acks::All => {
            "All means all replicas that are in sync just now, not all that there are: one that is down is not waited for as \
             long as enough are left."
        }
    }
}
