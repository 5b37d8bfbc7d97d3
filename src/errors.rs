//! Which of Kafka's errors are transient.
//!
//! librdkafka reconnects and retries by itself. Meanwhile `recv()` and `poll()` return errors that describe the trouble.
//! Most of these errors are transient: keep polling. Some are permanent, and only you can remove their cause.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Whether `error`, returned by a poll or a commit, is transient: the client is still trying, so keep polling.
///
/// Transient are lost connections, unreachable brokers, timeouts, partition leaders and group coordinators that are moving,
/// a rebalance in progress, and the end of a partition. So is a membership that ended because nobody polled for
/// `max.poll.interval.ms`: the next poll renews it. Every other error is permanent: a missing topic, a missing permission, an
/// invalid configuration property, a consumer that librdkafka has declared dead.
pub fn is_transient(error: &KafkaError) -> bool {
    match error {
        KafkaError::PartitionEOF(_) | KafkaError::NoMessageReceived => true,
        _ => error.rdkafka_error_code().is_some_and(is_transient_code),
    }
}

fn is_transient_code(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown
            | Code::AssignmentLost
            | Code::BrokerTransportFailure
            | Code::BrokerNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::FencedLeaderEpoch
            | Code::IllegalGeneration
            | Code::LeaderNotAvailable
            | Code::NetworkException
            | Code::NotCoordinator
            | Code::NotLeaderForPartition
            | Code::OperationTimedOut
            | Code::PollExceeded
            | Code::RebalanceInProgress
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::UnknownLeaderEpoch
            | Code::UnknownMemberId
            | Code::WaitingForCoordinator
    )
}
