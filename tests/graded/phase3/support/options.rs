//! What ends a run, and how long one may take.

use std::time::Duration;

use event_log::consuming::ConsumeOptions;
use testbed::session::initial_rebalance_delay;
use tokio_util::sync::CancellationToken;

/// How long a run may take. Joining a group is part of it, and a broker may let a new group wait for further members.
pub fn limit() -> Duration {
    Duration::from_secs(12) + initial_rebalance_delay()
}

/// The idle timeout of a run that should end for another reason. It leaves time to see why the run did not.
pub fn long_idle_timeout() -> Duration {
    Duration::from_secs(5) + initial_rebalance_delay()
}

/// Longer than any idle time-out that a check waits for.
pub const ENDLESS_IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long an event may take to be handed over: longer than any run lasts in which none comes.
pub fn comes_within() -> Duration {
    Duration::from_secs(7) + initial_rebalance_delay()
}

/// Options for a run that ends after `max_events`.
pub fn stop_after(max_events: usize) -> ConsumeOptions {
    ConsumeOptions {
        max_events: Some(max_events),
        ..stop_when_idle(long_idle_timeout())
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
