//! Processes that a worker leaves running.
//!
//! Most stay in the worker's process group. One that leaves it is found by a variable of its environment: on Linux the judge
//! adopts it when its parent ends.

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Leads from a process that outlives its worker to the attempt that started it.
pub const ATTEMPT_VARIABLE: &str = "KAFKALINGS_ATTEMPT";

/// Ends what is left of the process group of a worker that has ended. Returns how many processes there were, as far as is
/// known: 0 or 1. A process that has ended counts for nothing, whether or not the worker waited for it.
pub fn end_of_group(group: Pid) -> usize {
    reap(group);
    usize::from(killpg(group, Signal::SIGKILL).is_ok())
}

/// Waits for the processes of the group that have ended. The system hands them to the judge when their parent ends.
fn reap(group: Pid) {
    let any_of_the_group = Pid::from_raw(-group.as_raw());
    let has_reaped = || {
        let status = waitpid(any_of_the_group, Some(WaitPidFlag::WNOHANG));
        !matches!(status, Err(_) | Ok(WaitStatus::StillAlive))
    };
    while has_reaped() {}
}

pub use platform::{adopt_orphans, end_of_attempt};

#[cfg(target_os = "linux")]
mod platform {
    use std::fs;

    use nix::sys::prctl::set_child_subreaper;
    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{WaitPidFlag, waitpid};
    use nix::unistd::Pid;

    use crate::harness::judge::strays::ATTEMPT_VARIABLE;

    /// From now on a process whose parent ends becomes a child of this one.
    pub fn adopt_orphans() {
        if let Err(error) = set_child_subreaper(true) {
            eprintln!("note: processes that an exercise leaves running may stay: {error}");
        }
    }

    /// Ends the processes that an attempt has left behind outside its process group. Returns how many there were.
    pub fn end_of_attempt(token: &str) -> usize {
        let variable = format!("{ATTEMPT_VARIABLE}={token}");
        let strays = children().into_iter().filter(|child| {
            let environment = fs::read(format!("/proc/{child}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == variable.as_bytes())
        });
        strays.map(end).filter(|ended| *ended).count()
    }

    fn end(child: i32) -> bool {
        let child = Pid::from_raw(child);
        let ended = kill(child, Signal::SIGKILL).is_ok();
        // Nothing else waits for it.
        let _ = waitpid(child, Some(WaitPidFlag::empty()));
        ended
    }

    /// The children of this process, over all its threads.
    fn children() -> Vec<i32> {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
        threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
            .flat_map(|list| {
                let children = list.split_whitespace();
                children
                    .filter_map(|child| child.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    /// Other systems give an orphan to their first process.
    pub fn adopt_orphans() {}

    /// Nothing is known of processes outside the worker's process group.
    pub fn end_of_attempt(_token: &str) -> usize {
        0
    }
}
