//! What the loop waits for is polled by hand, without `select!`, in the order in which it counts. The handler has one thread for
//! the whole run, and a commit is asked for by the clock.

use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, HandlerError, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

pub type EventConsumer = StreamConsumer;

/// Time between two commits on the way.
const COMMIT_AFTER: Duration = Duration::from_millis(500);

pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let consumer: EventConsumer = config
        .clone()
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

type Job = (ReceivedEvent, oneshot::Sender<Result<(), HandlerError>>);

pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    // The thread ends when `jobs` is dropped, which is when this function returns.
    let (jobs, todo) = mpsc::channel::<Job>();
    tokio::task::spawn_blocking(move || {
        for (event, answer) in todo {
            let answered = catch_unwind(AssertUnwindSafe(|| handler(&event)))
                .unwrap_or_else(|_| Err("the handler panicked".into()));
            let _ = answer.send(answered);
        }
    });

    let mut handled = 0;
    let mut skipped = SkippedRecords::default();
    let mut next = HashMap::new();
    let mut last_commit = Instant::now();
    let mut back = None;
    let mut stream = consumer.stream();
    let outcome = loop {
        if options.max_events.is_some_and(|most| handled >= most) {
            break Ok(EndReason::MaxEvents);
        }
        let record = match wait(&mut stream, options).await {
            Ok(Ok(record)) => record,
            Ok(Err(ended)) => break Ok(ended),
            Err(error) => break Err(error.into()),
        };
        match ReceivedEvent::from_record(&record) {
            Err(reason) => skipped.count(&reason),
            Ok(event) => {
                let (answer, answered) = oneshot::channel();
                let _ = jobs.send((event, answer));
                let answered = answered.await.unwrap_or_else(|gone| Err(gone.into()));
                if let Err(source) = answered {
                    let (partition, offset) = (record.partition(), record.offset());
                    back = Some((record.topic().to_owned(), partition, offset));
                    break Err(ConsumeError::Handler {
                        partition,
                        offset,
                        source,
                    });
                }
                handled += 1;
            }
        }
        match mark(consumer, &record) {
            Ok(true) => {
                next.insert(
                    (record.topic().to_owned(), record.partition()),
                    record.offset() + 1,
                );
            }
            Ok(false) => {}
            Err(error) => break Err(error.into()),
        }
        if last_commit.elapsed() >= COMMIT_AFTER {
            // Only so that a crash repeats less. Its refusal does not matter: the last commit has all of it again.
            let _ = consumer.commit_consumer_state(CommitMode::Async);
            last_commit = Instant::now();
        }
    };
    drop(stream);
    let committed = commit_and_check(consumer, &next).await;
    if let Some((topic, partition, offset)) = back {
        let _ = consumer.seek(
            &topic,
            partition,
            Offset::Offset(offset),
            Duration::from_secs(1),
        );
    }
    let ended = outcome?;
    committed?;
    Ok(ConsumeReport {
        handled,
        skipped,
        ended,
    })
}

/// A record, or the reason to end. Stop counts more than a record, a record more than the clock, and the clock runs on
/// through errors that pass.
async fn wait<'a, S>(
    stream: &mut S,
    options: &ConsumeOptions,
) -> KafkaResult<Result<BorrowedMessage<'a>, EndReason>>
where
    S: Stream<Item = KafkaResult<BorrowedMessage<'a>>> + Unpin,
{
    let mut stop = pin!(options.stop.cancelled());
    let mut clock = pin!(tokio::time::sleep(options.idle_timeout));
    poll_fn(|context| {
        if stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(Err(EndReason::Stopped)));
        }
        let received = stream.poll_next_unpin(context);
        let over = clock.as_mut().poll(context).is_ready();
        match received {
            Poll::Ready(Some(Ok(record))) => Poll::Ready(Ok(Ok(record))),
            Poll::Ready(Some(Err(error))) if !is_transient(&error) => Poll::Ready(Err(error)),
            _ if over => Poll::Ready(Ok(Err(EndReason::Idle))),
            Poll::Ready(_) => {
                // Something that passes: look again, after the other tasks.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Whether the partition was still there to be marked.
fn mark(consumer: &EventConsumer, record: &BorrowedMessage<'_>) -> KafkaResult<bool> {
    let mut list = TopicPartitionList::new();
    let next = Offset::Offset(record.offset() + 1);
    list.add_partition_offset(record.topic(), record.partition(), next)?;
    match consumer.store_offsets(&list) {
        Ok(()) => Ok(true),
        Err(KafkaError::StoreOffset(
            RDKafkaErrorCode::State | RDKafkaErrorCode::UnknownPartition,
        )) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The last commit. Its answer speaks for all partitions together, so each is looked up afterwards.
async fn commit_and_check(
    consumer: &EventConsumer,
    next: &HashMap<(String, i32), i64>,
) -> KafkaResult<()> {
    let mut left = 5;
    loop {
        left -= 1;
        match consumer.commit_consumer_state(CommitMode::Sync) {
            Ok(()) => break,
            Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => break,
            Err(error) if left > 0 && is_transient(&error) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(error),
        }
    }
    if next.len() < 2 {
        return Ok(());
    }
    let Ok(committed) = consumer.committed(Duration::from_secs(5)) else {
        return Ok(());
    };
    for element in committed.elements() {
        let place = (element.topic().to_owned(), element.partition());
        let Some(wanted) = next.get(&place) else {
            continue;
        };
        if element
            .offset()
            .to_raw()
            .is_some_and(|offset| offset >= *wanted)
        {
            continue;
        }
        let mut one = TopicPartitionList::new();
        one.add_partition_offset(&place.0, place.1, Offset::Offset(*wanted))?;
        consumer.commit(&one, CommitMode::Sync)?;
    }
    Ok(())
}
