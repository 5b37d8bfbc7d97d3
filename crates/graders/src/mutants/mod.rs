//! Mutants: small changes of the reference that nobody thought up. cargo-mutants finds them; the pool runs them, since it
//! shares one build and one Kafka among all of them.
//!
//! - [`list`]: which there are.
//! - [`survivors`]: those that no check can catch, with the reason, in `bank/mutants.toml`.
//! - [`fate`]: whether a mutant was caught.

pub mod fate;
pub mod list;
pub mod survivors;
