//! What becomes of an answer that was run.
//!
//! - [`grade`]: what it comes to.
//! - [`wrong`]: whether a wrong answer was caught, and by the right check.
//! - [`right`]: whether a right answer passed.
//! - [`messages`]: whether the failures of the wrong ones say what they should.

pub mod grade;
pub mod messages;
pub mod right;
pub mod wrong;
