//! Tells the story of a group as it happens: one line for what changes, events processed summed up in between.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use event_log::cli::{CliError, say};
use event_log::group::WorkerId;
use event_log::timeline::{Activity, Entry, Timeline};
use tokio_util::sync::CancellationToken;

/// How long to wait for something new before waiting anew.
const WAKE_UP_EVERY: Duration = Duration::from_mins(1);

/// Tells what is written in the timeline, until `done` is cancelled and everything is told.
///
/// # Errors
/// When stdout is gone.
pub async fn narrate(timeline: Timeline, done: CancellationToken) -> Result<(), CliError> {
    let mut told = 0;
    let mut processed = Processed::default();
    loop {
        let is_last = done.is_cancelled();
        for entry in timeline.entries_from(told) {
            told += 1;
            tell(&entry, &mut processed)?;
        }
        if is_last {
            return processed.tell_the_rest();
        }
        let something_new = |timeline: &Timeline| !timeline.entries_from(told).is_empty();
        tokio::select! {
            () = done.cancelled() => {}
            _ = timeline.wait_until(WAKE_UP_EVERY, something_new) => {}
        }
    }
}

/// How many events each worker has processed of each partition, and nobody has been told of yet.
#[derive(Default)]
struct Processed(BTreeMap<WorkerId, BTreeMap<i32, usize>>);

impl Processed {
    fn tell_the_rest(self) -> Result<(), CliError> {
        for (worker, counts) in self.0 {
            say(format_args!("   end   {worker}  {}", summed_up(&counts)))?;
        }
        Ok(())
    }
}

fn tell(entry: &Entry, processed: &mut Processed) -> Result<(), CliError> {
    let line = match &entry.activity {
        Activity::Processed { partition, .. } => {
            let worker = processed.0.entry(entry.worker).or_default();
            *worker.entry(*partition).or_default() += 1;
            return Ok(());
        }
        Activity::Started => "joins the group".to_owned(),
        Activity::Assigned(partitions) => styled(AnsiColor::Green, "assigned", list(partitions)),
        Activity::Revoked(partitions) => styled(AnsiColor::Yellow, "revoked", list(partitions)),
        Activity::Lost(partitions) => styled(AnsiColor::Red, "lost", list(partitions)),
        Activity::Committed(offsets) => committed(offsets),
        Activity::Left => "has left the group".to_owned(),
    };
    if let Some(counts) = processed.0.remove(&entry.worker) {
        say_of(entry, &summed_up(&counts))?;
    }
    say_of(entry, &line)
}

fn say_of(entry: &Entry, line: &str) -> Result<(), CliError> {
    let seconds = entry.at.as_secs_f64();
    say(format_args!("{seconds:5.1} s  {}  {line}", entry.worker))
}

fn styled(colour: AnsiColor, verb: &str, what: impl Display) -> String {
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{verb:<9}{style:#} {what}")
}

fn list(partitions: &[i32]) -> String {
    if partitions.is_empty() {
        return "no partition".to_owned();
    }
    let numbers: Vec<String> = partitions.iter().map(ToString::to_string).collect();
    let noun = if partitions.len() == 1 {
        "partition"
    } else {
        "partitions"
    };
    format!("{noun} {}", numbers.join(", "))
}

fn summed_up(counts: &BTreeMap<i32, usize>) -> String {
    let all: usize = counts.values().sum();
    let mut line = format!("processed {all}:");
    for (partition, count) in counts {
        let _ = write!(line, " {count} of p{partition}");
    }
    line
}

fn committed(offsets: &BTreeMap<i32, i64>) -> String {
    let mut line = "committed".to_owned();
    for (partition, offset) in offsets {
        let _ = write!(line, " p{partition}@{offset}");
    }
    line
}
