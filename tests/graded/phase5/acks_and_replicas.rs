//! The experiment of `acks_and_replicas`.
