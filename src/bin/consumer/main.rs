//! Consumes `events` in a consumer group with phase 3's code until it is told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use clap::builder::NonEmptyStringValueParser;
use event_log::cli::{self, CliError, ClusterArgs, auto_commit, output, preflight, say};
use event_log::consuming::{ConsumeOptions, ConsumeReport, Handler};
use event_log::phase3_consumer::{consume_events, create_consumer};
use event_log::topics::EVENTS;
use rdkafka::ClientConfig;
use tokio_util::sync::CancellationToken;

mod farewell;
mod silence;

const EXAMPLES: &str = "  \
  cargo run --bin consumer
  cargo run --bin consumer -- --group another-name
  cargo run --bin consumer -- --from-beginning --exit-when-idle 5
  cargo run --bin consumer -- --auto-commit";

/// As good as for ever, and still a time that can be added to now.
const NO_IDLE_TIMEOUT: Duration = Duration::from_hours(87600);

/// Print the events of the topic `events`, as a member of a consumer group, until Ctrl-C
///
/// The group's committed offsets stay with the broker: run it again, and it goes on where it left off.
#[derive(Debug, Parser)]
#[command(name = "consumer", version, after_help = cli::after_help(EXAMPLES))]
struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,

    /// The consumer group to join
    #[arg(long, value_name = "NAME", default_value = "event-log", value_parser = NonEmptyStringValueParser::new())]
    group: String,

    /// Read everything once more, in a new group of its own
    #[arg(long, conflicts_with = "group")]
    from_beginning: bool,

    /// End when no event came for so long, instead of at Ctrl-C; joining the group counts too
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    exit_when_idle: Option<u32>,

    /// Leave committing to librdkafka instead of phase 3's code, to see the difference
    #[arg(long)]
    auto_commit: bool,
}

impl Args {
    fn group(&self) -> String {
        if !self.from_beginning {
            return self.group.clone();
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        format!("{}-{}", self.group, now.as_millis())
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    cli::run(|stop| consume(args, stop))
}

async fn consume(args: Args, stop: CancellationToken) -> Result<(), CliError> {
    let config = args.cluster.client(&[("group.id", &args.group())]);
    let partitions = preflight::topic(&config, EVENTS.name).await?;
    let options = ConsumeOptions {
        idle_timeout: args.exit_when_idle.map_or(NO_IDLE_TIMEOUT, |seconds| {
            Duration::from_secs(seconds.into())
        }),
        max_events: None,
        stop,
    };
    let printed = Arc::new(AtomicUsize::new(0));
    let handler = print_events(Arc::clone(&printed));
    // A task of its own, so that it speaks up even while the consumer keeps this one busy.
    let silence = tokio::spawn(silence::explain(config.clone(), partitions, printed));
    let consumed = if args.auto_commit {
        say(auto_commit::WARNING)?;
        auto_commit::consume(&config, EVENTS.name, &options, handler).await
    } else {
        consume_and_leave(&config, &options, handler).await
    };
    silence.abort();
    farewell::print(&config, partitions, &consumed?).await
}

async fn consume_and_leave(
    config: &ClientConfig,
    options: &ConsumeOptions,
    handler: Handler,
) -> Result<ConsumeReport, CliError> {
    let consumer = create_consumer(config, EVENTS.name)
        .map_err(|error| CliError::kafka("create the consumer", error))?;
    let consumed = consume_events(&consumer, options, handler).await;
    // Dropping a consumer leaves the group, and blocks until it has.
    tokio::task::spawn_blocking(move || drop(consumer))
        .await
        .map_err(|_panicked| CliError::Panicked)?;
    Ok(consumed?)
}

fn print_events(printed: Arc<AtomicUsize>) -> Handler {
    Arc::new(move |received| {
        output::try_say(format_args!(
            "partition {}  offset {:<4} {:<12} {}",
            received.partition,
            received.offset,
            received.event.key.as_deref().unwrap_or("(no key)"),
            received.event.payload
        ))?;
        printed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
}
