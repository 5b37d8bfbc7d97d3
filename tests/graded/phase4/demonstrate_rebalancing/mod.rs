//! Each promise of `demonstrate_rebalancing`'s doc comment.

mod all_processed;
mod ending;
mod failing;
mod settling;
