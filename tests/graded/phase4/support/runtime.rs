//! The runtime of the learner's code.

use testbed::{NotGraded, Verdict};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Where the learner's code runs: `work` may block, and must not hold up the check when it does so on an async thread.
pub struct LearnerRuntime(Option<Runtime>);

impl LearnerRuntime {
    pub fn new() -> Verdict<Self> {
        Self::with_threads(8)
    }

    pub fn with_threads(threads: usize) -> Verdict<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .map_err(|error| NotGraded::broken("no runtime", &error))?;
        Ok(Self(Some(runtime)))
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = self.0.as_ref();
        runtime.expect("it is there until dropped").spawn(future)
    }
}

impl Drop for LearnerRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
