//! Consuming with `enable.auto.commit`, librdkafka's default, to set beside phase 3's way.
//!
//! There is next to nothing to write, and that is its charm. What it risks: a record counts as done once it is handed
//! out, and every `auto.commit.interval.ms` librdkafka commits what counts. A process that is killed while its handler
//! works may have that event committed already: then nobody gets it again, and it is lost. Good enough for metrics, not
//! for orders.

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};

use super::CliError;
use crate::consuming::{
    ConsumeError, ConsumeOptions, ConsumeReport, EndReason, Handler, SkippedRecords,
};
use crate::errors::is_transient;
use crate::event::ReceivedEvent;

/// What the program says before it consumes this way.
pub const WARNING: &str = "enable.auto.commit=true: a record counts as done as soon as it is handed \
out, so a crash in the middle of\nthe work loses that event. Leave --auto-commit away to see \
offsets committed after the work.";

/// Hands each event of `topic` to `handler` and leaves committing to librdkafka.
///
/// # Errors
/// When Kafka says something that does not pass by itself, or the handler fails. A handler that failed may have its
/// event committed nevertheless: that is the point.
pub async fn consume(
    config: &ClientConfig,
    topic: &str,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, CliError> {
    let consumer: StreamConsumer = config
        .clone()
        .set("enable.auto.commit", "true")
        .set("auto.offset.reset", "earliest")
        .create()
        .map_err(|error| CliError::kafka("create the consumer", error))?;
    consumer
        .subscribe(&[topic])
        .map_err(|error| CliError::kafka("subscribe", error))?;
    let consumed = consume_with(&consumer, options, &handler).await;
    // Leaving the group commits a last time and blocks until it is done.
    tokio::task::spawn_blocking(move || drop(consumer))
        .await
        .map_err(|_panicked| CliError::Panicked)?;
    Ok(consumed?)
}

async fn consume_with(
    consumer: &StreamConsumer,
    options: &ConsumeOptions,
    handler: &Handler,
) -> Result<ConsumeReport, ConsumeError> {
    let mut report = ConsumeReport {
        handled: 0,
        skipped: SkippedRecords::default(),
        ended: EndReason::Idle,
    };
    while options.max_events.is_none_or(|most| report.handled < most) {
        let received = tokio::select! {
            biased;
            () = options.stop.cancelled() => {
                report.ended = EndReason::Stopped;
                return Ok(report);
            }
            received = tokio::time::timeout(options.idle_timeout, consumer.recv()) => received,
        };
        let record = match received {
            Err(_elapsed) => return Ok(report),
            Ok(Err(error)) if is_transient(&error) => continue,
            Ok(received) => received?,
        };
        match ReceivedEvent::from_record(&record) {
            Ok(event) => {
                handler(&event).map_err(|source| ConsumeError::Handler {
                    partition: event.partition,
                    offset: event.offset,
                    source,
                })?;
                report.handled += 1;
            }
            Err(reason) => report.skipped.count(&reason),
        }
    }
    report.ended = EndReason::MaxEvents;
    Ok(report)
}
