//! The handler has a thread of its own for the whole run, fed with one event at a time. When it takes longer, the consumer
//! is paused and still polled, as one does when work may outlast `max.poll.interval.ms`; what slips through waits in a
//! queue.

use std::collections::VecDeque;
use std::sync::mpsc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use tokio::sync::mpsc as async_mpsc;
use tokio::time::Instant;

use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, HandlerError, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// The consumer to work with.
pub type EventConsumer = StreamConsumer;

/// Work up to this length is not worth pausing for: a paused partition is fetched anew.
const QUICK: Duration = Duration::from_millis(100);

/// A consumer that commits and stores nothing by itself, subscribed to `topic`.
pub fn create_consumer(config: &ClientConfig, topic: &str) -> KafkaResult<EventConsumer> {
    let consumer: StreamConsumer = config
        .clone()
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// Feeds the handler's thread, and keeps polling while it works.
pub async fn consume_events(
    consumer: &EventConsumer,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut feeding = Feeding {
        consumer,
        worker: Worker::start(handler),
        waiting: VecDeque::new(),
        report: ConsumeReport {
            handled: 0,
            skipped: SkippedRecords::default(),
            ended: EndReason::Idle,
        },
    };
    let ended = feeding.run(options).await;
    let committed = match consumer.commit_consumer_state(CommitMode::Sync) {
        Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => Ok(()),
        committed => committed,
    };
    feeding.report.ended = ended?;
    committed?;
    Ok(feeding.report)
}

/// A thread that calls the handler, and ends when it is dropped.
struct Worker {
    work: mpsc::Sender<ReceivedEvent>,
    done: async_mpsc::Receiver<Result<(), HandlerError>>,
}

impl Worker {
    fn start(handler: Handler) -> Self {
        let (work, events) = mpsc::channel::<ReceivedEvent>();
        let (tell, done) = async_mpsc::channel(1);
        tokio::task::spawn_blocking(move || {
            for event in events {
                if tell.blocking_send(handler(&event)).is_err() {
                    return;
                }
            }
        });
        Self { work, done }
    }
}

struct Feeding<'c> {
    consumer: &'c EventConsumer,
    worker: Worker,
    /// Received while the handler was at work.
    waiting: VecDeque<BorrowedMessage<'c>>,
    report: ConsumeReport,
}

impl Feeding<'_> {
    async fn run(&mut self, options: &ConsumeOptions) -> Result<EndReason, ConsumeError> {
        let mut idle_at = Instant::now() + options.idle_timeout;
        loop {
            if options.max_events == Some(self.report.handled) {
                return Ok(EndReason::MaxEvents);
            }
            if options.stop.is_cancelled() {
                return Ok(EndReason::Stopped);
            }
            if let Some(record) = self.waiting.pop_front() {
                self.process(&record).await?;
                idle_at = Instant::now() + options.idle_timeout;
                continue;
            }
            tokio::select! {
                received = self.consumer.recv() => match received {
                    Ok(record) => self.waiting.push_back(record),
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Err(error.into()),
                },
                () = options.stop.cancelled() => return Ok(EndReason::Stopped),
                () = tokio::time::sleep_until(idle_at) => return Ok(EndReason::Idle),
            }
        }
    }

    async fn process(&mut self, record: &BorrowedMessage<'_>) -> Result<(), ConsumeError> {
        match ReceivedEvent::from_record(record) {
            Ok(event) => {
                self.handle(event).await?;
                self.report.handled += 1;
            }
            Err(reason) => self.report.skipped.count(&reason),
        }
        self.consumer.store_offset_from_message(record)?;
        Ok(())
    }

    async fn handle(&mut self, event: ReceivedEvent) -> Result<(), ConsumeError> {
        let (partition, offset) = (event.partition, event.offset);
        // Nobody receives only if the handler panicked, and then there is no answer either.
        let _ = self.worker.work.send(event);
        let accepted = match tokio::time::timeout(QUICK, self.worker.done.recv()).await {
            Ok(accepted) => accepted,
            Err(_elapsed) => self.poll_while_it_works().await?,
        };
        accepted
            .unwrap_or_else(|| Err("the handler panicked".into()))
            .map_err(|source| ConsumeError::Handler {
                partition,
                offset,
                source,
            })
    }

    async fn poll_while_it_works(
        &mut self,
    ) -> Result<Option<Result<(), HandlerError>>, ConsumeError> {
        let partitions = self.consumer.assignment()?;
        self.consumer.pause(&partitions)?;
        let accepted = loop {
            tokio::select! {
                biased;
                accepted = self.worker.done.recv() => break accepted,
                received = self.consumer.recv() => match received {
                    Ok(record) => self.waiting.push_back(record),
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Err(error.into()),
                },
            }
        };
        self.consumer.resume(&partitions)?;
        Ok(accepted)
    }
}
