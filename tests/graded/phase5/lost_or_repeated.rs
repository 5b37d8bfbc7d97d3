//! The experiment of `lost_or_repeated`.
