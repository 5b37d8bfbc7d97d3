//! Tidies up after a run, however it ended.
//!
//! The reaper is this same program started once more, in a process group of its own, reading a pipe from the run. When
//! the run ends, be it by `kill -9`, the pipe closes, and the reaper removes what the run has used. A run that ends
//! well closes the pipe itself and waits for the reaper.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::docker_client_instance;

use crate::blocking::ANSWER_TIMEOUT;
use crate::broker::{background, labels};

/// What a reaper's own environment says of its task.
const TASK_VARIABLE: &str = "KAFKALINGS_REAPER";

/// A container may still be on its way when the run is killed: Docker finishes a request whose client is gone.
const LATECOMERS: Duration = Duration::from_secs(10);

/// The longest session timeout that a check gives a member, and some more.
const SESSIONS: Duration = Duration::from_mins(1);

/// How soon to look again whether something is left.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long a run waits at its end for the reaper, which goes on by itself.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(10);

/// The same where topics and groups are removed: a member that hangs in this process keeps its group until the process
/// ends, so waiting for that is waiting for oneself.
const RELEASE_TIMEOUT_OF_TOPICS: Duration = Duration::from_secs(3);

/// What to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// The containers of a run.
    Containers {
        /// The run's id.
        run: String,
    },
    /// The topics and groups of a run on a cluster that stays.
    Topics {
        /// What their names begin with.
        prefix: String,
        /// The cluster.
        bootstrap_servers: String,
    },
}

/// The run's end of the pipe.
#[derive(Debug)]
pub struct Reaper {
    process: Child,
    release_timeout: Duration,
}

impl Reaper {
    /// Starts the reaper. It does nothing as long as this process lives and keeps the value.
    ///
    /// # Errors
    /// When the program cannot be started again.
    pub fn spawn(task: &Task) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env(TASK_VARIABLE, task.to_text())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C goes to a whole process group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self {
            process: command.spawn()?,
            release_timeout: match task {
                Task::Containers { .. } => RELEASE_TIMEOUT,
                Task::Topics { .. } => RELEASE_TIMEOUT_OF_TOPICS,
            },
        })
    }

    /// Says that everything the run will ever use is there: the reaper need not wait for latecomers.
    pub fn all_is_there(&mut self) {
        if let Some(pipe) = &mut self.process.stdin {
            // A reaper that is gone cannot be told.
            let _ = pipe.write_all(b".");
        }
    }

    /// Closes the pipe and waits until the reaper is done, or for long enough: it does not need this process. Returns whether
    /// everything is gone.
    pub fn release(mut self) -> bool {
        drop(self.process.stdin.take());
        let deadline = Instant::now() + self.release_timeout;
        while Instant::now() < deadline {
            match self.process.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Ok(Some(status)) => return status.success(),
                Err(_) => return false,
            }
        }
        false
    }
}

impl Task {
    /// The task of this process, if it is a reaper.
    pub fn of_this_process() -> Option<Self> {
        Self::from_text(&std::env::var(TASK_VARIABLE).ok()?)
    }

    fn to_text(&self) -> String {
        match self {
            Self::Containers { run } => format!("containers {run}"),
            Self::Topics {
                prefix,
                bootstrap_servers,
            } => format!("topics {prefix} {bootstrap_servers}"),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.splitn(3, ' ').collect();
        match words.as_slice() {
            ["containers", run] => Some(Self::Containers {
                run: (*run).to_owned(),
            }),
            ["topics", prefix, bootstrap_servers] => Some(Self::Topics {
                prefix: (*prefix).to_owned(),
                bootstrap_servers: (*bootstrap_servers).to_owned(),
            }),
            _ => None,
        }
    }

    /// Waits for the end of the run, then does the task.
    pub fn reap(self) -> ExitCode {
        let mut said = Vec::new();
        // An error means that the run is gone as well.
        let _ = io::stdin().read_to_end(&mut said);
        let latecomers = if said.is_empty() {
            LATECOMERS
        } else {
            Duration::ZERO
        };
        let done = match self {
            Self::Containers { run } => background::block_on(remove_containers(&run, latecomers)),
            Self::Topics {
                prefix,
                bootstrap_servers,
            } => background::block_on(remove_topics(&prefix, &bootstrap_servers)),
        };
        if done {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

async fn remove_containers(run: &str, latecomers: Duration) -> bool {
    let Ok(docker) = docker_client_instance().await else {
        return false;
    };
    let filters = HashMap::from([("label", vec![format!("{}={run}", labels::RUN)])]);
    let list = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let remove = RemoveContainerOptionsBuilder::default()
        .force(true)
        .v(true)
        .build();
    let deadline = Instant::now() + latecomers;
    loop {
        let containers = docker.list_containers(Some(list.clone())).await;
        let ids: Vec<String> = containers
            .unwrap_or_default()
            .into_iter()
            .filter_map(|container| container.id)
            .collect();
        for id in &ids {
            let _ = docker.remove_container(id, Some(remove.clone())).await;
        }
        if !ids.is_empty() || Instant::now() >= deadline {
            return true;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Tries until nothing is left: a group is not removed while a member counts as alive, and one that was killed does so
/// until its session has timed out.
async fn remove_topics(prefix: &str, bootstrap_servers: &str) -> bool {
    let admin: Result<AdminClient<DefaultClientContext>, _> = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .create();
    let Ok(admin) = admin else {
        return false;
    };
    let options = AdminOptions::new().operation_timeout(Some(ANSWER_TIMEOUT));
    let deadline = Instant::now() + SESSIONS;
    loop {
        let topics = names_of_topics(&admin, prefix);
        let groups = names_of_groups(&admin, prefix);
        if topics.is_empty() && groups.is_empty() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        if !topics.is_empty() {
            let _ = admin.delete_topics(&topics, &options).await;
        }
        if !groups.is_empty() {
            let _ = admin.delete_groups(&groups, &options).await;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn names_of_topics(admin: &AdminClient<DefaultClientContext>, prefix: &str) -> Vec<String> {
    let Ok(metadata) = admin.inner().fetch_metadata(None, ANSWER_TIMEOUT) else {
        return Vec::new();
    };
    let names = metadata.topics().iter().map(|topic| topic.name());
    names
        .filter(|name| name.starts_with(prefix))
        .map(str::to_owned)
        .collect()
}

fn names_of_groups(admin: &AdminClient<DefaultClientContext>, prefix: &str) -> Vec<String> {
    let Ok(list) = admin.inner().fetch_group_list(None, ANSWER_TIMEOUT) else {
        return Vec::new();
    };
    let names = list.groups().iter().map(|group| group.name());
    names
        .filter(|name| name.starts_with(prefix))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_task_survives_the_way_through_the_environment() {
        let tasks = [
            Task::Containers {
                run: "1a-2b".to_owned(),
            },
            Task::Topics {
                prefix: "kafkalings.1a-2b.".to_owned(),
                bootstrap_servers: "one:9092,two:9092".to_owned(),
            },
        ];
        for task in tasks {
            assert_eq!(Task::from_text(&task.to_text()), Some(task));
        }
    }
}
