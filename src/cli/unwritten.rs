//! Exercises that are not written yet.
//!
//! A stub ends in `todo!`, which panics, maybe in a task or thread of which only a time-out would tell. A panic hook
//! sees them all: it keeps the stub's message for the program's last line, and leaves every other panic to the hook
//! that was there before.

use std::panic::{self, PanicHookInfo};
use std::sync::LazyLock;

use tokio::sync::watch;

/// What `todo!` puts in front of the stub's message.
const TODO: &str = "not yet implemented";

static UNWRITTEN: LazyLock<watch::Sender<Option<String>>> =
    LazyLock::new(|| watch::Sender::new(None));

/// Has every later panic looked at.
pub fn watch_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        match unwritten(panicked) {
            // The first one counts: what panics after it may do so because of it.
            Some(line) => drop(UNWRITTEN.send_if_modified(|first| {
                let is_first = first.is_none();
                first.get_or_insert(line);
                is_first
            })),
            None => usual(panicked),
        }
    }));
}

/// The line about the first unwritten exercise that was called, if one was.
pub fn seen() -> Option<String> {
    UNWRITTEN.borrow().clone()
}

/// Waits until an unwritten exercise is called.
pub async fn called() -> String {
    let mut line = UNWRITTEN.subscribe();
    match line
        .wait_for(Option::is_some)
        .await
        .map(|line| line.clone())
    {
        Ok(Some(line)) => line,
        // Cannot happen: the sender is a static, and the condition says that there is a line.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

fn unwritten(panicked: &PanicHookInfo<'_>) -> Option<String> {
    let message = panicked.payload_as_str()?.strip_prefix(TODO)?;
    let place = panicked.location().map(ToString::to_string);
    Some(line(message, place.as_deref()))
}

/// `rest` is what follows [`TODO`]: empty, or `: phase N, exercise NAME: write it in FILE`.
fn line(rest: &str, place: Option<&str>) -> String {
    let message = rest.trim_start_matches(": ");
    match message.split_once(": write it in ") {
        Some((exercise, file)) => format!("{exercise} is not written yet: write it in {file}"),
        None if message.is_empty() => {
            let place = place.unwrap_or("exercises/");
            format!("an exercise is not written yet: see the todo!() at {place}")
        }
        None => format!("an exercise is not written yet: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_is_named_with_its_file() {
        let rest = ": phase 2, exercise produce_event: write it in exercises/phase2_producer.rs";
        assert_eq!(
            line(rest, None),
            "phase 2, exercise produce_event is not written yet: \
             write it in exercises/phase2_producer.rs"
        );
    }

    #[test]
    fn a_bare_todo_is_named_with_its_place() {
        assert_eq!(
            line("", Some("exercises/phase2_producer.rs:7:5")),
            "an exercise is not written yet: see the todo!() at exercises/phase2_producer.rs:7:5"
        );
    }
}
