//! Which of Kafka's errors a poll loop lives through.
//!
//! librdkafka reconnects and retries by itself, and tells the application of trouble on the way as errors from
//! `recv()` or `poll()`. Most of them need nothing but patience; some will be there for ever.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Whether `error`, met while polling or committing, passes by itself: the client is still trying, so keep polling.
///
/// Passing are lost connections, brokers that cannot be reached, time-outs, partition leaders and group coordinators
/// that are moving, a rebalance in progress, a membership that has ended because nobody polled for too long and that
/// the next polls renew, and the end of a partition, which is no error at all. Everything else is permanent: a missing
/// topic, a missing right, a wrong setting, a consumer that librdkafka has declared dead.
pub fn is_passing(error: &KafkaError) -> bool {
    match error {
        KafkaError::PartitionEOF(_) | KafkaError::NoMessageReceived => true,
        _ => error.rdkafka_error_code().is_some_and(is_passing_code),
    }
}

fn is_passing_code(code: Code) -> bool {
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
