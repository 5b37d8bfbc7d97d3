//! What the running check is called and what it is waiting for.
//!
//! A check runs on a thread of its own, with a runtime of its own; what belongs to it is found through any of their
//! threads.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells this run's topics, groups and containers from those of any other run.
pub fn run_id() -> &'static str {
    static RUN_ID: LazyLock<String> = LazyLock::new(|| {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        format!("{:x}-{:x}", std::process::id(), since_epoch.as_millis())
    });
    &RUN_ID
}

/// What every topic and group of this run begins with.
pub fn name_prefix() -> String {
    format!("kafkalings.{}.", run_id())
}

/// A name for a topic, a group or a transaction that nobody else has, with the name of the check in it.
pub fn unique_name(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let check = current().map_or_else(|| "no-check".to_owned(), |context| context.check);
    let legal: String = check
        .replace("::", ".")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    // Kafka allows 249 characters for a topic.
    let most = 249 - name_prefix().len() - what.len() - 16;
    let short: String = legal.chars().take(most).collect();
    format!("{}{short}.{what}-{number}", name_prefix())
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

/// A panic in a check.
#[derive(Debug, Clone)]
pub struct Panic {
    /// Where, as `file:line:column`.
    pub place: String,
    /// What it said.
    pub message: String,
}

/// The check that a thread works for.
#[derive(Debug, Clone)]
pub struct Context {
    /// The check's name, such as `phase2::produce_event::keeps_the_key`.
    pub check: String,
    /// What it is waiting for.
    pub waiting: Arc<Mutex<Waiting>>,
    /// When it began to wait for the learner's code for the first time.
    pub first_wait: Arc<OnceLock<Instant>>,
    /// Its last panic, on whichever of its threads.
    pub last_panic: Arc<Mutex<Option<Panic>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

/// Makes `context` that of the current thread.
pub fn enter(context: Context) {
    CURRENT.with_borrow_mut(|current| *current = Some(context));
}

/// The context of the current thread, if it works for a check.
pub fn current() -> Option<Context> {
    CURRENT.with_borrow(Clone::clone)
}

/// Says what the check waits for from now on, and how long. Should the time pass, the failure says it, even when the wait
/// blocks the thread it runs on.
pub fn waiting_for(limit: Duration, what: impl Into<String>, concept: impl Into<String>) {
    now_waiting(Waiting {
        what: what.into(),
        concept: concept.into(),
        limit: Some((limit, Instant::now() + limit)),
    });
}

/// Says that the check waits for nothing any more.
pub fn waiting_no_more() {
    now_waiting(Waiting::default());
}

fn now_waiting(now: Waiting) {
    if let Some(context) = current() {
        if now.limit.is_some() {
            context.first_wait.get_or_init(Instant::now);
        }
        let mut waiting = context
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *waiting = now;
    }
}
