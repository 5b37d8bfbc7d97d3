//! The one setting of librdkafka's mock cluster that rdkafka has no safe binding for.
#![expect(unsafe_code, reason = "a missing binding, in this module alone")]

use std::time::Duration;

use rdkafka::client::{Client, ClientContext};

/// How long the mock cluster's group coordinator waits for more members before a new group's first assignment;
/// 3 seconds unless set. Real brokers call it `group.initial.rebalance.delay.ms`.
///
/// Does nothing if `client` was not made with `test.mock.num.brokers`.
pub fn set_initial_rebalance_delay<C: ClientContext>(client: &Client<C>, delay: Duration) {
    let milliseconds = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `native_ptr` is valid for as long as `client` is borrowed. The handle belongs to that client, is null when
    // there is none, and both functions may be called from any thread.
    unsafe {
        let cluster = rdkafka_sys::rd_kafka_handle_mock_cluster(client.native_ptr());
        if !cluster.is_null() {
            rdkafka_sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, milliseconds);
        }
    }
}
