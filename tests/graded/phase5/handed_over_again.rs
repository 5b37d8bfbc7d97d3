//! The experiment of `handed_over_again`.
