//! Misconceptions that several checks meet.

pub const NEVER_RETURNS: &str = "Each turn of the poll loop has to look at all that may end it: max_events, the stop token, and \
                             the time since the last record. Nothing else ends the wait for a record.";

pub const NOTHING_COMES: &str = "The events were there before the consumer. It has to ask the cluster that the settings name; a \
                             group without committed offsets starts at the first record there is, if auto.offset.reset \
                             says so; and joining the group takes a moment, so an empty poll at the beginning means \
                             nothing.";

pub const COMMITTED_AHEAD: &str = "A committed offset covers all offsets before it. One that counts an event which was not \
                               processed, for example a refused one, loses that event for the group.";

pub const NOT_ALL_HANDED_OVER: &str = "A consumer gets what its group has not committed, from every partition: whatever your loop \
                                   takes out of the consumer has to reach the handler. An offset alone is no id: each partition \
                                   has one of that number.";

pub const OUT_OF_ORDER: &str = "The order within a partition is the only one Kafka gives. Handlers that run side by side, or \
                            sorting by anything else, throw it away.";

pub const EMPTY_POLL: &str = "An empty poll is not the end of the topic: a topic has no end. Keep polling until the idle time-out \
                          has passed.";

pub const NEVER_IDLE: &str = "No record for the whole of idle_timeout is what idle means, whether one came before or not: the time \
                          runs from the start, joining the group included, and anew from each record. A loop that waits for \
                          more begins it anew for ever.";
