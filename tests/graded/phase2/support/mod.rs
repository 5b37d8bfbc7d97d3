//! What the checks of phase 2 share.
//!
//! - `producer`: the learner's producer.
//! - `events`: events that can be told apart, and their records.
//! - `time_limits`: settings and limits for answers that come late or never.
//! - `jumping_clock`: a clock on which a time limit of any length shows at once.
//! - `partitioner`: what the partitioner of some settings chooses.
//! - `single_event`: calls of `produce_event`, each with a limit.
//! - `batch`: calls of `produce_events_batch`, each with a limit.
//! - `outcomes`: whether the outcomes of a batch are what the log says.

pub mod batch;
pub mod events;
pub mod jumping_clock;
pub mod outcomes;
pub mod partitioner;
pub mod producer;
pub mod single_event;
pub mod time_limits;
