//! What the checks of several phases share.
//!
//! - `gate`: holds the learner's worker or handler back.
//! - `fault`: a fault that strikes only now and then.

pub mod fault;
pub mod gate;
