//! What the check of this process is called, and what it is waiting for.
//!
//! A worker process runs one check, so this is state of the process: every thread of the learner's code belongs to the check.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

static CHECK: OnceLock<RunningCheck> = OnceLock::new();

/// The check of this process.
#[derive(Debug)]
struct RunningCheck {
    /// The run that it belongs to.
    run: String,
    /// Its name, such as `phase2::produce_event::keeps_the_key`.
    name: String,
    /// Which attempt this is, from 1.
    attempt: u32,
    waiting: Mutex<Waiting>,
    first_wait: OnceLock<Instant>,
}

/// What a check waits for, and which misconception is behind it when the wait is in vain.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// What has not happened yet.
    pub what: String,
    /// Why it may never happen.
    pub concept: String,
    /// How long it may take, and when that time is over.
    pub limit: Option<(Duration, Instant)>,
}

/// Makes this process the worker of a check. Only the first call counts.
pub fn begin(run: String, name: String, attempt: u32) {
    CHECK.get_or_init(|| RunningCheck {
        run,
        name,
        attempt,
        waiting: Mutex::default(),
        first_wait: OnceLock::new(),
    });
}

/// Tells this run's topics, groups and containers from those of any other run. A worker has that of its judge.
pub fn run_id() -> &'static str {
    static RUN_ID: LazyLock<String> = LazyLock::new(|| {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        format!("{:x}-{:x}", std::process::id(), since_epoch.as_millis())
    });
    CHECK.get().map_or(&RUN_ID, |check| &check.run)
}

/// What every topic and group of this run begins with.
pub fn name_prefix() -> String {
    format!("kafkalings.{}.", run_id())
}

/// Which attempt at the check this is, from 1.
pub fn attempt() -> u32 {
    CHECK.get().map_or(1, |check| check.attempt)
}

/// A name for a topic, a group or a transaction that no other check and no other attempt uses, with the name of the check in
/// it.
pub fn unique_name(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let check = CHECK.get().map_or("no-check", |check| &check.name);
    legal_name(
        &name_prefix(),
        check,
        &format!(".{what}-{}-{number}", attempt()),
    )
}

/// A name that Kafka takes: of the check as much as there is room for.
fn legal_name(prefix: &str, check: &str, end: &str) -> String {
    let legal: String = check
        .replace("::", ".")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    let room = LONGEST_NAME.saturating_sub(prefix.len() + end.len());
    let short: String = legal.chars().take(room).collect();
    format!("{prefix}{short}{end}")
}

/// Kafka allows so many characters for a topic.
const LONGEST_NAME: usize = 249;

/// Says what the check waits for from now on, and how long. If that time passes, the failure names it, even when the wait
/// blocks its thread.
pub fn waiting_for(limit: Duration, what: impl Into<String>, concept: impl Into<String>) {
    let Some(check) = CHECK.get() else { return };
    check.first_wait.get_or_init(Instant::now);
    set_waiting(Waiting {
        what: what.into(),
        concept: concept.into(),
        limit: Some((limit, Instant::now() + limit)),
    });
}

/// Says that the check no longer waits for anything.
pub fn waiting_no_more() {
    set_waiting(Waiting::default());
}

/// What the check waits for.
pub fn waiting() -> Waiting {
    CHECK.get().map_or_else(Waiting::default, |check| {
        let waiting = check.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner).clone()
    })
}

/// When the check began to wait for the learner's code for the first time.
pub fn first_wait() -> Option<Instant> {
    CHECK.get()?.first_wait.get().copied()
}

fn set_waiting(now: Waiting) {
    if let Some(check) = CHECK.get() {
        *check.waiting.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names_fit_into_kafkas_limit() {
        let name = |check: &str, what: &str| legal_name("kafkalings.1a-2b.", check, what);
        assert_eq!(
            name("phase2::send::keeps<the>key", ".topic-2-0"),
            "kafkalings.1a-2b.phase2.send.keepsthekey.topic-2-0"
        );
        let long = name(&"a".repeat(400), ".topic-2-0");
        assert_eq!(long.len(), LONGEST_NAME);
        assert!(long.ends_with("aaa.topic-2-0"), "{long}");
        let longer = "w".repeat(300);
        assert_eq!(name("a", &longer), format!("kafkalings.1a-2b.{longer}"));
    }
}
