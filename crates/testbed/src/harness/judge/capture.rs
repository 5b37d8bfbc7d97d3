//! What a worker prints. The beginning and the end are kept; a worker that prints without end is noticed.

use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much of the beginning is kept, and how much of the end.
const KEPT: usize = 8 * 1024;

/// How much a worker may print.
pub const LIMIT: usize = 16 * 1024 * 1024;

/// The output of a worker, while it grows.
#[derive(Debug, Clone, Default)]
pub struct Capture(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    beginning: Vec<u8>,
    end: Vec<u8>,
    length: usize,
    has_ended: bool,
}

impl Capture {
    /// Reads `pipe` on a thread until it is closed. With `shown`, standard output gets a copy at once.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(mut pipe: impl Read + Send + 'static, shown: bool) -> io::Result<Self> {
        let capture = Self::default();
        let shared = Arc::clone(&capture.0);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    let printed = &buffer[..count];
                    if shown {
                        // A closed standard output must not end the run.
                        let _ = io::stdout().write_all(printed);
                    }
                    shared.lock().append(printed);
                }
                shared.lock().has_ended = true;
                shared.ended.notify_all();
            })?;
        Ok(capture)
    }

    /// Whether the worker has printed more than it may.
    pub fn is_too_long(&self) -> bool {
        self.0.lock().length > LIMIT
    }

    /// Waits until the pipe is closed, no longer than `limit`: a process that the worker has left behind may hold it open.
    pub fn wait_for_the_end(&self, limit: Duration) {
        let state = self.0.lock();
        let waited = self
            .0
            .ended
            .wait_timeout_while(state, limit, |state| !state.has_ended);
        drop(waited);
    }

    /// What was printed, the middle left out if it was long.
    pub fn text(&self) -> String {
        self.0.lock().text()
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, printed: &[u8]) {
        self.length += printed.len();
        let room = KEPT - self.beginning.len();
        let (beginning, rest) = printed.split_at(room.min(printed.len()));
        self.beginning.extend_from_slice(beginning);
        let rest = &rest[rest.len().saturating_sub(KEPT)..];
        self.end.extend_from_slice(rest);
        let surplus = self.end.len().saturating_sub(KEPT);
        self.end.drain(..surplus);
    }

    fn text(&self) -> String {
        let beginning = String::from_utf8_lossy(&self.beginning);
        let end = String::from_utf8_lossy(&self.end);
        let left_out = self.length - self.beginning.len() - self.end.len();
        if left_out == 0 {
            format!("{beginning}{end}")
        } else {
            format!("{beginning}\n… {left_out} bytes left out …\n{end}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn printed(pieces: &[&[u8]]) -> State {
        let mut state = State::default();
        for piece in pieces {
            state.append(piece);
        }
        state
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        assert_eq!(printed(&[b"one\n", b"two"]).text(), "one\ntwo");
    }

    #[test]
    fn of_a_long_output_beginning_and_end_are_kept() {
        let state = printed(&[b"first", &vec![b'.'; 10 * KEPT], b"last"]);
        let text = state.text();
        assert!(text.starts_with("first..."), "{text}");
        assert!(text.ends_with("...last"), "{text}");
        assert!(
            text.contains(&format!("… {} bytes left out …", 8 * KEPT + 9)),
            "{text}"
        );
        assert!(text.len() < 3 * KEPT);
    }
}
