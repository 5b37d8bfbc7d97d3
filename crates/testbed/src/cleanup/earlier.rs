//! What earlier runs left behind: those whose cleanup process was killed as well, or could not do its work.
//!
//! Nothing of a run that may still be going on is touched.
//!
//! - A container names the processes that it belongs to. It is removed when all of them are dead. Where that cannot be told,
//!   as from another machine or from another container, it is removed if it is not running and more than a day old.
//! - A topic or a group has nothing but its name, which has the process id of its judge and the time in it. The process may
//!   belong to any machine, so the time alone counts: it is removed if its run began more than a day ago.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::containers::{self, Container};
use super::task::Task;
use super::topics::Names;
use super::until_gone::until_gone;
use crate::process_id::ProcessId;

/// No run takes that long.
const LONGEST_RUN: Duration = Duration::from_hours(24);

/// How long Docker, or the cluster, may refuse to list or remove what earlier runs left.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Removes what earlier runs left where this run works. Returns what it could not remove.
pub async fn remove(task: Task) -> Vec<String> {
    let left = match task {
        Task::Containers { run } => {
            let pass = || async { containers::remove(abandoned(&run).await).await };
            until_gone(TIMEOUT, pass, |_| ()).await
        }
        Task::Topics {
            bootstrap_servers, ..
        } => match Names::at(&bootstrap_servers) {
            Ok(names) => {
                let now = since_epoch();
                let pass = || names.remove(|name| is_old(name, now));
                until_gone(TIMEOUT, pass, |_| ()).await
            }
            Err(error) => vec![error],
        },
    };
    let of_an_earlier_run = |what| format!("of an earlier run: {what}");
    left.into_iter().map(of_an_earlier_run).collect()
}

/// The containers of runs that are over, other than this one.
async fn abandoned(run: &str) -> Result<Vec<Container>, String> {
    let now = since_epoch();
    let mut listed = containers::list(None).await?;
    listed.retain(|container| container.run != run && is_abandoned(container, now));
    Ok(listed)
}

fn is_abandoned(container: &Container, now: Duration) -> bool {
    are_dead(&container.processes).unwrap_or_else(|| {
        let created = Duration::from_secs(u64::try_from(container.created).unwrap_or(u64::MAX));
        !container.is_running && is_over(created, now)
    })
}

/// Whether all of them are dead. `None`: it cannot be told.
fn are_dead(processes: &[ProcessId]) -> Option<bool> {
    if processes.is_empty() {
        return None;
    }
    let mut all_dead = true;
    for process in processes {
        all_dead &= !process.is_alive()?;
    }
    Some(all_dead)
}

/// Whether the name is that of a topic or group of a run which began more than a day ago.
fn is_old(name: &str, now: Duration) -> bool {
    run_began(name).is_some_and(|began| is_over(began, now))
}

fn is_over(began: Duration, now: Duration) -> bool {
    now.checked_sub(began).is_some_and(|age| age > LONGEST_RUN)
}

/// When the run began that has given this name, since 1970: names are `kafkalings.PROCESS-MILLISECONDS.` and more, with both
/// numbers hexadecimal. `None` for the name of something else.
fn run_began(name: &str) -> Option<Duration> {
    /// The beginning of 2020: the kit is younger.
    const FIRST: Duration = Duration::from_hours(438_288);
    let (run, _of_the_run) = name.strip_prefix("kafkalings.")?.split_once('.')?;
    let (process, milliseconds) = run.split_once('-')?;
    u32::from_str_radix(process, 16).ok()?;
    let began = Duration::from_millis(u64::from_str_radix(milliseconds, 16).ok()?);
    (began >= FIRST).then_some(began)
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::unique_name;
    use pretty_assertions::assert_eq;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn the_names_of_this_run_say_when_it_began() {
        let began = run_began(&unique_name("topic")).expect("a name of this kit");
        let age = since_epoch().checked_sub(began).expect("not in the future");
        assert!(age < HOUR, "{age:?}");
        assert!(!is_old(&unique_name("topic"), since_epoch()));
    }

    #[test]
    fn only_names_of_runs_of_more_than_a_day_ago_are_old() {
        let began = Duration::from_hours(500_000);
        let name = format!("kafkalings.1a-{:x}.check.topic-0", began.as_millis());
        assert!(is_old(&name, began + 25 * HOUR));
        assert!(!is_old(&name, began + 23 * HOUR));
        // A clock that is behind.
        assert!(!is_old(&name, Duration::from_hours(499_000)));
    }

    #[test]
    fn names_that_no_run_gave_are_left() {
        for name in [
            "events",
            "kafkalings.events",
            "kafkalings.a-b.events",
            "kafkalings.1a-17b.check.topic-0",
            "kafkalings.1a-19000000000",
            "my-kafkalings.1a-19000000000.check.topic-0",
            "kafkalings.pid-19000000000.check.topic-0",
        ] {
            assert_eq!(run_began(name), None, "{name}");
        }
    }

    #[test]
    fn a_container_whose_processes_cannot_be_told_is_left_while_it_runs_or_is_young() {
        let now = 100 * HOUR;
        let created = |hour: i64, is_running| Container {
            id: "1".to_owned(),
            run: "1-1".to_owned(),
            processes: Vec::new(),
            is_running,
            created: hour * 3600,
        };
        assert!(is_abandoned(&created(70, false), now));
        assert!(!is_abandoned(&created(80, false), now));
        assert!(!is_abandoned(&created(70, true), now));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_container_is_left_as_long_as_one_of_its_processes_lives() {
        let alive = ProcessId::current().expect("Linux says when a process started");
        let mut child = std::process::Command::new("true")
            .spawn()
            .expect("true is there");
        let dead = ProcessId::of(child.id()).expect("it is not reaped yet");
        child.wait().expect("it is ours");
        assert_eq!(are_dead(std::slice::from_ref(&dead)), Some(true));
        assert_eq!(are_dead(&[dead.clone(), alive.clone()]), Some(false));
        assert_eq!(are_dead(&[alive, dead]), Some(false));
        assert_eq!(are_dead(&[]), None);
    }
}
