//! A check that fails while the broker stands still is run again; the broker is stopped on purpose.
//!
//! It runs as the graded checks do, so that all of it takes part: the broker, the beat and the harness. Where the broker is
//! none that may be paused, it is not graded.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testbed::{Cluster, Failure, Verdict, eventually, harness, judge};

/// Longer than a stall has to be in order to count, and longer than a beat.
const STANDS_STILL_FOR: Duration = Duration::from_secs(3);

static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

/// Fails at first, when the broker has stood still. Only the harness can make it pass.
#[testbed::test(real)]
async fn is_run_again_after_the_broker_stood_still() -> Verdict {
    let cluster = Cluster::shared()?;
    cluster.can_pause()?;
    if ATTEMPTS.fetch_add(1, Ordering::Relaxed) > 0 {
        return Ok(());
    }
    let limit = Duration::from_secs(10);
    eventually(limit, "the pulse to be felt", "", || async {
        Ok(harness::watches_the_broker()
            .then_some(())
            .ok_or_else(|| "no answer yet".to_owned()))
    })
    .await?;
    cluster.outage(STANDS_STILL_FOR).await?.over().await?;
    judge(false, || {
        Failure::new(
            "a failure while the broker stood still",
            "another attempt",
            "It was not noticed that the broker stood still, so the failure counted.",
        )
    })
}

fn main() -> ExitCode {
    harness::main(|check| format!("crates/testbed/tests/pulse.rs, {check}"))
}
