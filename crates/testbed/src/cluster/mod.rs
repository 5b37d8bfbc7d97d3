//! A Kafka to work on.

use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::metadata::MetadataTopic;

use crate::context::unique_name;
use crate::verdict::{NotGraded, NotPassed, Verdict};

mod asking;
pub(crate) mod background;
pub(crate) mod choice;
mod deletion;
pub(crate) mod docker;
mod growth;
mod image;
mod mock;
mod mock_binding;
pub(crate) mod pause;
pub mod reaper;
mod replicas;
mod retention;
pub(crate) mod second;

pub use mock::Mock;
pub use pause::{Outage, Pause};
pub use second::SecondBroker;

/// How long the cluster may take to answer a request of the testbed's own.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A Kafka cluster, real or not.
pub struct Cluster {
    bootstrap_servers: String,
    kind: Kind,
    /// One is enough: a process runs one check.
    admin: OnceLock<AdminClient<DefaultClientContext>>,
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

    /// Creates a topic that is the check's own.
    ///
    /// # Errors
    /// Not graded, when the cluster does not create it.
    pub async fn topic(&self, partitions: i32) -> Verdict<Topic> {
        let name = unique_name("topic");
        let created = match &self.kind {
            Kind::Mock(mock) => mock.create_topic(&name, partitions),
            Kind::External | Kind::Docker { .. } => {
                let topic = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
                self.create_topic(topic).await
            }
        };
        created.map_err(|error| NotGraded::broken("creating a topic", &error))?;
        Ok(self.topic_of_a_check(name, partitions))
    }

    fn topic_of_a_check(&self, name: String, partitions: i32) -> Topic {
        Topic {
            name,
            partitions,
            client: self.client(),
            // The mock cluster makes everybody wait for the session timeout at a rebalance.
            session_timeout_ms: if self.is_real() { "6000" } else { "1500" },
        }
    }

    async fn create_topic(&self, topic: NewTopic<'_>) -> KafkaResult<()> {
        // The time of a record is that of its event, which may be years ago: a broker that tidies up by age, which it does
        // every five minutes, would delete the records of a check under its eyes.
        let topic = topic.set("retention.ms", "-1");
        let options = AdminOptions::new()
            .operation_timeout(Some(ANSWER_TIMEOUT))
            .request_timeout(Some(ANSWER_TIMEOUT));
        let results = self.admin()?.create_topics([&topic], &options).await?;
        if let Some(Err((_, code))) = results.into_iter().next() {
            return Err(KafkaError::AdminOp(code));
        }
        self.until_known(topic.name, topic.num_partitions).await
    }

    fn knows_topic(&self, name: &str, partitions: i32) -> KafkaResult<bool> {
        let metadata = self
            .admin()?
            .inner()
            .fetch_metadata(Some(name), ANSWER_TIMEOUT)?;
        let with_leader = |topic: &MetadataTopic| {
            let partitions = topic.partitions().iter();
            partitions
                .filter(|partition| partition.error().is_none() && partition.leader() >= 0)
                .count()
        };
        let known = metadata.topics().first().map(with_leader);
        Ok(known == usize::try_from(partitions).ok())
    }

    fn admin(&self) -> KafkaResult<&AdminClient<DefaultClientContext>> {
        if let Some(admin) = self.admin.get() {
            return Ok(admin);
        }
        let admin = self.client().create()?;
        Ok(self.admin.get_or_init(|| admin))
    }

    /// Whether [`pause`](Self::pause) and [`outage`](Self::outage) are possible. Asked first, it spares a run the work
    /// that leads to them.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub fn can_pause(&self) -> Verdict {
        self.container().map(|_container| ())
    }

    /// Freezes the broker: connections stay open and nothing answers, until the guard is told or dropped.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub async fn pause(&self) -> Verdict<Pause> {
        Pause::begin(self.container()?).await
    }

    /// Freezes the broker for `length`, which is an outage's length and not a wait for anything. It ends on time
    /// whatever the check does meanwhile, even when the learner's code blocks the check's thread or panics.
    ///
    /// # Errors
    /// Not graded, where the broker is not the testbed's own container.
    pub async fn outage(&self, length: Duration) -> Verdict<Outage> {
        Ok(Outage::begin(self.pause().await?, length))
    }

    fn container(&self) -> Verdict<&str> {
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
