//! A runtime for what outlives a single check, such as the requests that end a fault.

use std::fmt::Display;
use std::future::Future;
use std::sync::{LazyLock, mpsc};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::verdict::{NotGraded, Verdict};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the operating system gives this process a thread")
});

/// Blocks until `future` is done. Panics inside an async function: see [`block_anywhere`].
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// Blocks the thread until `future` is done, inside an async function too. `None`: it panicked.
pub fn block_anywhere<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    spawn(async move { sender.send(future.await) });
    receiver.recv().ok()
}

/// Runs `future` there, whatever happens to the caller.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    RUNTIME.spawn(future)
}

/// The result of what was spawned.
///
/// # Errors
/// Not graded, with its error.
pub async fn joined<T, E: Display>(what: &str, task: JoinHandle<Result<T, E>>) -> Verdict<T> {
    task.await
        .map_err(|error| NotGraded::broken(what, &error))?
        .map_err(|error| NotGraded::broken(what, &error))
}
