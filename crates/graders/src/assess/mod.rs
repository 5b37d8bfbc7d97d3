//! How well the checks judged an answer that was run.
//!
//! - [`assessment`]: the result.
//! - [`wrong`]: whether a wrong answer was caught, and by the right check.
//! - [`right`]: whether a right answer passed.
//! - [`messages`]: whether the failures of the wrong ones say what they should.

pub mod assessment;
pub mod messages;
pub mod right;
pub mod wrong;
