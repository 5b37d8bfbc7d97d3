//! Why a worker ended without a verdict: in words, with the concept that a learner should take from it.

use std::process::ExitStatus;

use super::worker_process::{Stop, signal_of};

const EXIT: &str = "`std::process::exit` ends the whole service: librdkafka drops the records in its queue, and the group waits for a \
                    member that never left. Return an error instead, and do not exit in a destructor either.";

const STACK: &str = "Each call takes room on the stack until it returns. Replace a function that calls itself for each record or \
                     each retry by a loop.";

const MEMORY: &str = "Records and retries may have no end, and a collection that grows with each of them fills the memory. Keep only \
                      what is in flight, and drop what is done.";

const CANNOT_UNWIND: &str = "A panic in a destructor that runs because of a panic, or in a partitioner that librdkafka calls from C, \
                             aborts the process. Handle the error there instead of unwrapping it.";

const ABORT: &str = "An abort ends the whole service: it returns no error, commits no offset and sends no queued record. Return an \
                     error instead, and do not abort in a panic hook or in a destructor either.";

const SIGNAL: &str = "Safe Rust cannot do this. Look for a signal that your code sends, or for `unsafe` code that it calls.";

const BLOCKED: &str = "A loop that neither awaits nor returns blocks its thread, and everything else that runs on it. Await in \
                       every loop, and give every loop an end.";

const OUTPUT: &str = "A loop that prints this much does not wait: it looks again and again, and takes a core for that. Await the \
                      next record, delivery report or change instead.";

/// How a process ended itself, and the concept.
pub fn of_death(status: ExitStatus, output: &str) -> (String, &'static str) {
    let Some(signal) = signal_of(status) else {
        let code = status.code().unwrap_or_default();
        return (format!("exit code {code}"), EXIT);
    };
    let (what, concept) = of_signal(&signal, output);
    (format!("{signal} ({what})"), concept)
}

/// What Rust prints before it aborts tells the aborts apart.
fn of_signal(signal: &str, output: &str) -> (&'static str, &'static str) {
    if output.contains("has overflowed its stack") {
        ("stack overflow", STACK)
    } else if output.contains("memory allocation of") {
        ("out of memory", MEMORY)
    } else if output.contains("non-unwinding panic. aborting") {
        ("abort after a panic that cannot unwind", CANNOT_UNWIND)
    } else if signal == "SIGABRT" {
        ("abort", ABORT)
    } else if signal == "SIGKILL" {
        (
            "ended from outside, perhaps by the operating system because memory ran out",
            MEMORY,
        )
    } else {
        ("ended by the operating system", SIGNAL)
    }
}

/// The concept behind the end that the judge gave a process.
pub fn of_stop(stop: Stop) -> &'static str {
    match stop {
        Stop::Deadline(_) => BLOCKED,
        Stop::Memory(_) => MEMORY,
        Stop::Output => OUTPUT,
        // Its verdict is not needed.
        Stop::RunIsOver => "",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;
    use pretty_assertions::assert_eq;

    const SIGKILL: i32 = 9;
    const SIGABRT: i32 = 6;
    const SIGSEGV: i32 = 11;

    #[test]
    fn what_rust_prints_tells_the_aborts_apart() {
        let concept = |signal, output| of_death(ExitStatus::from_raw(signal), output).1;
        assert_eq!(concept(SIGABRT, "the last words"), ABORT);
        let overflow = "thread 'main' (1) has overflowed its stack\n";
        assert_eq!(concept(SIGABRT, overflow), STACK);
        let memory = "memory allocation of 1024 bytes failed\n";
        assert_eq!(concept(SIGABRT, memory), MEMORY);
        let callback = "thread caused non-unwinding panic. aborting.\n";
        assert_eq!(concept(SIGABRT, callback), CANNOT_UNWIND);
        assert_eq!(concept(SIGKILL, ""), MEMORY);
        assert_eq!(concept(SIGSEGV, ""), SIGNAL);
    }

    #[test]
    fn an_exit_code_is_told() {
        let exited = ExitStatus::from_raw(70 << 8);
        assert_eq!(of_death(exited, ""), ("exit code 70".to_owned(), EXIT));
    }
}
