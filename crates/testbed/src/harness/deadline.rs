//! A check on a thread of its own, with a deadline that holds even when the learner's code blocks the thread for ever.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{Body, Check, panics};
use crate::context::{self, Context, Waiting};
use crate::verdict::{Failure, NotGraded, Verdict};
use crate::wait;

/// Runs the check's body. When the deadline passes, its thread is left behind: nothing can stop it from outside, and it
/// ends with the process.
///
/// # Errors
/// Whatever the check fails with, a panic and a missed deadline included.
pub fn run_check(check: &'static Check, body: fn() -> Body) -> Verdict {
    let waiting = Arc::new(Mutex::new(Waiting::default()));
    let context = Context {
        check: check.path(),
        waiting: Arc::clone(&waiting),
        last_panic: Arc::default(),
    };
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name(check.path()).spawn(move || {
        context::enter(context.clone());
        // A verdict that comes after the deadline finds nobody to take it.
        let _ = sender.send(on_a_runtime(context, body));
    });
    if let Err(error) = spawned {
        return Err(NotGraded::broken("no thread", &error));
    }
    match receiver.recv_timeout(check.deadline) {
        Ok(verdict) => verdict,
        Err(RecvTimeoutError::Timeout) => Err(missed(check, &waiting).into()),
        Err(RecvTimeoutError::Disconnected) => {
            Err(NotGraded::broken("its thread", &"ended without a verdict"))
        }
    }
}

fn on_a_runtime(context: Context, body: fn() -> Body) -> Verdict {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        // Tasks and blocking calls of the learner's code run on these.
        .on_thread_start(move || context::enter(context.clone()))
        .build()
        .map_err(|error| NotGraded::broken("no runtime", &error))?;
    let verdict = catch_unwind(AssertUnwindSafe(|| runtime.block_on(body())));
    // Whatever the learner's code left running must not keep the verdict back.
    runtime.shutdown_background();
    verdict.unwrap_or_else(|panic| Err(panicked(&*panic).into()))
}

fn missed(check: &Check, waiting: &Mutex<Waiting>) -> Failure {
    let waiting = waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if waiting.what.is_empty() {
        return wait::too_long(
            check.deadline,
            "the check to end",
            "Something in it waits for what never comes.",
        );
    }
    wait::too_long(check.deadline, &waiting.what, &waiting.concept)
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let message = panics::message(panic);
    let place = panics::last_place().unwrap_or_else(|| "an unknown place".to_owned());
    if let Some(todo) = message.strip_prefix("not yet implemented: ") {
        return Failure::new(
            format!("todo!() at {place}: {todo}"),
            "your code in its place",
            "This exercise is yours to write: its doc comment says what is promised, and what is checked.",
        );
    }
    Failure::new(
        format!("a panic at {place}: {message}"),
        "no panic, whatever Kafka and the records say",
        "What can go wrong is part of the result: return it as an error instead of unwrapping it.",
    )
}
