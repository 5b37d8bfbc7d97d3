//! The labels of the containers that a run starts.

/// The id of the run.
pub const RUN: &str = "kafkalings.run";

/// The processes that a container belongs to, the judge and its cleanup process, as a JSON list of
/// [`ProcessId`](crate::process_id::ProcessId). As long as one of them lives, the container is theirs.
pub const PROCESSES: &str = "kafkalings.processes";
