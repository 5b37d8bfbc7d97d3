//! Creates the topics of the Event Log System. Running it again changes nothing.

use std::process::ExitCode;

use clap::Parser;
use event_log::admin::{Shape, TopicState, ensure_topic};
use event_log::cli::{self, CliError, ClusterArgs, preflight, say};
use event_log::topics::{EVENTS, ORDERS, TopicSpec};

const EXAMPLES: &str = "  \
  cargo run --bin admin
  cargo run --bin admin -- --bootstrap-servers kafka-1:9092,kafka-2:9092";

/// Create the topics of the Event Log System: `events` and `orders`
///
/// Topics that are there already are left as they are, so it can be run at any time.
#[derive(Debug, Parser)]
#[command(name = "admin", version, after_help = cli::after_help(EXAMPLES))]
struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
}

fn main() -> ExitCode {
    let args = Args::parse();
    cli::run(|_stop| create_topics(args))
}

async fn create_topics(args: Args) -> Result<(), CliError> {
    let config = args.cluster.client(&[]);
    preflight::broker(&config).await?;
    let mut differing = None;
    for spec in [EVENTS, ORDERS] {
        let wanted = shape(&spec);
        match ensure_topic(&config, &spec).await? {
            TopicState::Created => say(format_args!("{}: created, {wanted}", spec.name))?,
            TopicState::AlreadyThere => {
                say(format_args!("{}: already there, {wanted}", spec.name))?;
            }
            TopicState::Differs(found) => {
                say(format_args!("{}: exists with {found}", spec.name))?;
                // The other topic is still seen to before this one ends the program.
                differing.get_or_insert(CliError::TopicDiffers {
                    topic: spec.name.to_owned(),
                    found,
                    wanted,
                });
            }
        }
    }
    differing.map_or(Ok(()), Err)
}

fn shape(spec: &TopicSpec<'_>) -> Shape {
    Shape {
        partitions: usize::try_from(spec.partitions).unwrap_or_default(),
        replication_factor: usize::try_from(spec.replication_factor).unwrap_or_default(),
    }
}
