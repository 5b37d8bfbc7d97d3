//! The Kafka of a run: the judge opens it, and its workers connect to it.

use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use report::variables;
use serde::{Deserialize, Serialize};

use crate::broker::choice::Choice;
use crate::broker::docker::{Daemon, DockerKafka};
use crate::broker::error_text::with_causes;
use crate::broker::{background, labels, pause, second};
use crate::cleanup::{Cleanup, Task};
use crate::cluster::{ANSWER_TIMEOUT, Cluster};
use crate::context;
use crate::verdict::{NotGraded, NotPassed, Verdict};

/// How a worker reaches the Kafka of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Connection {
    /// A cluster that the run did not start.
    External {
        /// Its address, `host:port`, several separated by commas.
        bootstrap_servers: String,
        /// Its `group.initial.rebalance.delay.ms`.
        initial_rebalance_delay: Duration,
    },
    /// A container of the run.
    Docker {
        /// The address of its listener on this machine.
        bootstrap_servers: String,
        /// The container's id.
        container: String,
    },
    /// librdkafka's mock cluster. Each process has its own.
    Mock,
}

impl Connection {
    /// How long a new group waits for further members. On the run's own container and on a mock cluster it does not wait.
    pub fn initial_rebalance_delay(&self) -> Duration {
        match self {
            Self::External {
                initial_rebalance_delay,
                ..
            } => *initial_rebalance_delay,
            Self::Docker { .. } | Self::Mock => Duration::ZERO,
        }
    }

    /// The environment variables that lead another run to this Kafka. A mock cluster ends with its process, so another run
    /// gets its own.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::External {
                bootstrap_servers, ..
            }
            | Self::Docker {
                bootstrap_servers, ..
            } => vec![
                (variables::KAFKA, "external".to_owned()),
                (variables::BOOTSTRAP_SERVERS, bootstrap_servers.clone()),
            ],
            Self::Mock => vec![(variables::KAFKA, "mock".to_owned())],
        }
    }
}

/// The Kafka of a run, as the judge holds it.
///
/// [`release`](Self::release) removes what the run used. A process that ends without it leaves that to its cleanup process.
pub struct Session {
    kafka: Kafka,
    notices: Vec<String>,
    /// `None` on a mock cluster, which ends with its process.
    cleanup: Option<Cleanup>,
}

enum Kafka {
    External {
        bootstrap_servers: String,
        initial_rebalance_delay: Duration,
    },
    Docker(Box<DockerKafka>),
    Mock,
}

impl Session {
    /// Opens the Kafka that the environment names. Blocks until it answers, so it is not for async functions; nor are the
    /// other functions that block.
    ///
    /// # Errors
    /// [`NotGraded::Environment`], with a paragraph for the learner.
    pub fn open() -> Result<Self, NotGraded> {
        let choice =
            Choice::from_environment().map_err(|e| NotGraded::Environment(e.to_string()))?;
        match choice {
            Choice::External(address) => Self::external(address),
            Choice::Docker => Self::in_docker().map_err(|paragraph| {
                let variable = variables::KAFKA;
                NotGraded::Environment(format!("{variable}=docker, but {paragraph}"))
            }),
            Choice::DockerOrMock => {
                Ok(Self::in_docker().unwrap_or_else(|paragraph| Self::mock(Some(paragraph))))
            }
            Choice::Mock => Ok(Self::mock(None)),
        }
    }

    /// How a worker reaches it.
    pub fn connection(&self) -> Connection {
        match &self.kafka {
            Kafka::External {
                bootstrap_servers,
                initial_rebalance_delay,
            } => Connection::External {
                bootstrap_servers: bootstrap_servers.clone(),
                initial_rebalance_delay: *initial_rebalance_delay,
            },
            Kafka::Docker(kafka) => Connection::Docker {
                bootstrap_servers: kafka.bootstrap_servers().to_owned(),
                container: kafka.id().to_owned(),
            },
            Kafka::Mock => Connection::Mock,
        }
    }

    /// What the report says about it.
    pub fn kafka(&self) -> report::Kafka {
        match &self.kafka {
            Kafka::External {
                bootstrap_servers, ..
            } => report::Kafka::External {
                bootstrap_servers: bootstrap_servers.clone(),
            },
            Kafka::Docker(kafka) => report::Kafka::Docker {
                image: kafka.image().to_owned(),
            },
            Kafka::Mock => report::Kafka::Mock,
        }
    }

    /// What the learner should read once, at the top of the run: why the run is on the mock cluster, for example.
    pub fn notice(&self) -> Option<String> {
        (!self.notices.is_empty()).then(|| self.notices.join("\n\n"))
    }

    /// Undoes what a worker may have left that died or did not stop what it began: unpauses the container and ends the second
    /// broker. Blocks until it is done.
    ///
    /// # Errors
    /// What Docker refused.
    pub fn restore(&self) -> Result<(), String> {
        let Kafka::Docker(kafka) = &self.kafka else {
            return Ok(());
        };
        let container = kafka.id().to_owned();
        background::block_on(async {
            let unpaused = pause::unpause(&container).await;
            unpaused.map_err(|error| format!("unpausing Kafka: {}", with_causes(&error)))?;
            let ended = second::stop(container).await;
            ended.map_err(|error| format!("stopping the second broker: {}", with_causes(&error)))
        })
    }

    /// Removes what the run used, and waits until it is gone, for ten seconds at most: the cleanup process goes on by itself.
    ///
    /// Returns what is left and why, of this run or of earlier ones. Empty: nothing is.
    pub fn release(self) -> Vec<String> {
        self.cleanup.map(Cleanup::release).unwrap_or_default()
    }

    /// Leaves it to the cleanup process to remove what the run used, and does not wait. Returns nothing, for nothing is known.
    pub fn leave_to_cleanup(self) -> Vec<String> {
        drop(self.cleanup);
        Vec::new()
    }

    fn external(bootstrap_servers: String) -> Result<Self, NotGraded> {
        let cluster = Cluster::external(bootstrap_servers.clone());
        answers(&cluster).map_err(|error| {
            let variable = variables::BOOTSTRAP_SERVERS;
            NotGraded::Environment(format!(
                "no Kafka answers at {variable}={bootstrap_servers} ({error}). Start it, for one with \
                 `docker compose up -d`, or unset the variable"
            ))
        })?;
        let cleanup = Cleanup::start(Task::Topics {
            prefix: context::name_prefix(),
            bootstrap_servers: bootstrap_servers.clone(),
        });
        let kafka = Kafka::External {
            bootstrap_servers,
            initial_rebalance_delay: background::block_on(cluster.initial_rebalance_delay()),
        };
        Ok(Self::with_cleanup(kafka, cleanup))
    }

    fn in_docker() -> Result<Self, String> {
        let daemon = background::block_on(Daemon::reach())?;
        let run = context::run_id().to_owned();
        // First, so that a run that is killed while the container starts leaves none behind.
        let mut cleanup = Cleanup::start(Task::Containers { run: run.clone() });
        let processes = serde_json::to_string(&cleanup.processes()).unwrap_or_default();
        let labels = [(labels::RUN, run), (labels::PROCESSES, processes)];
        let container = background::block_on(daemon.start(labels))?;
        cleanup.mark_started();
        let kafka = Kafka::Docker(Box::new(container));
        Ok(Self::with_cleanup(kafka, cleanup))
    }

    fn with_cleanup(kafka: Kafka, cleanup: Cleanup) -> Self {
        let no_cleanup = |error| {
            format!(
                "There is no cleanup process ({error}): a run that is killed leaves behind what it used."
            )
        };
        let notices = cleanup.problem().map(no_cleanup);
        Self {
            kafka,
            notices: notices.into_iter().collect(),
            cleanup: Some(cleanup),
        }
    }

    fn mock(why: Option<String>) -> Self {
        let on_the_mock_cluster = Some(ON_THE_MOCK_CLUSTER.to_owned());
        Self {
            kafka: Kafka::Mock,
            notices: why.into_iter().chain(on_the_mock_cluster).collect(),
            cleanup: None,
        }
    }
}

const ON_THE_MOCK_CLUSTER: &str = "This run is on librdkafka's mock cluster. It grades most of phases 2 and 3 and part of phases 4 \
                                   and 5. For the other checks start Docker and run again.";

fn answers(cluster: &Cluster) -> KafkaResult<()> {
    let client: BaseConsumer = cluster.client().create()?;
    client.fetch_metadata(None, ANSWER_TIMEOUT)?;
    Ok(())
}

static CONNECTION: OnceLock<Connection> = OnceLock::new();
static CLUSTER: OnceLock<Result<Cluster, NotGraded>> = OnceLock::new();

/// Says how this process reaches the Kafka of the run. A worker calls it once, before any check; further calls change nothing.
pub fn connect(connection: Connection) {
    CONNECTION.get_or_init(|| connection);
}

/// How long a new group on the Kafka of the run waits for further members.
pub fn initial_rebalance_delay() -> Duration {
    let connection = CONNECTION.get();
    connection.map_or(Duration::ZERO, Connection::initial_rebalance_delay)
}

impl Cluster {
    /// The cluster of the run. The first call may start a mock cluster in this process.
    ///
    /// # Errors
    /// Not graded, when there is none.
    pub fn shared() -> Verdict<&'static Self> {
        let Some(connection) = CONNECTION.get() else {
            let defect = "the check asked for the Kafka of the run before `session::connect`";
            return Err(NotPassed::NotGraded(NotGraded::KitDefect(
                defect.to_owned(),
            )));
        };
        let cluster = CLUSTER.get_or_init(|| cluster_at(connection.clone()));
        let cluster = cluster.as_ref();
        cluster.map_err(|reason| NotPassed::NotGraded(reason.clone()))
    }
}

fn cluster_at(connection: Connection) -> Result<Cluster, NotGraded> {
    match connection {
        Connection::External {
            bootstrap_servers, ..
        } => Ok(Cluster::external(bootstrap_servers)),
        Connection::Docker {
            bootstrap_servers,
            container,
        } => Ok(Cluster::in_docker(bootstrap_servers, container)),
        Connection::Mock => Cluster::start_mock()
            .map_err(|error| NotGraded::Environment(format!("mock cluster: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_connection_survives_the_way_to_a_worker() {
        let bootstrap_servers = "127.0.0.1:9092".to_owned();
        let connections = [
            Connection::External {
                bootstrap_servers: bootstrap_servers.clone(),
                initial_rebalance_delay: Duration::from_secs(3),
            },
            Connection::Docker {
                bootstrap_servers,
                container: "1a2b".to_owned(),
            },
            Connection::Mock,
        ];
        for connection in connections {
            let text = serde_json::to_string(&connection).expect("it is plain data");
            let read: Connection = serde_json::from_str(&text).expect("what was written");
            assert_eq!(read, connection);
        }
    }
}
