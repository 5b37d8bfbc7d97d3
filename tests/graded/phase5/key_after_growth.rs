//! The experiment of `key_after_growth`.
