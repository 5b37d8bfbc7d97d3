//! Phase 4: `run_consumer_worker` and `demonstrate_rebalancing`.

mod demonstrate_rebalancing;
mod run_consumer_worker;
mod support;
