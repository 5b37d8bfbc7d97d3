//! What the checks of phase 3 share.
//!
//! - `concepts`: misconceptions that several checks meet.
//! - `options`: what ends a run, and how long one may take.
//! - `records`: records that can be told apart.
//! - `consumer`: the learner's consumer.
//! - `handed`: what the learner's function did with the handler that it was given.
//! - `run`: a run of the learner's function.
//! - `judging`: what the broker says of a run, and what may be behind it.

pub mod concepts;
pub mod consumer;
pub mod handed;
pub mod judging;
pub mod options;
pub mod records;
pub mod run;
