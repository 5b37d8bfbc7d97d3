//! What ends a run, and how long one may take.

use std::time::Duration;

use event_log::consuming::ConsumeOptions;
use tokio_util::sync::CancellationToken;

/// How long a run may take. Joining a group is part of it.
pub const LIMIT: Duration = Duration::from_secs(12);

/// The idle time-out of a run that should end for another reason. It leaves time to tell why the run did not.
pub const LONG_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Longer than any idle time-out that a check waits for.
pub const ENDLESS_IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long an event may take to be handed over: longer than any run lasts in which none comes.
pub const COMES_WITHIN: Duration = Duration::from_secs(7);

/// Options for a run that ends after `max_events`.
pub fn stop_after(max_events: usize) -> ConsumeOptions {
    ConsumeOptions {
        max_events: Some(max_events),
        ..stop_when_idle(LONG_IDLE_TIMEOUT)
    }
}

/// Options for a run that ends when it is idle or stopped.
pub fn stop_when_idle(idle_timeout: Duration) -> ConsumeOptions {
    ConsumeOptions {
        idle_timeout,
        max_events: None,
        stop: CancellationToken::new(),
    }
}
