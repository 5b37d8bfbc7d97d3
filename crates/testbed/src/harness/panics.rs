//! Where a check panicked. The message comes with the panic itself, the place only through the hook.

use std::any::Any;
use std::panic;
use std::sync::PoisonError;

use crate::context;

/// From now on a panic on a thread of a check or of its runtime is remembered instead of printed: the verdict tells it.
/// Panics on other threads are printed as usual.
pub fn remember() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let Some(context) = context::current() else {
            return default(info);
        };
        let place = info.location().map(ToString::to_string);
        *context
            .last_panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = place;
    }));
}

/// Where the check of the current thread panicked last, as `file:line:column`.
pub fn last_place() -> Option<String> {
    let context = context::current()?;
    context
        .last_panic
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
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
