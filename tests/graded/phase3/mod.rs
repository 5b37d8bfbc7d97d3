//! Phase 3: `create_consumer` and `consume_events`.

mod consume_events;
mod create_consumer;
mod support;
