//! librdkafka's mock cluster: brokers in this process that speak Kafka's protocol, with faults to order.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaResult;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, DefaultProducerContext, Producer};
use rdkafka_sys::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::mock_binding::{delay_next, set_initial_rebalance_delay};
use crate::verdict::{NotGraded, Verdict};

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
        set_initial_rebalance_delay(owner.client(), Duration::ZERO)?;
        Ok(Self { owner })
    }

    pub(crate) fn bootstrap_servers(&self) -> String {
        self.cluster().bootstrap_servers()
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: i32) -> KafkaResult<()> {
        self.cluster().create_topic(name, partitions, 1)
    }

    /// From now on every answer takes this long. Connecting takes several answers.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub fn round_trip_time(&self, time: Duration) -> Verdict {
        let set = self.cluster().broker_round_trip_time(BROKER, time);
        set.map_err(|error| NotGraded::no_fault("setting a round trip time", &error))
    }

    /// The next requests of this kind get these errors, one each.
    pub fn fail_next(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.cluster().request_errors(request, errors);
    }

    /// The next request of this kind is done, and its answer comes this much later. A client whose time limit is shorter
    /// sees a lost answer.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub fn delay_next(&self, request: RDKafkaApiKey, delay: Duration) -> Verdict {
        let set = delay_next(self.owner.client(), BROKER, request, delay);
        set.map_err(|error| NotGraded::no_fault("delaying an answer", &error))
    }

    /// Takes back the errors that no request has met yet.
    pub fn fail_no_more(&self, request: RDKafkaApiKey) {
        self.cluster().clear_request_errors(request);
    }

    /// The broker closes its connections and takes no new ones.
    ///
    /// librdkafka opens the broker's port anew for that, and aborts the process when it cannot. A process that is just being
    /// forked holds the port too, so a check that calls this starts none.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub fn down(&self) -> Verdict {
        let down = self.cluster().broker_down(BROKER);
        down.map_err(|error| NotGraded::no_fault("taking the broker down", &error))
    }

    /// The broker is back.
    ///
    /// # Errors
    /// Not graded, when librdkafka refuses.
    pub fn up(&self) -> Verdict {
        let up = self.cluster().broker_up(BROKER);
        up.map_err(|error| NotGraded::no_fault("bringing the broker back", &error))
    }

    fn cluster(&self) -> MockCluster<'_, DefaultProducerContext> {
        self.owner
            .client()
            .mock_cluster()
            .expect("the client was made with test.mock.num.brokers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_does_not_exist_takes_no_fault() {
        let mock = Mock::start().expect("librdkafka starts a mock cluster");
        let client = mock.owner.client();
        let refused = delay_next(client, BROKER + 1, RDKafkaApiKey::Produce, Duration::ZERO);
        assert!(refused.is_err(), "no such broker");
    }

    #[test]
    fn a_client_without_a_mock_cluster_takes_no_setting_of_one() {
        let client: BaseProducer = ClientConfig::new()
            .create()
            .expect("librdkafka makes a client");
        let refused = set_initial_rebalance_delay(client.client(), Duration::ZERO);
        assert!(refused.is_err(), "no mock cluster");
    }
}
