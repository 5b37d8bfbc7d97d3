//! The exit codes of a run, beside 0.

/// A check failed. It is the code of Rust's own harness.
pub const FAILED: u8 = 101;

/// No check failed, and the environment broke, so that some could not be graded.
pub const NOT_GRADED: u8 = 3;
