//! The outcome of the check, told to the judge.

use super::super::protocol::{Body, Outcome};
use super::channel::Channel;
use super::{memory, panics};
use crate::verdict::NotPassed;

/// Tells the judge. Only the first outcome counts: the deadline may have come before.
pub fn finish(channel: &Channel, outcome: Outcome) {
    let cpu = memory::cpu_time();
    channel.last(Body::Done {
        outcome,
        cpu_milliseconds: u64::try_from(cpu.as_millis()).unwrap_or(u64::MAX),
    });
}

/// The outcome of a check that did not pass.
pub fn not_passed(not_passed: NotPassed) -> Outcome {
    match panics::behind(not_passed) {
        NotPassed::Failed(failure) => failure.into(),
        NotPassed::NotGraded(reason) => Outcome::NotGraded {
            kind: reason.kind(),
            text: reason.to_string(),
        },
    }
}
