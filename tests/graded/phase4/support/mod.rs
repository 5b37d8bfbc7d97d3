//! What the checks of phase 4 share.
//!
//! - `events`: events that can be told apart, and where they are on a new topic.
//! - `work_log`: what `work` was really called with.
//! - `runtime`: the runtime of the learner's code.
//! - `condition`: a condition to wait for, and what is seen instead.
//! - `quiet`: how long a check waits for workers that do nothing.
//! - `committed`: committed offsets: what they should be, and how a failure tells them.
//! - `group_text`: owners and members of a group, as a failure tells them.
//! - `timeline`: what the timeline says of the workers.
//! - `team`: workers of one group.
//! - `demonstration`: a run of `demonstrate_rebalancing`.

pub mod committed;
pub mod condition;
pub mod demonstration;
pub mod events;
pub mod group_text;
pub mod quiet;
pub mod runtime;
pub mod team;
pub mod timeline;
pub mod work_log;
