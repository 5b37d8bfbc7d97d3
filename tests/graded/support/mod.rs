//! What the checks of several phases share.
//!
//! - `fault`: a fault that strikes only now and then.

pub mod fault;
