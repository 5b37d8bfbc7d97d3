//! A second broker beside the run's own: one more process in the same container, so that it needs no network of its own.
//!
//! Clients on this machine never talk to it, and it leads nothing. They do hear of it, though: metadata name any broker
//! that is up as the one to ask for new topics, and an admin client waits until it can reach that one. So it gives the
//! first broker's address for its own (by another name, since a client takes two brokers with one address for one), and
//! the first broker passes the request on.

use std::time::{Duration, Instant};

use rdkafka::admin::TopicReplication;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions};
use testcontainers::core::client::docker_client_instance;
use tokio::task::JoinHandle;

use super::{ANSWER_TIMEOUT, Cluster, Topic, background};
use crate::verdict::{NotGraded, Verdict};

/// A Java process may take this long to start on a machine that is busy.
const START_TIMEOUT: Duration = Duration::from_secs(45);

/// How soon to look again whether it is there, or gone.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Formats its folder, which takes no more than the cluster's id, and becomes the broker. Its arguments are this id and the
/// address to give to clients; the first broker's own listeners are those of testcontainers' module.
const START: &str = r#"
set -eu
dir=/tmp/kafkalings-second
rm -rf $dir
mkdir -p $dir/data
printf 'version=1\ncluster.id=%s\nnode.id=2\n' "$1" > $dir/data/meta.properties
cat > $dir/server.properties <<PROPERTIES
process.roles=broker
node.id=2
controller.quorum.voters=1@localhost:9094
controller.listener.names=CONTROLLER
listeners=BROKER://localhost:9193,PLAINTEXT://localhost:9192
advertised.listeners=BROKER://localhost:9193,PLAINTEXT://$2
inter.broker.listener.name=BROKER
listener.security.protocol.map=BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
PROPERTIES
echo $$ > $dir/pid
export KAFKA_HEAP_OPTS=-Xmx256m
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka $dir/server.properties > $dir/log 2>&1
"#;

/// Asks it to shut down in order, and ends it for certain if it takes longer than ten seconds.
const STOP: &str = r"
pid=$(cat /tmp/kafkalings-second/pid) || exit 0
kill $pid || exit 0
for _ in $(seq 100); do
  kill -0 $pid 2>/dev/null || exit 0
  sleep 0.1
done
kill -9 $pid
";

/// A second broker. Dropping it ends it.
#[derive(Debug)]
pub struct SecondBroker {
    container: Option<String>,
}

impl Cluster {
    /// Starts a second broker. It has no partition yet.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub async fn second_broker(&self) -> Verdict<SecondBroker> {
        let container = self.container()?;
        let id = self
            .admin()
            .map(|admin| admin.inner().fetch_cluster_id(ANSWER_TIMEOUT))
            .map_err(|error| NotGraded::broken("asking for the cluster's id", &error))?;
        let no_id = || NotGraded::broken("asking for the cluster's id", &"no answer");
        // The topic of committed offsets is made when it is first asked for, and would be placed on either.
        let first = self.topic(1).await?;
        first.group_probe(&first.new_group())?.committed().await?;
        let guard = SecondBroker {
            container: Some(container.to_owned()),
        };
        let id = id.ok_or_else(no_id)?;
        let address = self.bootstrap_servers.replace("127.0.0.1", "localhost");
        let start = words(&["sh", "-c", START, "sh", &id, &address]);
        done(background::spawn(start_in(container.to_owned(), start))).await?;
        Ok(guard)
    }
}

impl SecondBroker {
    /// Creates a topic of one partition with these settings, which is kept on both brokers and led by the first. Waits until
    /// both are in sync.
    ///
    /// # Errors
    /// Not graded, when the second broker does not come up.
    pub async fn topic(&self, cluster: &Cluster, settings: &[(&str, &str)]) -> Verdict<Topic> {
        let deadline = Instant::now() + START_TIMEOUT;
        let topic = loop {
            let replicas = TopicReplication::Variable(&[&[1, 2]]);
            match cluster.replicated(replicas, settings).await {
                Ok(topic) => break topic,
                // It is not registered yet, or starting it keeps the machine so busy that nobody answers.
                Err(KafkaError::AdminOp(
                    RDKafkaErrorCode::InvalidReplicaAssignment
                    | RDKafkaErrorCode::OperationTimedOut,
                )) if Instant::now() < deadline => {}
                Err(error) => return Err(NotGraded::broken("a topic on two brokers", &error)),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        until_in_sync(&topic, &[1, 2]).await?;
        Ok(topic)
    }

    /// Shuts it down and waits until the topics have noticed.
    ///
    /// # Errors
    /// Not graded, when it cannot be ended.
    pub async fn stop(mut self, topics: &[&Topic]) -> Verdict {
        if let Some(container) = self.container.take() {
            done(background::spawn(end(container))).await?;
        }
        for topic in topics {
            until_in_sync(topic, &[1]).await?;
        }
        Ok(())
    }
}

impl Drop for SecondBroker {
    fn drop(&mut self) {
        if let Some(container) = self.container.take() {
            // Nobody is left to be told should it fail; the container ends with the run.
            drop(background::spawn(end(container)));
        }
    }
}

async fn until_in_sync(topic: &Topic, brokers: &[i32]) -> Verdict {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        let mut in_sync = topic.in_sync().await?;
        in_sync.sort_unstable();
        if in_sync == brokers {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let seen = format!("{in_sync:?} instead of {brokers:?}");
            return Err(NotGraded::broken("waiting for brokers in sync", &seen));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn done<T>(task: JoinHandle<Result<T, Error>>) -> Verdict<T> {
    const WHAT: &str = "a command in Kafka's container";
    task.await
        .map_err(|error| NotGraded::broken(WHAT, &error))?
        .map_err(|error| NotGraded::broken(WHAT, &error))
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

/// Ends the second broker, if there is one, and returns when its process is gone.
pub(crate) async fn end(container: String) -> Result<(), Error> {
    let stopping = start_in(container, words(&["sh", "-c", STOP])).await?;
    let docker = docker().await?;
    while docker.inspect_exec(&stopping).await?.running == Some(true) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// Starts a command in the container, and returns Docker's id for it.
async fn start_in(container: String, command: Vec<String>) -> Result<String, Error> {
    let docker = docker().await?;
    let options = CreateExecOptions {
        cmd: Some(command),
        ..CreateExecOptions::default()
    };
    let exec = docker.create_exec(&container, options).await?;
    let detached = StartExecOptions {
        detach: true,
        ..StartExecOptions::default()
    };
    docker.start_exec(&exec.id, Some(detached)).await?;
    Ok(exec.id)
}

async fn docker() -> Result<Docker, Error> {
    docker_client_instance()
        .await
        .map_err(|error| Error::IOError {
            err: std::io::Error::other(error),
        })
}
