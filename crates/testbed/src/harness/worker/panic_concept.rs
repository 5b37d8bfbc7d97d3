//! What a learner should take from a panic. Its message decides.

const UNWRAP: &str = "A Kafka call can fail, and a record can lack a key or a value, or hold no event. Handle each case as the \
                      contract says instead of unwrapping it: skip it, count it, or return the error.";

const RUNTIME_IN_A_RUNTIME: &str = "An async function already runs on a tokio runtime, whose threads must not wait for another \
                                    one. Await the future, or move blocking work to `spawn_blocking`.";

const BLOCK_IN_PLACE: &str = "`block_in_place` works on a multi-threaded runtime only, and your caller may use another. Move the \
                              blocking work to `spawn_blocking` or to a thread.";

const BLOCKING_CALL: &str = "This call blocks a thread of the tokio runtime, and every task on that thread waits too. Await the \
                             async counterpart, or make the call in `spawn_blocking`.";

const NO_RUNTIME: &str = "Timers, sockets and tasks need a tokio runtime, and a thread of your own or a callback of librdkafka has \
                          none. Take `Handle::current()` in the async function and use it there.";

const ZERO: &str = "A count can be zero: an empty batch, an empty assignment, no records yet. Return what the contract says for it \
                    before you divide.";

const TOO_SHORT: &str = "A list can be shorter than you expect: an empty batch, an empty assignment, fewer partitions. Look at its \
                         length first, or use `get`.";

const OVERFLOW: &str = "Offsets and counts begin at 0, and librdkafka uses negative offsets for \"none\" and \"unknown\". Compare two \
                        numbers before you subtract one from the other.";

/// A part of the message, and what it means.
const BY_MESSAGE: [(&str, &str); 9] = [
    (
        "Cannot start a runtime from within a runtime",
        RUNTIME_IN_A_RUNTIME,
    ),
    (
        "Cannot block the current thread from within a runtime",
        BLOCKING_CALL,
    ),
    (
        "can call blocking only when running on the multi-threaded runtime",
        BLOCK_IN_PLACE,
    ),
    ("there is no reactor running", NO_RUNTIME),
    ("attempt to divide by zero", ZERO),
    ("with a divisor of zero", ZERO),
    ("index out of bounds", TOO_SHORT),
    ("out of range for slice", TOO_SHORT),
    ("attempt to subtract with overflow", OVERFLOW),
];

/// The concept of a panic with this message.
pub fn of(message: &str) -> &'static str {
    let mut known = BY_MESSAGE.iter();
    let found = known.find(|(part, _)| message.contains(part));
    found.map_or(UNWRAP, |(_, concept)| concept)
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::panic;

    use super::*;
    use pretty_assertions::assert_eq;
    use tokio::runtime::Runtime;

    fn runtime() -> Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("a runtime")
    }

    /// The concept of what tokio and std really say.
    fn concept_of<T: Debug>(panics: impl FnOnce() -> T + panic::UnwindSafe) -> &'static str {
        let payload = panic::catch_unwind(panics).expect_err("it panics");
        let text = payload.downcast_ref::<String>().map(String::as_str);
        of(text
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .expect("a panic has a text"))
    }

    #[test]
    fn a_misused_runtime_is_not_an_unwrap() {
        let nested = || runtime().block_on(async { runtime().block_on(async {}) });
        assert_eq!(concept_of(nested), RUNTIME_IN_A_RUNTIME);
        let in_place = || runtime().block_on(async { tokio::task::block_in_place(|| {}) });
        assert_eq!(concept_of(in_place), BLOCK_IN_PLACE);
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let blocking = panic::AssertUnwindSafe(|| {
            runtime().block_on(async {
                let _ = receiver.blocking_recv();
            });
        });
        assert_eq!(concept_of(blocking), BLOCKING_CALL);
        drop(sender);
        let outside = || tokio::task::spawn(async {});
        assert_eq!(concept_of(outside), NO_RUNTIME);
    }

    #[test]
    fn an_empty_list_is_not_an_unwrap() {
        let empty = Vec::<usize>::new;
        assert_eq!(concept_of(|| empty()[empty().len()]), TOO_SHORT);
        assert_eq!(concept_of(|| empty()[..=empty().len()].len()), TOO_SHORT);
        assert_eq!(concept_of(|| 1 / empty().len()), ZERO);
        assert_eq!(concept_of(|| empty().len() - 1), OVERFLOW);
    }

    #[test]
    fn anything_else_is_an_unwrap() {
        let none = || Vec::<u8>::new().pop();
        assert_eq!(concept_of(|| none().unwrap()), UNWRAP);
        assert_eq!(of("the topic holds events: Tombstone"), UNWRAP);
    }
}
