//! Misconceptions that several checks meet.

pub const NEVER_RETURNS: &str = "Each turn of the poll loop has to look at all that may end it: max_events, the stop token, and \
                             the time since the last record. Nothing else ends the wait for a record.";

pub const NOTHING_COMES: &str = "The events were there before the consumer. It has to ask the cluster that the settings name; a \
                             group without committed offsets starts at the first record there is, if auto.offset.reset \
                             says so; and joining the group takes a moment, so an empty poll at the beginning means \
                             nothing.";

pub const COMMITTED_AHEAD: &str = "What is committed is never handed over again: an offset that counts an event which was \
                               not processed loses it.";
