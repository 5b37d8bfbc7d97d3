//! The experiment of `aborted_transaction`.
