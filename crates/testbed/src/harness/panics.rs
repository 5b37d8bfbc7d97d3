//! Where a check panicked. The message comes with the panic itself, the place only through the hook.

use std::any::Any;
use std::panic;
use std::sync::PoisonError;

use crate::context::{self, Context};

/// From now on a panic on a check's thread is remembered instead of printed: the verdict tells it. Panics on other
/// threads, such as those of tasks that the learner's code spawned, are printed as usual.
pub fn remember() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| match context::current() {
        None => default(info),
        Some(context) => {
            set_place(&context, info.location().map(ToString::to_string));
        }
    }));
}

fn set_place(context: &Context, place: Option<String>) -> Option<String> {
    let mut last = context
        .last_panic
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut last, place)
}

/// Where the check of the current thread panicked last, as `file:line:column`.
pub fn last_place() -> Option<String> {
    set_place(&context::current()?, None)
}

/// What a panic said.
pub fn message(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "(no text)"
    }
}
