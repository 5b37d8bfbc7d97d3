//! Sends ten sample events to `events` with phase 2's code, and shows what the broker says of each.

use std::process::ExitCode;

use clap::Parser;
use event_log::cli::{self, CliError, ClusterArgs, preflight, say};
use event_log::delivery::DeliveryOutcome;
use event_log::event::Event;
use event_log::phase2_producer::{
    EventProducer, create_producer, produce_event, produce_events_batch,
};
use event_log::topics::EVENTS;
use tokio_util::sync::CancellationToken;

mod samples;
mod summary;

const EXAMPLES: &str = "  \
  cargo run --bin producer
  cargo run --bin producer -- --batch -X linger.ms=50
  cargo run --bin producer -- -X partitioner=murmur2_random";

/// Send ten sample events to the topic `events`
///
/// Each is sent with `produce_event`, one after the other, or all with `produce_events_batch`.
#[derive(Debug, Parser)]
#[command(name = "producer", version, after_help = cli::after_help(EXAMPLES))]
struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,

    /// Send them all with `produce_events_batch`, without waiting for each
    #[arg(long)]
    batch: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    cli::run(|stop| produce(args, stop))
}

async fn produce(args: Args, stop: CancellationToken) -> Result<(), CliError> {
    let config = args.cluster.client(&[]);
    preflight::topic(&config, EVENTS.name).await?;
    let producer =
        create_producer(&config).map_err(|error| CliError::kafka("create the producer", error))?;
    let events = samples::events();
    let sending = async {
        if args.batch {
            send_as_batch(&producer, &events).await
        } else {
            send_one_by_one(&producer, &events).await
        }
    };
    let outcomes = tokio::select! {
        biased;
        () = stop.cancelled() => return Err(CliError::Interrupted),
        outcomes = sending => outcomes?,
    };
    summary::print(&events, &outcomes)
}

async fn send_one_by_one(
    producer: &EventProducer,
    events: &[Event],
) -> Result<Vec<DeliveryOutcome>, CliError> {
    let mut outcomes = Vec::with_capacity(events.len());
    for event in events {
        let key = event.key.clone();
        let on_delivery = move |outcome: &DeliveryOutcome| {
            // A callback has nobody to report to. If stdout is gone, the summary's first line finds out.
            let _ = say(summary::delivery(key.as_deref(), outcome));
        };
        outcomes.push(produce_event(producer, EVENTS.name, event, on_delivery).await);
    }
    Ok(outcomes)
}

async fn send_as_batch(
    producer: &EventProducer,
    events: &[Event],
) -> Result<Vec<DeliveryOutcome>, CliError> {
    let report = produce_events_batch(producer, EVENTS.name, events).await;
    for (event, outcome) in events.iter().zip(&report.outcomes) {
        say(summary::delivery(event.key.as_deref(), outcome))?;
    }
    say(format_args!(
        "\nbatch: {} delivered, {} failed, in {:.0?}",
        report.delivered, report.failed, report.elapsed
    ))?;
    for (partition, count) in &report.per_partition {
        say(format_args!("  partition {partition}: {count}"))?;
    }
    Ok(report.outcomes)
}
