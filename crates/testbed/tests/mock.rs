//! The faults of a mock cluster are injected. This program starts no process, see `Mock::down`.

use std::time::Duration;

use rdkafka_sys::types::RDKafkaApiKey;
use testbed::Cluster;

#[test]
fn the_only_broker_takes_every_fault() {
    let cluster = Cluster::mock().expect("librdkafka starts a mock cluster");
    let faults = cluster.faults().expect("it is a mock cluster");
    faults
        .round_trip_time(Duration::from_millis(1))
        .expect("its broker exists");
    faults
        .delay_next(RDKafkaApiKey::Produce, Duration::ZERO)
        .expect("its broker exists");
    faults.down().expect("its broker exists");
    faults.up().expect("its broker exists");
}
