//! Events that can be told apart, and their records.

use event_log::event::Event;
use serde_json::json;
use testbed::probe::StoredRecord;

/// An event that can be told from every other by its number. Its time may be before that of an earlier number: clocks differ,
/// and what happened first need not be told first.
pub fn numbered(key: Option<&str>, number: usize) -> Event {
    Event {
        key: key.map(str::to_owned),
        timestamp: 1_700_000_000_000 + i64::try_from(number * 617 % 1000).unwrap_or_default(),
        payload: json!({ "number": number }),
    }
}

/// Events with the keys taken in turn.
pub fn numbered_events(keys: &[&str], count: usize) -> Vec<Event> {
    (0..count)
        .map(|number| numbered(Some(keys[number % keys.len()]), number))
        .collect()
}

/// Whether this is the record of that event.
pub fn is_record_of(record: &StoredRecord, event: &Event) -> bool {
    record.value.as_deref() == Some(&event.value())
}
