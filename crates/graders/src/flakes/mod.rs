//! Whether verdicts flip: the same code, run again and again while the machine is busy.
//!
//! - [`load`]: keeps the machine busy.
//! - [`tally`]: how often each check came to which verdict.
//! - [`series`]: the runs.

pub mod load;
pub mod series;
pub mod tally;
