//! The two functions of librdkafka's mock cluster that rdkafka has no safe binding for.
#![expect(unsafe_code, reason = "missing bindings, in this module alone")]

use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka_sys::types::{RDKafkaApiKey, RDKafkaRespErr};

/// How long the mock cluster's group coordinator waits for more members before a new group's first assignment;
/// 3 seconds unless set. Real brokers call it `group.initial.rebalance.delay.ms`.
///
/// Does nothing if `client` was not made with `test.mock.num.brokers`.
pub fn set_initial_rebalance_delay<C: ClientContext>(client: &Client<C>, delay: Duration) {
    let milliseconds = milliseconds(delay);
    // SAFETY: `native_ptr` is valid for as long as `client` is borrowed. The handle belongs to that client, is null when
    // there is none, and both functions may be called from any thread.
    unsafe {
        let cluster = rdkafka_sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if !cluster.is_null() {
            rdkafka_sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, milliseconds);
        }
    }
}

/// The next request of this kind is done as ever, and its answer comes this much later.
///
/// Does nothing if `client` was not made with `test.mock.num.brokers`.
pub fn delay_next<C: ClientContext>(
    client: &Client<C>,
    broker: i32,
    request: RDKafkaApiKey,
    delay: Duration,
) {
    let milliseconds = milliseconds(delay);
    // SAFETY: as above. The variable arguments are `cnt` pairs of an error code, which C passes as an int, and an int.
    unsafe {
        let cluster = rdkafka_sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if !cluster.is_null() {
            rdkafka_sys::rd_kafka_mock_broker_push_request_error_rtts(
                cluster,
                broker,
                request.into(),
                1,
                RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR as i32,
                milliseconds,
            );
        }
    }
}

fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
