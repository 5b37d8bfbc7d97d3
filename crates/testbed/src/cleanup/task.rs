//! What a cleanup process has to remove, and how it is told.

use serde::{Deserialize, Serialize};

/// The argument that makes this program a cleanup process. Its task follows, as JSON.
const ARGUMENT: &str = "--kafkalings-cleanup";

/// What to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remove", rename_all = "snake_case")]
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
        /// The address of the cluster.
        bootstrap_servers: String,
    },
}

impl Task {
    /// The task of this process, if it was started as a cleanup process. Each program that opens a session asks this first.
    pub fn of_this_process() -> Option<Self> {
        Self::from_arguments(std::env::args().skip(1))
    }

    /// The arguments that hand the task to a cleanup process.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn arguments(&self) -> serde_json::Result<[String; 2]> {
        Ok([ARGUMENT.to_owned(), serde_json::to_string(self)?])
    }

    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        if arguments.next()? != ARGUMENT {
            return None;
        }
        serde_json::from_str(&arguments.next()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_task_survives_the_way_through_the_arguments() {
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
            let arguments = task.arguments().expect("it is plain data");
            assert_eq!(Task::from_arguments(arguments.into_iter()), Some(task));
        }
    }

    #[test]
    fn the_arguments_of_a_run_are_no_task() {
        let arguments = ["phase2", "--test-threads=1"].map(str::to_owned);
        assert_eq!(Task::from_arguments(arguments.into_iter()), None);
        assert_eq!(Task::from_arguments(std::iter::empty()), None);
    }
}
