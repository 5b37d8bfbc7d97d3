//! Removes what a run used, however the run ended.
//!
//! The cleanup process is this same program started once more, in a process group of its own, with a pipe from the run as its
//! standard input. When the run ends, by `kill -9` too, the pipe closes, and the cleanup process removes what the run used. A
//! run that ends well closes the pipe itself and waits for the cleanup process to report what it could not remove.
//!
//! While the run lasts, the cleanup process removes what earlier runs left behind: those whose own cleanup process was killed
//! as well, or found neither Docker nor a broker.

mod containers;
mod earlier;
mod process;
mod report;
mod run;
mod task;
mod topics;
mod until_gone;

pub use process::Cleanup;
pub use task::Task;
