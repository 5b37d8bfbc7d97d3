//! Where a check panicked. The message comes with the panic itself, the place only through the hook.

use std::any::Any;
use std::cell::RefCell;
use std::panic;

use crate::context;

thread_local! {
    static LAST_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a panic on a check's thread is remembered instead of printed: the verdict tells it. Panics on other
/// threads, such as those of tasks that the learner's code spawned, are printed as usual.
pub fn remember() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if context::current().is_none() {
            return default(info);
        }
        let place = info
            .location()
            .map(|place| without_detours(&place.to_string()));
        LAST_PLACE.with_borrow_mut(|last| *last = place);
    }));
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

/// Where the current thread panicked last, as `file:line:column`.
pub fn last_place() -> Option<String> {
    LAST_PLACE.with_borrow_mut(Option::take)
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
