//! What panicked in a check. The message comes with the panic itself, the place only through the hook, and from a task
//! that the learner's code spawned neither may ever come.

use std::any::Any;
use std::panic;
use std::sync::PoisonError;

use crate::context::{self, Context, Panic};

/// From now on a panic on a thread of a check or of its runtime is remembered instead of printed: the verdict tells it.
/// Panics on other threads are printed as usual.
pub fn remember() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| match context::current() {
        None => default(info),
        Some(context) => {
            let place = info.location().map(ToString::to_string);
            set(
                &context,
                Some(Panic {
                    place: place.map_or_else(
                        || "an unknown place".to_owned(),
                        |place| without_detours(&place),
                    ),
                    message: message(info.payload()).to_owned(),
                }),
            );
        }
    }));
}

/// Takes the last panic of the check.
pub fn take(context: &Context) -> Option<Panic> {
    set(context, None)
}

fn set(context: &Context, panic: Option<Panic>) -> Option<Panic> {
    let mut last = context
        .last_panic
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut last, panic)
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
}
