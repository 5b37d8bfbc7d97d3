//! The two functions of librdkafka's mock cluster that rdkafka has no safe binding for.
#![expect(unsafe_code, reason = "missing bindings, in this module alone")]

use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka_sys::rd_kafka_mock_cluster_t;
use rdkafka_sys::types::{RDKafkaApiKey, RDKafkaRespErr};

/// How long the mock cluster's group coordinator waits for more members before a new group's first assignment;
/// 3 seconds unless set. Real brokers call it `group.initial.rebalance.delay.ms`.
///
/// # Errors
/// When `client` was not made with `test.mock.num.brokers`.
pub fn set_initial_rebalance_delay<C: ClientContext>(
    client: &Client<C>,
    delay: Duration,
) -> KafkaResult<()> {
    let cluster = mock_cluster(client)?;
    // SAFETY: the cluster belongs to the client, which is borrowed for as long as this takes. The function may be called from
    // any thread.
    unsafe {
        rdkafka_sys::rd_kafka_mock_group_initial_rebalance_delay_ms(
            cluster.as_ptr(),
            milliseconds(delay),
        );
    }
    Ok(())
}

/// The broker does the next request of this kind as ever, and sends its answer this much later.
///
/// # Errors
/// When `client` was not made with `test.mock.num.brokers`, or when its cluster has no such broker.
pub fn delay_next<C: ClientContext>(
    client: &Client<C>,
    broker: i32,
    request: RDKafkaApiKey,
    delay: Duration,
) -> KafkaResult<()> {
    let cluster = mock_cluster(client)?;
    // SAFETY: as above. The variable arguments are `cnt` pairs of an error code, which C passes as an int, and an int.
    let answer = unsafe {
        rdkafka_sys::rd_kafka_mock_broker_push_request_error_rtts(
            cluster.as_ptr(),
            broker,
            request.into(),
            1,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR as i32,
            milliseconds(delay),
        )
    };
    match answer {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(KafkaError::MockCluster(error.into())),
    }
}

fn mock_cluster<C: ClientContext>(
    client: &Client<C>,
) -> KafkaResult<NonNull<rd_kafka_mock_cluster_t>> {
    // SAFETY: `native_ptr` is valid for as long as `client` is borrowed. The handle is null when there is no mock cluster.
    let cluster = unsafe { rdkafka_sys::rd_kafka_handle_mock_cluster(client.native_ptr()) };
    NonNull::new(cluster).ok_or(KafkaError::MockCluster(RDKafkaErrorCode::InvalidArgument))
}

fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
