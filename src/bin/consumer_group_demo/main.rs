//! Shows a consumer group rebalance with phase 4's code: three workers come and go, and the partitions follow.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use event_log::cli::{self, CliError, ClusterArgs, preflight, say};
use event_log::group::{RebalancePlan, RebalanceReport, WorkerConfig};
use event_log::phase4_consumer_group::demonstrate_rebalancing;
use event_log::timeline::{Activity, Timeline, svg, text};
use event_log::topics::ORDERS;
use rdkafka::ClientConfig;
use tokio_util::sync::CancellationToken;

mod narrator;
mod seeding;

const EXAMPLES: &str = "  \
  cargo run --bin consumer_group_demo
  cargo run --bin consumer_group_demo -- --assignor cooperative-sticky
  cargo run --bin consumer_group_demo -- --work-ms 500 --svg /tmp/rebalance.svg";

const WORKERS: u32 = 3;

/// How long each step may take: a rebalance, or working off what is left.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// How long workers may take to leave the group after Ctrl-C.
const LEAVING_TIMEOUT: Duration = Duration::from_secs(10);

/// Show a consumer group rebalance: three workers join, share the partitions of `orders`, and leave
///
/// Forty events are seeded first. The story is told as it happens; at the end come a picture in text and the same
/// picture as an SVG file.
#[derive(Debug, Parser)]
#[command(name = "consumer_group_demo", version, after_help = cli::after_help(EXAMPLES))]
struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,

    /// How partitions are shared out, librdkafka's partition.assignment.strategy: range, roundrobin or
    /// cooperative-sticky
    #[arg(long, value_name = "NAME")]
    assignor: Option<String>,

    /// How long the work on one event takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 250)]
    work_ms: u64,

    /// Where to write the picture
    #[arg(long, value_name = "PATH", default_value = "target/rebalance.svg")]
    svg: PathBuf,
}

impl Args {
    fn client(&self) -> ClientConfig {
        let group = seeding::fresh_group();
        let mut defaults = vec![
            ("group.id", group.as_str()),
            // A member that dies without a word is missed after this time.
            ("session.timeout.ms", "6000"),
            // A member learns of a rebalance with its next heartbeat.
            ("heartbeat.interval.ms", "500"),
        ];
        if let Some(assignor) = &self.assignor {
            defaults.push(("partition.assignment.strategy", assignor));
        }
        self.cluster.client(&defaults)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    cli::run(|stop| demonstrate(args, stop))
}

async fn demonstrate(args: Args, stop: CancellationToken) -> Result<(), CliError> {
    let config = args.client();
    let partitions = preflight::topic(&config, ORDERS.name).await?;
    seeding::start_at_the_end(&config, partitions).await?;
    let seeded = seeding::seed(&args.cluster.client(&[])).await?;
    say(format_args!(
        "seeded {seeded} events in {partitions} partitions of `{}`; group `{}`\n",
        ORDERS.name,
        config.get("group.id").unwrap_or_default()
    ))?;
    let plan = RebalancePlan {
        workers: WORKERS,
        partitions,
        seeded,
        step_timeout: STEP_TIMEOUT,
    };
    let timeline = Timeline::new();
    let ended = narrated(&args, config, &plan, &timeline, &stop).await;
    // What happened up to an error is worth a picture, too: it often shows why.
    draw(&timeline, &args.svg)?;
    summarise(&ended?)
}

async fn narrated(
    args: &Args,
    client: ClientConfig,
    plan: &RebalancePlan,
    timeline: &Timeline,
    stop: &CancellationToken,
) -> Result<RebalanceReport, CliError> {
    let work_time = Duration::from_millis(args.work_ms);
    let config = WorkerConfig {
        client,
        work: Arc::new(move |_event| std::thread::sleep(work_time)),
    };
    let done = CancellationToken::new();
    // A task of its own, so that it keeps telling even while the demonstration keeps this one busy.
    let narrator = tokio::spawn(narrator::narrate(timeline.clone(), done.clone()));
    let ended = tokio::select! {
        biased;
        () = stop.cancelled() => Err(CliError::Interrupted),
        ended = demonstrate_rebalancing(&config, ORDERS.name, plan, timeline) => Ok(ended?),
    };
    // The demonstration is dropped by now, and that has stopped its workers: let them leave the group in good order.
    if ended.is_err() {
        let _ = timeline.wait_until(LEAVING_TIMEOUT, all_have_left).await;
    }
    done.cancel();
    narrator.await.map_err(|_panicked| CliError::Panicked)??;
    ended
}

fn all_have_left(timeline: &Timeline) -> bool {
    let count = |wanted: Activity| {
        let entries = timeline.entries();
        entries
            .iter()
            .filter(|entry| entry.activity == wanted)
            .count()
    };
    count(Activity::Started) == count(Activity::Left)
}

fn draw(timeline: &Timeline, path: &Path) -> Result<(), CliError> {
    let entries = timeline.entries();
    if entries.is_empty() {
        return Ok(());
    }
    say(format_args!("\n{}", text::draw(&entries, text::WIDTH)))?;
    let cannot_write = |source| CliError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(cannot_write)?;
    }
    let title = format!("Who owned which partition of `{}`", ORDERS.name);
    std::fs::write(path, svg::draw(&entries, &title)).map_err(cannot_write)?;
    say(format_args!("The same as a picture: {}", path.display()))
}

fn summarise(report: &RebalanceReport) -> Result<(), CliError> {
    let processed = report.processed;
    match report.repeated {
        0 => say(format_args!(
            "{processed} events processed, each once: every partition was handed over in good order."
        )),
        repeated => say(format_args!(
            "{processed} events processed, and {repeated} of them again by a partition's next owner: that is \
             at-least-once."
        )),
    }
}
