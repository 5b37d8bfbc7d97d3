//! A failure while the broker stands still does not count; the broker is stopped on purpose.
//!
//! It runs as the graded checks do, so that all of it takes part: the broker, the stall monitor and the judge. Where the broker
//! must not be paused, it is not graded.

use std::process::ExitCode;
use std::time::Duration;

use testbed::harness::Course;
use testbed::{Cluster, Failure, Verdict, context, harness, judge};

/// Longer than a stall has to be in order to count.
const STANDS_STILL_FOR: Duration = Duration::from_secs(3);

/// Fails at first, when the broker has stood still. Only the judge can make it pass.
#[testbed::test(real)]
async fn runs_again_after_the_broker_stood_still() -> Verdict {
    let cluster = Cluster::shared()?;
    cluster.can_pause()?;
    if context::attempt() > 1 {
        return Ok(());
    }
    // The monitor watches the broker once the group coordinator has answered it, which the first outage may delay.
    for _ in 0..2 {
        let topic = cluster.topic(1).await?;
        topic.group_probe(&topic.new_group())?.committed().await?;
        cluster.outage(STANDS_STILL_FOR, async {}).await?;
    }
    judge(false, || {
        Failure::new(
            "a failure while the broker stood still",
            "another attempt",
            "The judge did not notice that the broker stood still, so the failure counted.",
        )
    })
}

fn main() -> ExitCode {
    harness::main(&Course::without_exercises(|check| {
        format!("crates/testbed/tests/stall.rs, {check}")
    }))
}
