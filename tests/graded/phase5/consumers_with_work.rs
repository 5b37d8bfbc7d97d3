//! The experiment of `consumers_with_work`.
