//! Phase 2: `produce_event` and `produce_events_batch`.

mod produce_event;
mod produce_events_batch;
mod support;
