//! A check on a thread of its own, with a deadline that holds even when the learner's code blocks the thread for ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Body, Check, panics};
use crate::context::{self, Context, Panic};
use crate::verdict::{Failure, NotGraded, NotPassed, Verdict};
use crate::wait;

/// How often it is looked whether a wait of the check has passed its limit.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A wait that can be ended from inside has ended itself by then; one that blocks its thread has not.
const GRACE: Duration = Duration::from_millis(1500);

/// Runs the check's body. When the deadline or the limit of a wait passes, its thread is left behind: nothing can stop it from outside, and it
/// ends with the process.
///
/// # Errors
/// Whatever the check fails with, a panic and a missed deadline included.
pub fn run_check(check: &'static Check, body: fn() -> Body) -> Verdict {
    let context = Context {
        check: check.path(),
        waiting: Arc::default(),
        first_wait: Arc::default(),
        last_panic: Arc::default(),
    };
    let (sender, receiver) = mpsc::channel();
    let of_thread = context.clone();
    let spawned = thread::Builder::new().name(check.path()).spawn(move || {
        context::enter(of_thread.clone());
        // A verdict that comes after the deadline finds nobody to take it.
        let _ = sender.send(on_a_runtime(&of_thread, body));
    });
    if let Err(error) = spawned {
        return Err(NotGraded::broken("no thread", &error));
    }
    let begun = Instant::now();
    loop {
        match receiver.recv_timeout(LOOK_EVERY) {
            Ok(verdict) => return verdict,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(not_passed) = overdue(check, begun, &context) {
                    return Err(with_panic_of_a_task(not_passed, &context));
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(NotGraded::broken("its thread", &"ended without a verdict"));
            }
        }
    }
}

fn on_a_runtime(context: &Context, body: fn() -> Body) -> Verdict {
    let of_threads = context.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        // Tasks and blocking calls of the learner's code run on these.
        .on_thread_start(move || context::enter(of_threads.clone()))
        .build()
        .map_err(|error| NotGraded::broken("no runtime", &error))?;
    let verdict =
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(body()))).unwrap_or_else(|_panic| {
            let panic = panics::take(context).unwrap_or_else(|| Panic {
                place: "an unknown place".to_owned(),
                message: "(no text)".to_owned(),
            });
            Err(panicked(&panic))
        });
    // Before the runtime ends: what still waits on a timer panics then, through no fault of its own.
    let verdict = verdict.map_err(|not_passed| with_panic_of_a_task(not_passed, context));
    // Whatever the learner's code left running must not keep the verdict back.
    runtime.shutdown_background();
    verdict
}

/// What is said of a check that should have ended by now. While it waits for nothing of the learner's, the time is its own; and
/// until it does so for the first time, while Kafka creates its topics, none of the deadline is used up.
fn overdue(check: &Check, begun: Instant, context: &Context) -> Option<NotPassed> {
    let now = Instant::now();
    let deadline = *context.first_wait.get().unwrap_or(&begun) + check.deadline;
    let waiting = context
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    match waiting.limit {
        Some((limit, end)) if now >= end + GRACE => {
            Some(wait::too_long(limit, &waiting.what, &waiting.concept).into())
        }
        _ if now < deadline => None,
        Some(_) => Some(wait::too_long(check.deadline, &waiting.what, &waiting.concept).into()),
        None => {
            let took = format!("took longer than {}", wait::seconds(check.deadline));
            Some(NotGraded::broken("the check's own requests", &took))
        }
    }
}

/// Whoever panics there, it is not the learner.
const OF_THE_KIT: [&str; 2] = ["tests/", "crates/"];

/// What `todo!` puts in front of its text.
const TODO: &str = "not yet implemented: ";

fn panicked(panic: &Panic) -> NotPassed {
    let Panic { place, message } = panic;
    if OF_THE_KIT.iter().any(|folder| place.starts_with(folder)) {
        let defect =
            format!("the check itself has a defect, please report it: {message} at {place}");
        return NotPassed::NotGraded(NotGraded::KitDefect(defect));
    }
    if let Some(todo) = message.strip_prefix(TODO) {
        return Failure::new(
            format!("todo!() at {place}: {todo}"),
            "your code in its place",
            "This exercise is yours to write: its doc comment says what is promised, and what is checked.",
        )
        .into();
    }
    Failure::new(
        format!("a panic at {place}: {message}"),
        "no panic, whatever Kafka and the records say",
        "What can go wrong is part of the result: return it as an error instead of unwrapping it.",
    )
    .into()
}

/// A task that panicked may be why a check waited in vain; its panic has not been told yet.
fn with_panic_of_a_task(not_passed: NotPassed, context: &Context) -> NotPassed {
    match (not_passed, panics::take(context)) {
        (NotPassed::Failed(_), Some(panic)) if panic.message.starts_with(TODO) => panicked(&panic),
        (NotPassed::Failed(mut failure), Some(Panic { place, message })) => {
            failure.seen = format!(
                "{}\nand a task panicked at {place}: {message}",
                failure.seen
            );
            failure.into()
        }
        (not_passed, _) => not_passed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;

    const CHECK: Check = Check {
        module: "graded::a",
        name: "holds",
        needs: Needs::Broker,
        exclusive: false,
        patient: false,
        long: false,
        deadline: Duration::from_secs(20),
        run: || Ok(()),
    };

    fn context() -> Context {
        Context {
            check: CHECK.path(),
            waiting: Arc::default(),
            first_wait: Arc::default(),
            last_panic: Arc::default(),
        }
    }

    fn ago(seconds: u64) -> Instant {
        let then = Instant::now().checked_sub(Duration::from_secs(seconds));
        then.expect("this machine has run for longer")
    }

    #[test]
    fn the_time_of_the_checks_own_requests_is_not_the_learners() {
        let context = context();
        assert!(overdue(&CHECK, ago(19), &context).is_none());
        let not_graded = overdue(&CHECK, ago(21), &context);
        assert!(matches!(not_graded, Some(NotPassed::NotGraded(_))));

        context.first_wait.get_or_init(|| ago(19));
        assert!(overdue(&CHECK, ago(40), &context).is_none());
    }

    #[test]
    fn the_deadline_begins_with_the_first_wait_for_the_learners_code() {
        let context = context();
        context.first_wait.get_or_init(|| ago(21));
        let limit = Duration::from_secs(18);
        let mut waiting = context.waiting.lock().expect("nobody has panicked");
        waiting.limit = Some((limit, Instant::now() + limit));
        drop(waiting);
        let failed = overdue(&CHECK, ago(40), &context);
        assert!(matches!(failed, Some(NotPassed::Failed(_))));
    }
}
