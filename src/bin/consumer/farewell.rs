//! What the consumer says at the end: what it did, and what the broker has on record for its group.

use event_log::cli::progress::committed_offsets;
use event_log::cli::{CliError, say};
use event_log::consuming::{ConsumeReport, EndReason};
use event_log::topics::EVENTS;
use rdkafka::ClientConfig;

/// Prints the report and the committed offsets. To be called once the consumer has left the group.
///
/// # Errors
/// When the committed offsets cannot be read.
pub async fn print(
    config: &ClientConfig,
    partitions: i32,
    report: &ConsumeReport,
) -> Result<(), CliError> {
    let why = match report.ended {
        EndReason::Idle => "No event came for a while",
        EndReason::MaxEvents => "That was the last event wanted",
        EndReason::Stopped => "Stopped",
    };
    let skipped = &report.skipped;
    say(format_args!("\n{why}: {} events handled.", report.handled))?;
    let passed_over = skipped.tombstones + skipped.not_utf8 + skipped.not_json;
    if passed_over > 0 {
        say(format_args!(
            "{passed_over} records were no events and were passed over: {} tombstones, {} not UTF-8, {} not JSON.",
            skipped.tombstones, skipped.not_utf8, skipped.not_json
        ))?;
    }
    let group = config.get("group.id").unwrap_or_default();
    say(format_args!(
        "Left group `{group}`. The broker has on record for it:"
    ))?;
    for partition in committed_offsets(config, EVENTS.name, partitions).await? {
        say(format_args!("  {partition}"))?;
    }
    Ok(())
}
