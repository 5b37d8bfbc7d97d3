//! The labels of the containers that a run starts.

/// The id of the run.
pub const RUN: &str = "kafkalings.run";
