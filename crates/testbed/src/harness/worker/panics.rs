//! The first panic of the process. Every thread belongs to the check, so a panic of any thread is the check's.

use std::any::Any;
use std::panic;
use std::sync::{Mutex, PoisonError};

use super::super::protocol::{Body, Outcome, Panic};
use super::channel::Channel;
use super::panic_concept;
use crate::verdict::{Failure, NotGraded, NotPassed};

/// The first panic. Later ones often follow from it.
static FIRST: Mutex<Option<Panic>> = Mutex::new(None);

/// A panic at a place in these folders is a defect of the kit.
const FOLDERS_OF_THE_KIT: [&str; 2] = ["tests/", "crates/"];

/// What `todo!` puts in front of its text.
const TODO: &str = "not yet implemented";

/// What a timer panics with when its runtime is shut down, which the checks do.
const SHUTDOWN: &str = "is being shutdown";

/// Remembers the first panic and tells the judge at once: the process may not live much longer. With `RUST_BACKTRACE` the
/// usual text is printed too.
pub fn remember(channel: &Channel) {
    let default = panic::take_hook();
    let channel = channel.clone();
    panic::set_hook(Box::new(move |info| {
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            default(info);
        }
        let place = info.location().map(ToString::to_string);
        let panic = Panic {
            place: place.map_or_else(
                || "an unknown place".to_owned(),
                |place| without_detours(&place),
            ),
            message: message(info.payload()).to_owned(),
        };
        if is_first(&panic) {
            channel.send(Body::Panicked(panic));
        }
    }));
}

fn is_first(panic: &Panic) -> bool {
    if panic.message.contains(SHUTDOWN) {
        return false;
    }
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = first.is_none();
    first.get_or_insert_with(|| panic.clone());
    is_first
}

fn first() -> Option<Panic> {
    FIRST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The verdict on a check whose own thread panicked.
pub fn own() -> NotPassed {
    first().map_or_else(
        || NotGraded::broken("the check", &"panicked, and where is not known"),
        |panic| of_the_check(&panic),
    )
}

/// The outcome of a check that would have passed, if the learner's code panicked on another thread or in a task.
pub fn after_a_pass() -> Option<Outcome> {
    let panic = first().filter(|panic| !is_of_the_kit(panic))?;
    Some(of_the_learner(&panic).into())
}

/// A panic elsewhere may be why a check waited in vain. The failure says so.
pub fn behind(not_passed: NotPassed) -> NotPassed {
    match (not_passed, first()) {
        (NotPassed::Failed(failure), Some(panic))
            if failure.kind != report::ReasonKind::Panicked && !is_of_the_kit(&panic) =>
        {
            if panic.message.starts_with(TODO) {
                return of_the_learner(&panic).into();
            }
            with_panic(failure, &panic).into()
        }
        (not_passed, _) => not_passed,
    }
}

fn with_panic(mut failure: Failure, Panic { place, message }: &Panic) -> Failure {
    failure.seen = format!(
        "{}\nand your code panicked at {place}: {message}",
        failure.seen
    );
    failure
}

fn of_the_check(panic: &Panic) -> NotPassed {
    if is_of_the_kit(panic) {
        let Panic { place, message } = panic;
        let defect =
            format!("the check itself has a defect, please report it: {message} at {place}");
        return NotPassed::NotGraded(NotGraded::KitDefect(defect));
    }
    of_the_learner(panic).into()
}

fn is_of_the_kit(panic: &Panic) -> bool {
    let mut folders = FOLDERS_OF_THE_KIT.iter();
    folders.any(|folder| panic.place.starts_with(folder))
}

fn of_the_learner(Panic { place, message }: &Panic) -> Failure {
    let failure = if let Some(todo) = message.strip_prefix(TODO) {
        Failure::new(
            format!("todo!() at {place}{todo}"),
            "your code in its place",
            "This exercise is yours to write. Its doc comment says what is promised, and every promise is checked.",
        )
    } else {
        Failure::new(
            format!("a panic at {place}: {message}"),
            "no panic, whatever Kafka and the records say",
            panic_concept::of(message),
        )
    };
    failure.of_kind(report::ReasonKind::Panicked)
}

/// `src/../exercises/a.rs` is how the compiler says `exercises/a.rs`.
fn without_detours(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn message(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "(no text)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn detours_are_left_out() {
        assert_eq!(
            without_detours("src/../exercises/a.rs:5:1"),
            "exercises/a.rs:5:1"
        );
        assert_eq!(without_detours("../a.rs"), "../a.rs");
        assert_eq!(without_detours("/abs/a.rs"), "/abs/a.rs");
    }

    #[test]
    fn a_panic_of_the_kit_is_no_verdict() {
        let panic = |place: &str| Panic {
            place: place.to_owned(),
            message: "index out of bounds".to_owned(),
        };
        let kit = of_the_check(&panic("tests/graded/main.rs:1:1"));
        assert!(matches!(kit, NotPassed::NotGraded(NotGraded::KitDefect(_))));
        let learner = of_the_check(&panic("exercises/phase2_producer.rs:1:1"));
        assert!(matches!(learner, NotPassed::Failed(_)));
    }
}
