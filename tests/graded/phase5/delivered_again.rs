//! The experiment of `delivered_again`.
