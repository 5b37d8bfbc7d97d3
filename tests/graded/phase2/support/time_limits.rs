//! Settings and limits for answers that come late or never.

use std::time::{Duration, Instant};

use testbed::probe::ControlProducer;
use testbed::{Failure, Verdict, judge};

/// For how long a broker does not answer or a queue stays full. Clients measure their waits with the system's clock, which
/// cannot be made to jump, so this takes its time: more than a limit of a second or two, and no more than a learner may be
/// asked to wait.
pub const LATE_ANSWER: Duration = Duration::from_secs(3);

pub const MESSAGE_TIMEOUT: &str = "How long delivery may take is message.timeout.ms, which is for the settings given to say: a value \
                               of your own makes every caller wait as long as you like to.";

/// The time limit of a delivery, as the settings given to `create_producer` say it.
pub const ONE_SECOND_TIMEOUT: &[(&str, &str)] = &[("message.timeout.ms", "1000")];

/// A record that times out a second after it was sent. librdkafka's own repetition would come later than that: the mock
/// cluster does not recognise one, as a broker does.
pub const TIMES_OUT_BEFORE_A_RETRY: &[(&str, &str)] = &[
    ("message.timeout.ms", "1000"),
    ("retry.backoff.ms", "60000"),
    ("retry.backoff.max.ms", "60000"),
];

/// How much later than a producer with just the given settings the learner's may give up: less than five seconds, the limit
/// in many an example, leave over.
const GIVING_UP_TOLERANCE: Duration = Duration::from_secs(2);

/// Waits for `sending`, to which no broker answers, beside `control`, a producer that has the given settings alone: a record
/// is given up when they say so.
pub async fn judge_giving_up(control: ControlProducer, sending: impl Future) -> Verdict {
    let sending = async {
        let begun = Instant::now();
        tokio::time::timeout(GIVING_UP_TOLERANCE * 3, sending)
            .await
            .ok();
        begun.elapsed()
    };
    let (control, learner) = tokio::join!(control.fate(), sending);
    let control = control?;
    judge(learner < control + GIVING_UP_TOLERANCE, || {
        let [learner, control] = [learner, control].map(|time| time.as_secs_f64());
        Failure::new(
            format!(
                "no broker answers: nothing after {learner:.1} s; a producer with the given settings alone gave up after \
                 {control:.1} s"
            ),
            "a failure when message.timeout.ms has passed, which was given to create_producer and is one second here",
            MESSAGE_TIMEOUT,
        )
    })
}
