//! librdkafka's mock cluster: brokers in this process that speak Kafka's protocol, with faults to order.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaResult;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, DefaultProducerContext, Producer};
use rdkafka_sys::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::mock_binding::{delay_next, set_initial_rebalance_delay};

/// The only broker of the cluster.
const BROKER: i32 = 1;

/// A mock cluster of one broker.
pub struct Mock {
    /// The cluster lives inside this client and goes with it.
    owner: BaseProducer,
}

impl Mock {
    pub(crate) fn start() -> KafkaResult<Self> {
        let owner: BaseProducer = ClientConfig::new()
            .set("test.mock.num.brokers", "1")
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create()?;
        set_initial_rebalance_delay(owner.client(), Duration::ZERO);
        Ok(Self { owner })
    }

    pub(crate) fn bootstrap_servers(&self) -> String {
        self.cluster().bootstrap_servers()
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: i32) -> KafkaResult<()> {
        self.cluster().create_topic(name, partitions, 1)
    }

    /// From now on every answer takes this long. Connecting takes several answers.
    pub fn round_trip_time(&self, time: Duration) {
        let _ = self.cluster().broker_round_trip_time(BROKER, time);
    }

    /// The next requests of this kind get these errors, one each.
    pub fn fail_next(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.cluster().request_errors(request, errors);
    }

    /// The next request of this kind is done, and its answer comes this much later. A client whose time limit is shorter
    /// sees a lost answer.
    pub fn delay_next(&self, request: RDKafkaApiKey, delay: Duration) {
        delay_next(self.owner.client(), BROKER, request, delay);
    }

    /// Takes back the errors that no request has met yet.
    pub fn fail_no_more(&self, request: RDKafkaApiKey) {
        self.cluster().clear_request_errors(request);
    }

    /// The broker closes its connections and takes no new ones.
    pub fn down(&self) {
        let _ = self.cluster().broker_down(BROKER);
    }

    /// The broker is back.
    pub fn up(&self) {
        let _ = self.cluster().broker_up(BROKER);
    }

    fn cluster(&self) -> MockCluster<'_, DefaultProducerContext> {
        self.owner
            .client()
            .mock_cluster()
            .expect("the client was made with test.mock.num.brokers")
    }
}
