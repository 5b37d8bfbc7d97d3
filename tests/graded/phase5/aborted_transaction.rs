//! The experiment of `aborted_transaction`.

use std::time::{Duration, Instant};

use event_log::experiments::{Isolation, Transactions};
use event_log::phase5_reflection::aborted_transaction;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use rstest::rstest;
use testbed::blocking::blocking_once;
use testbed::cluster::ANSWER_TIMEOUT;
use testbed::context::unique_name;
use testbed::{Cluster, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};

/// How soon to look again whether the mark that ends a transaction is in the log.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

#[rstest]
#[case::aborted_for_read_committed(set_up([3, 5, 0, 2], Isolation::ReadCommitted))]
#[case::aborted_for_read_uncommitted(set_up([3, 5, 0, 2], Isolation::ReadUncommitted))]
#[case::open_for_read_committed(set_up([4, 3, 6, 2], Isolation::ReadCommitted))]
#[case::open_for_read_uncommitted(set_up([4, 3, 6, 2], Isolation::ReadUncommitted))]
#[case::nothing_but_aborted(set_up([0, 4, 0, 0], Isolation::ReadCommitted))]
#[case::plain_behind_an_open_one(set_up([0, 0, 1, 7], Isolation::ReadCommitted))]
#[testbed::test(real, deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: Transactions) -> Verdict {
    let predicted = predict(|| aborted_transaction(&set_up));

    let topic = Cluster::shared()?.topic(1).await?;
    let counted = blocking_once("transactions", move || count(&topic, &set_up)).await?;

    let (isolation, end) = match set_up.isolation {
        Isolation::ReadCommitted => ("read_committed", "last stable offset"),
        Isolation::ReadUncommitted => ("read_uncommitted", "high watermark"),
    };
    let happened = format!(
        "{} committed, {} aborted, {} open and {} plain records take the offsets before {}, with the marks that end a \
         transaction;\na consumer with isolation.level={isolation} got {} of the records when it had come to its end of \
         the log, the {end} {}",
        set_up.committed,
        set_up.aborted,
        set_up.open,
        set_up.plain,
        counted.end_of_the_log,
        counted.records,
        counted.end_of_the_reader,
    );
    let concept = concept(&set_up, predicted);
    compare(&predicted, &counted.records, &happened, concept)
}

fn set_up(records: [usize; 4], isolation: Isolation) -> Transactions {
    let [committed, aborted, open, plain] = records;
    Transactions {
        committed,
        aborted,
        open,
        plain,
        isolation,
    }
}

fn concept(set_up: &Transactions, predicted: usize) -> &'static str {
    match set_up.isolation {
        Isolation::ReadUncommitted => {
            "Records of a transaction are written to the log when they are sent, and nothing takes them out again: \
             isolation.level decides what a consumer is handed, and read_uncommitted hands over everything."
        }
        Isolation::ReadCommitted if set_up.open == 0 => {
            "read_committed leaves out the records of aborted transactions, which stay in the log all the same; records without \
             a transaction are as good as committed."
        }
        Isolation::ReadCommitted if predicted > set_up.committed + set_up.plain => {
            "Nobody knows yet whether an open transaction will be committed, so read_committed hands none of its records over."
        }
        Isolation::ReadCommitted => {
            "read_committed hands records over in the order of the log, and ends at the first that is not decided: one open \
             transaction holds up everything behind it, plain records too."
        }
    }
}

/// What was seen.
struct Counted {
    /// How many records the consumer got.
    records: usize,
    /// Where the log ended.
    end_of_the_log: i64,
    /// Where it ended for the consumer.
    end_of_the_reader: i64,
}

fn count(topic: &Topic, set_up: &Transactions) -> KafkaResult<Counted> {
    let (plain, ending) = (plain_producer(topic)?, transactional_producer(topic)?);
    let reader = reader(topic, set_up.isolation)?;
    let mut end = 0;
    if set_up.committed > 0 {
        ending.begin_transaction()?;
        send(&ending, topic, set_up.committed)?;
        ending.commit_transaction(ANSWER_TIMEOUT)?;
        end += offsets(set_up.committed) + 1;
        wait_until_decided(topic, end)?;
    }
    if set_up.aborted > 0 {
        ending.begin_transaction()?;
        send(&ending, topic, set_up.aborted)?;
        ending.abort_transaction(ANSWER_TIMEOUT)?;
        end += offsets(set_up.aborted) + 1;
        wait_until_decided(topic, end)?;
    }
    if set_up.open > 0 {
        ending.begin_transaction()?;
        send(&ending, topic, set_up.open)?;
        end += offsets(set_up.open);
    }
    send(&plain, topic, set_up.plain)?;
    end += offsets(set_up.plain);

    // The control: what was sent is in the log, the marks of the ended transactions included, and nothing else is.
    if end_of_log(topic, Isolation::ReadUncommitted)? != end {
        return Err(KafkaError::NoMessageReceived);
    }
    let counted = Counted {
        records: read_to_its_end(&reader, topic)?,
        end_of_the_log: end,
        end_of_the_reader: end_of_log(topic, set_up.isolation)?,
    };
    if set_up.open > 0 {
        ending.abort_transaction(ANSWER_TIMEOUT)?;
    }
    Ok(counted)
}

fn offsets(records: usize) -> i64 {
    i64::try_from(records).unwrap_or(i64::MAX)
}

fn plain_producer(topic: &Topic) -> KafkaResult<BaseProducer> {
    topic.client.create()
}

fn transactional_producer(topic: &Topic) -> KafkaResult<BaseProducer> {
    let producer: BaseProducer = topic
        .client
        .clone()
        .set("transactional.id", unique_name("transaction"))
        .create()?;
    producer.init_transactions(ANSWER_TIMEOUT)?;
    Ok(producer)
}

fn send(producer: &BaseProducer, topic: &Topic, records: usize) -> KafkaResult<()> {
    for _ in 0..records {
        let record: BaseRecord<'_, str, str> = BaseRecord::to(&topic.name).payload("record");
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(ANSWER_TIMEOUT)
}

/// Waits until the log ends there, and nothing before that is undecided any more. The coordinator has answered when it has
/// made up its mind; the mark in the log, which tells consumers, follows.
fn wait_until_decided(topic: &Topic, end: i64) -> KafkaResult<()> {
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    while end_of_log(topic, Isolation::ReadCommitted)? < end {
        if Instant::now() >= deadline {
            return Err(KafkaError::NoMessageReceived);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Where the log ends for a consumer: at the high watermark, or at the last stable offset.
fn end_of_log(topic: &Topic, isolation: Isolation) -> KafkaResult<i64> {
    let (_, end) = reader(topic, isolation)?.fetch_watermarks(&topic.name, 0, ANSWER_TIMEOUT)?;
    Ok(end)
}

fn reader(topic: &Topic, isolation: Isolation) -> KafkaResult<BaseConsumer> {
    let isolation = match isolation {
        Isolation::ReadCommitted => "read_committed",
        Isolation::ReadUncommitted => "read_uncommitted",
    };
    topic
        .client
        .clone()
        .set("group.id", topic.new_group())
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", isolation)
        .create()
}

/// Reads from the beginning until the broker says that there is no more for this reader, and counts the records.
fn read_to_its_end(reader: &BaseConsumer, topic: &Topic) -> KafkaResult<usize> {
    let mut partition = TopicPartitionList::new();
    partition.add_partition_offset(&topic.name, 0, Offset::Beginning)?;
    reader.assign(&partition)?;
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    let mut records = 0;
    loop {
        match reader.poll(Duration::from_millis(100)) {
            Some(Ok(_record)) => records += 1,
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(records),
            // Errors on the way, such as a broken connection, pass or run into the deadline.
            Some(Err(_)) | None if Instant::now() < deadline => {}
            Some(Err(error)) => return Err(error),
            None => return Err(KafkaError::NoMessageReceived),
        }
    }
}
