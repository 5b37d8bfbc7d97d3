//! The learner's code on a thread of its own, so that the check can look at the broker meanwhile: a poll loop may block
//! the thread it runs on.

use std::future::Future;
use std::panic::resume_unwind;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Code that runs on a thread of its own.
#[derive(Debug)]
pub struct OwnThread<T>(JoinHandle<T>);

impl<T: Send + 'static> OwnThread<T> {
    /// Starts the future that `make` gives. The future itself stays on its thread, so it need not be `Send`.
    ///
    /// Its panics are told as the check's own.
    pub fn start<F: Future<Output = T>>(make: impl FnOnce() -> F + Send + 'static) -> Self {
        let runtime = Handle::current();
        Self(tokio::task::spawn_blocking(move || {
            runtime.block_on(make())
        }))
    }

    /// What the future gave. May be dropped and called again, until it has given it.
    pub async fn join(&mut self) -> T {
        match (&mut self.0).await {
            Ok(output) => output,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Only the end of the runtime cancels it, and that ends the check as well.
                Err(_cancelled) => std::future::pending().await,
            },
        }
    }
}
