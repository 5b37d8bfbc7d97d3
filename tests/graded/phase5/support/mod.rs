//! What the experiments of phase 5 share.
//!
//! - `prediction`: a prediction, and its comparison with what was counted.
//! - `trials`: several set-ups of one experiment at once.
//! - `sending`: sends a record, and knows the hash of its key.
//! - `member`: a member of a group that is the check's own.
//! - `settling`: when a group of the check's own has settled.

pub mod member;
pub mod prediction;
pub mod sending;
pub mod settling;
pub mod trials;
