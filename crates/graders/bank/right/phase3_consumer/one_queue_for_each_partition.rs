//! Phase 3: one queue for each partition, served in turn, so that a partition with much to read does not hold up the rest.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, ClientContext, Message, Offset, TopicPartitionList};

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

const WAIT: Duration = Duration::from_millis(20);
const COMMIT_EVERY: Duration = Duration::from_millis(500);

type Queues = Mutex<BTreeMap<i32, PartitionQueue<Progress>>>;

/// A consumer and the queues of its partitions. A queue keeps the consumer alive; so they are beside it, not in its
/// context, and go with it.
#[derive(Clone)]
pub struct EventConsumer {
    queues: Arc<Queues>,
    base: Arc<BaseConsumer<Progress>>,
}

/// Opens and closes queues as partitions come and go, and knows how far each has come.
pub struct Progress {
    topic: String,
    base: OnceLock<Weak<BaseConsumer<Progress>>>,
    queues: Weak<Queues>,
    /// Processed and not yet committed: the next offset, by partition.
    done: Mutex<BTreeMap<i32, i64>>,
    refused: Mutex<Option<KafkaError>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    /// Commits what is done, of all partitions for which `of` holds.
    fn commit(&self, consumer: &BaseConsumer<Self>, of: impl Fn(i32) -> bool) -> KafkaResult<()> {
        let mut offsets = TopicPartitionList::new();
        for (&partition, &next) in lock(&self.done).iter() {
            if of(partition) {
                offsets.add_partition_offset(&self.topic, partition, Offset::Offset(next))?;
            }
        }
        if offsets.count() == 0 {
            return Ok(());
        }
        match consumer.commit(&offsets, CommitMode::Sync) {
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {
                lock(&self.done).retain(|&partition, _| !of(partition));
                Ok(())
            }
            refused => refused,
        }
    }
}

impl ClientContext for Progress {}

impl ConsumerContext for Progress {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let numbers = |list: &TopicPartitionList| -> Vec<i32> {
            list.elements()
                .iter()
                .map(|element| element.partition())
                .collect()
        };
        let queues = self.queues.upgrade();
        match rebalance {
            Rebalance::Assign(partitions) => {
                // Before the first fetch, so that no record of the partition goes another way.
                let base = self.base.get().and_then(Weak::upgrade);
                let (Some(queues), Some(base)) = (queues, base) else {
                    return;
                };
                for partition in numbers(partitions) {
                    if let Some(queue) = base.split_partition_queue(&self.topic, partition) {
                        lock(&queues).insert(partition, queue);
                    }
                }
            }
            Rebalance::Revoke(partitions) => {
                let going = numbers(partitions);
                if !consumer.assignment_lost() {
                    let mut outcome = Ok(());
                    for _ in 0..3 {
                        outcome = self.commit(consumer, |partition| going.contains(&partition));
                        if !outcome.as_ref().is_err_and(is_transient) {
                            break;
                        }
                    }
                    if let Err(error) = outcome
                        && !is_transient(&error)
                    {
                        *lock(&self.refused) = Some(error);
                    }
                }
                lock(&self.done).retain(|partition, _| !going.contains(partition));
                if let Some(queues) = queues {
                    lock(&queues).retain(|partition, _| !going.contains(partition));
                }
            }
            Rebalance::Error(_) => {}
        }
    }
}

/// Makes a consumer for [`consume_events`] and subscribes it to `topic`.
///
/// # Errors
/// When a setting is unknown or has a value that librdkafka does not take, such as a missing `group.id`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let queues = Arc::new(Queues::default());
    let progress = Progress {
        topic: topic.to_owned(),
        base: OnceLock::new(),
        queues: Arc::downgrade(&queues),
        done: Mutex::default(),
        refused: Mutex::default(),
    };
    let base: BaseConsumer<Progress> = config
        .clone()
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .create_with_context(progress)?;
    let base = Arc::new(base);
    let _ = base.context().base.set(Arc::downgrade(&base));
    base.subscribe(&[topic])?;
    Ok(EventConsumer { queues, base })
}

/// Hands each event of the consumer's topic to `handler`, and commits what was handled.
///
/// # Errors
/// When the handler refuses an event, or Kafka has an error that does not pass.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let consumer = consumer.clone();
    let options = options.clone();
    tokio::task::spawn_blocking(move || serve(&consumer, &options, &handler))
        .await
        .unwrap_or(Err(ConsumeError::Kafka(KafkaError::Canceled)))
}

fn serve(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: &Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut report = ConsumeReport {
        handled: 0,
        skipped: SkippedRecords::default(),
        ended: EndReason::Stopped,
    };
    let ended = rounds(consumer, options, handler, &mut report);
    let progress = consumer.base.context();
    let committed = progress.commit(&consumer.base, |_| true);
    match ended {
        Err(error) => {
            if let ConsumeError::Handler {
                partition, offset, ..
            } = &error
            {
                // It comes again, to this consumer too.
                let place = Offset::Offset(*offset);
                let _ =
                    consumer
                        .base
                        .seek(&progress.topic, *partition, place, Duration::from_secs(1));
            }
            Err(error)
        }
        Ok(ended) => {
            committed?;
            report.ended = ended;
            Ok(report)
        }
    }
}

/// What a queue gave.
enum Got {
    Nothing,
    Event(ReceivedEvent),
    Other { partition: i32, offset: i64 },
}

fn look(
    polled: Option<KafkaResult<BorrowedMessage<'_>>>,
    report: &mut ConsumeReport,
) -> KafkaResult<Got> {
    match polled {
        None => Ok(Got::Nothing),
        Some(Err(error)) if is_transient(&error) => Ok(Got::Nothing),
        Some(Err(error)) => Err(error),
        Some(Ok(record)) => Ok(match ReceivedEvent::from_record(&record) {
            Ok(event) => Got::Event(event),
            Err(reason) => {
                report.skipped.count(&reason);
                Got::Other {
                    partition: record.partition(),
                    offset: record.offset(),
                }
            }
        }),
    }
}

fn rounds(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: &Handler,
    report: &mut ConsumeReport,
) -> Result<EndReason, ConsumeError> {
    let progress = consumer.base.context();
    let mut silent_since = Instant::now();
    let mut committed_at = Instant::now();
    let mut last_queue = -1;
    let mut busy = false;
    loop {
        if options
            .max_events
            .is_some_and(|most| report.handled >= most)
        {
            return Ok(EndReason::MaxEvents);
        }
        if options.stop.is_cancelled() {
            return Ok(EndReason::Stopped);
        }
        if committed_at.elapsed() >= COMMIT_EVERY {
            match progress.commit(&consumer.base, |_| true) {
                Err(error) if !is_transient(&error) => return Err(error.into()),
                // What is refused for now stays on the list, and is committed next time.
                _ => committed_at = Instant::now(),
            }
        }
        // The main queue: rebalances, errors, and records of a partition without a queue.
        let wait = if busy {
            Duration::ZERO
        } else {
            WAIT.min(options.idle_timeout)
        };
        let mut got = look(consumer.base.poll(wait), report)?;
        if let Some(error) = lock(&progress.refused).take() {
            return Err(error.into());
        }
        if matches!(got, Got::Nothing) {
            let queues = lock(&consumer.queues);
            let in_turn = queues
                .range(last_queue + 1..)
                .chain(queues.range(..=last_queue));
            for (&partition, queue) in in_turn {
                got = look(queue.poll(Duration::ZERO), report)?;
                if !matches!(got, Got::Nothing) {
                    last_queue = partition;
                    break;
                }
            }
        }
        let (partition, offset) = match got {
            Got::Nothing => {
                busy = false;
                if silent_since.elapsed() >= options.idle_timeout {
                    return Ok(EndReason::Idle);
                }
                continue;
            }
            Got::Event(event) => {
                hand_over(handler, &event)?;
                report.handled += 1;
                (event.partition, event.offset)
            }
            Got::Other { partition, offset } => (partition, offset),
        };
        lock(&progress.done).insert(partition, offset + 1);
        silent_since = Instant::now();
        busy = true;
    }
}

fn hand_over(handler: &Handler, event: &ReceivedEvent) -> Result<(), ConsumeError> {
    catch_unwind(AssertUnwindSafe(|| handler(event)))
        .unwrap_or_else(|_panic| Err("the handler panicked".into()))
        .map_err(|source| ConsumeError::Handler {
            partition: event.partition,
            offset: event.offset,
            source,
        })
}
