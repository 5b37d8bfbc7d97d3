//! Processes, told apart even when the system gives an id to another one.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process, as another process of the same machine can find it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// Where its id counts: this boot of the machine, its namespaces, and its user, since a system may hide the processes of
    /// other users.
    scope: String,
    pid: u32,
    /// When it started, in clock ticks since the machine booted. No later process has both this and `pid`.
    started: u64,
}

impl ProcessId {
    /// The process with this id. `None`: there is none, or this system does not say when a process started. Linux does.
    pub fn of(pid: u32) -> Option<Self> {
        let (started, _is_zombie) = stat(pid)?;
        Some(Self {
            scope: scope()?,
            pid,
            started,
        })
    }

    /// This process.
    pub fn current() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Whether it is still running. `None`: it cannot be told from here, as for a process of another machine or of another
    /// container.
    pub fn is_alive(&self) -> Option<bool> {
        if scope()? != self.scope {
            return None;
        }
        let found = stat(self.pid);
        Some(found.is_some_and(|(started, is_zombie)| started == self.started && !is_zombie))
    }
}

/// When the process started, and whether it has ended and only waits for its parent to notice.
fn stat(pid: u32) -> Option<(u64, bool)> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The second field is the program's name in brackets, which may contain anything; see `man proc_pid_stat`.
fn parse_stat(stat: &str) -> Option<(u64, bool)> {
    const STATE: usize = 3;
    const START_TIME: usize = 22;
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let is_zombie = matches!(*fields.first()?, "Z" | "X");
    let started = fields.get(START_TIME - STATE)?.parse().ok()?;
    Some((started, is_zombie))
}

#[cfg(target_os = "linux")]
fn scope() -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let user = fs::metadata("/proc/self").ok()?.uid();
    let mut scope = format!("{} user:{user}", boot.trim());
    for namespace in ["pid", "time"] {
        // A kernel without this kind of namespace has one for all.
        if let Ok(link) = fs::read_link(format!("/proc/self/ns/{namespace}")) {
            scope = format!("{scope} {}", link.display());
        }
    }
    Some(scope)
}

#[cfg(not(target_os = "linux"))]
fn scope() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_programs_name_may_look_like_further_fields() {
        let after = "0 ".repeat(18);
        let running = format!("7 (a) Z 1 (b) S {after}4711 0 0");
        assert_eq!(parse_stat(&running), Some((4711, false)));
        let zombie = format!("7 (a) Z {after}4711 0 0");
        assert_eq!(parse_stat(&zombie), Some((4711, true)));
        assert_eq!(parse_stat("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_alive_until_it_ends_and_its_successor_is_another() {
        let current = ProcessId::current().expect("Linux says when a process started");
        assert_eq!(current.is_alive(), Some(true));
        let successor = ProcessId {
            started: current.started + 1,
            ..current.clone()
        };
        assert_eq!(successor.is_alive(), Some(false));
        let elsewhere = ProcessId {
            scope: "another boot".to_owned(),
            ..current
        };
        assert_eq!(elsewhere.is_alive(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_was_killed_is_dead_before_its_parent_notices() {
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .expect("sleep is there");
        let id = ProcessId::of(child.id()).expect("it runs");
        assert_eq!(id.is_alive(), Some(true));
        child.kill().expect("it is ours");
        while id.is_alive() == Some(true) {
            std::thread::yield_now();
        }
        assert_eq!(id.is_alive(), Some(false));
        child.wait().expect("it is ours");
        assert_eq!(id.is_alive(), Some(false));
    }
}
