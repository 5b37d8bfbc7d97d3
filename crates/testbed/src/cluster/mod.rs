//! A Kafka to work on.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaResult;

use crate::broker::mock::Mock;
use crate::broker::pause::Outage;
use crate::context::unique_name;
use crate::verdict::{NotGraded, NotPassed, Verdict};

mod admin;
mod metadata;
mod rebalance_delay;

pub use crate::blocking::ANSWER_TIMEOUT;

/// A Kafka cluster, real or not.
pub struct Cluster {
    bootstrap_servers: String,
    kind: Kind,
    /// One is enough: a process runs one check.
    admin: OnceLock<Arc<AdminClient<DefaultClientContext>>>,
}

enum Kind {
    External,
    Docker { container: String },
    Mock(Mock),
}

/// A topic of a check's own.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// Settings for a client of its cluster.
    pub client: ClientConfig,
    session_timeout_ms: &'static str,
}

impl Cluster {
    fn new(bootstrap_servers: String, kind: Kind) -> Self {
        Self {
            bootstrap_servers,
            kind,
            admin: OnceLock::new(),
        }
    }

    /// The cluster at this address, which the run did not start.
    pub(crate) fn external(bootstrap_servers: String) -> Self {
        Self::new(bootstrap_servers, Kind::External)
    }

    /// The cluster at this address, whose only broker is in the run's own container.
    pub(crate) fn in_docker(bootstrap_servers: String, container: String) -> Self {
        Self::new(bootstrap_servers, Kind::Docker { container })
    }

    /// A mock cluster of one broker, whose faults the check chooses. It lives in this process and starts in
    /// milliseconds.
    ///
    /// # Errors
    /// Not graded, when librdkafka cannot start it.
    pub fn mock() -> Verdict<Self> {
        Self::start_mock().map_err(|error| NotGraded::broken("mock cluster", &error))
    }

    pub(crate) fn start_mock() -> KafkaResult<Self> {
        let mock = Mock::start()?;
        Ok(Self::new(mock.bootstrap_servers(), Kind::Mock(mock)))
    }

    /// Settings for a client of this cluster.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            // A refused connection is tried again soon: checks stop and start brokers.
            .set("reconnect.backoff.max.ms", "500")
            .set_log_level(RDKafkaLogLevel::Emerg);
        config
    }

    /// The address of the brokers, `host:port`, several separated by commas.
    pub(crate) fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The mock cluster's faults.
    ///
    /// # Errors
    /// Not graded, on a real broker.
    pub fn faults(&self) -> Verdict<&Mock> {
        match &self.kind {
            Kind::Mock(mock) => Ok(mock),
            Kind::External | Kind::Docker { .. } => {
                let reason = "needs a mock cluster of its own".to_owned();
                Err(NotPassed::NotGraded(NotGraded::NeedsOwnBroker(reason)))
            }
        }
    }

    /// Whether it is a real Kafka.
    pub fn is_real(&self) -> bool {
        !matches!(self.kind, Kind::Mock(_))
    }

    /// The client for the testbed's requests: one for the process, connected when it is first asked for.
    fn admin(&self) -> KafkaResult<Arc<AdminClient<DefaultClientContext>>> {
        if let Some(admin) = self.admin.get() {
            return Ok(Arc::clone(admin));
        }
        let admin = Arc::new(self.client().create()?);
        Ok(Arc::clone(self.admin.get_or_init(|| admin)))
    }

    /// Whether an [`outage`](Self::outage) is possible. Asked first, it spares a run the work that leads to one.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub fn can_pause(&self) -> Verdict {
        self.container().map(|_container| ())
    }

    /// Freezes the broker for `length` while `during` runs: connections stay open and nothing answers. The outage ends on
    /// time even when `during` blocks its thread or panics. Returns when both are over.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container, or when Docker does not pause it or unpause it.
    pub async fn outage<T>(&self, length: Duration, during: impl Future<Output = T>) -> Verdict<T> {
        let outage = Outage::begin(self.container()?, length).await?;
        let output = during.await;
        outage.over().await?;
        Ok(output)
    }

    /// The id of the container whose only broker is this cluster.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub(crate) fn container(&self) -> Verdict<&str> {
        match &self.kind {
            Kind::Docker { container } => Ok(container),
            Kind::External | Kind::Mock(_) => {
                let reason = "disturbs the broker, and only one that the checks started themselves in Docker may be disturbed";
                Err(NotPassed::NotGraded(NotGraded::NeedsOwnBroker(
                    reason.to_owned(),
                )))
            }
        }
    }
}

impl Topic {
    /// Settings for a member of `group`, with times that make rebalances quick.
    pub fn member(&self, group: &str) -> ClientConfig {
        let mut config = self.client.clone();
        config
            .set("group.id", group)
            .set("session.timeout.ms", self.session_timeout_ms)
            .set("heartbeat.interval.ms", "100");
        config
    }

    /// A name for a group that nobody else uses.
    pub fn new_group(&self) -> String {
        unique_name("group")
    }
}
