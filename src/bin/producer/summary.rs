//! What the producer says of its deliveries: one line each, and in the end which key went where.

use std::collections::{BTreeMap, BTreeSet};

use event_log::cli::{CliError, say};
use event_log::delivery::DeliveryOutcome;
use event_log::event::Event;

const NO_KEY: &str = "(no key)";

/// One delivery as a line.
pub fn delivery(key: Option<&str>, outcome: &DeliveryOutcome) -> String {
    let key = key.unwrap_or(NO_KEY);
    match outcome {
        Ok(delivery) => format!(
            "delivered  {key:<12} partition {}  offset {}",
            delivery.partition, delivery.offset
        ),
        Err(error) => format!("failed     {key:<12} {error}"),
    }
}

/// Which key went to which partition.
///
/// # Errors
/// When not every event was delivered.
pub fn print(events: &[Event], outcomes: &[DeliveryOutcome]) -> Result<(), CliError> {
    let mut places: BTreeMap<Option<&str>, BTreeSet<i32>> = BTreeMap::new();
    for (event, outcome) in events.iter().zip(outcomes) {
        if let Ok(delivery) = outcome {
            let partitions = places.entry(event.key.as_deref()).or_default();
            partitions.insert(delivery.partition);
        }
    }
    let delivered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    say(format_args!(
        "\n{delivered} of {} events are in the log:",
        events.len()
    ))?;
    for (key, partitions) in places {
        let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        say(format_args!(
            "  {:<12} -> partition {}",
            key.unwrap_or(NO_KEY),
            partitions.join(", ")
        ))?;
    }
    say(
        "Equal keys share a partition, and so keep their order. Without a key any partition will do.",
    )?;
    match events.len() - delivered {
        0 => Ok(()),
        failed => Err(CliError::Undelivered {
            failed,
            sent: events.len(),
        }),
    }
}
