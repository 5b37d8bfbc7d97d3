//! Ten events as a shop's log would have them: some about orders, some about users, two about nobody in particular.

use event_log::event::Event;
use serde_json::json;

/// The events, in the order in which they happen.
pub fn events() -> Vec<Event> {
    [
        (
            Some("user-ada"),
            json!({"type": "signed_up", "plan": "free"}),
        ),
        (
            Some("order-1001"),
            json!({"type": "placed", "by": "user-ada", "total_cents": 4250}),
        ),
        (
            Some("user-grace"),
            json!({"type": "signed_in", "device": "phone"}),
        ),
        (
            None,
            json!({"type": "health", "service": "checkout", "ok": true}),
        ),
        (
            Some("order-1001"),
            json!({"type": "paid", "method": "card"}),
        ),
        (
            Some("order-1002"),
            json!({"type": "placed", "by": "user-grace", "total_cents": 990}),
        ),
        (Some("order-1001"), json!({"type": "shipped", "parcels": 1})),
        (
            Some("user-ada"),
            json!({"type": "plan_changed", "plan": "plus"}),
        ),
        (
            None,
            json!({"type": "health", "service": "search", "ok": true}),
        ),
        (
            Some("order-1002"),
            json!({"type": "cancelled", "reason": "changed my mind"}),
        ),
    ]
    .into_iter()
    .map(|(key, payload)| Event::now(key, payload))
    .collect()
}
