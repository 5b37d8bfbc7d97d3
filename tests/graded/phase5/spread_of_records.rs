//! The experiment of `spread_of_records`.
