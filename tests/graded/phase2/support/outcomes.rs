//! Whether the outcomes of a batch are what the log says.

use std::collections::BTreeMap;

use event_log::delivery::{BatchReport, Delivery, DeliveryError};
use event_log::event::Event;
use testbed::probe::StoredRecord;
use testbed::{Failure, Verdict, judge};

use super::events::is_record_of;

const ONLY_THE_REPORT_SAYS: &str = "A record that was accepted into the queue, or flushed out of it, is not delivered yet: \
                                    only its delivery report says where it is, or that it is nowhere.";

const IN_THE_SAME_ORDER: &str = "Reports come in an order of their own, by partition and by request, and failures before \
                                 or after the rest: keep each outcome at the same index as its event.";

/// Whether each outcome says of its event what the log says.
pub fn judge_outcomes(events: &[Event], report: &BatchReport, records: &[StoredRecord]) -> Verdict {
    let by_place: BTreeMap<(i32, i64), &StoredRecord> = records
        .iter()
        .map(|record| ((record.partition, record.offset), record))
        .collect();
    judge_one_place_each(events, report, &by_place)?;
    for (number, (event, outcome)) in events.iter().zip(&report.outcomes).enumerate() {
        let stored = records.iter().any(|record| is_record_of(record, event));
        let right = match outcome {
            Ok(delivery) => by_place
                .get(&(delivery.partition, delivery.offset))
                .is_some_and(|record| is_record_of(record, event)),
            Err(_) => !stored,
        };
        judge(right, || {
            // A place that several outcomes name, or that holds nothing, was not given by the broker.
            let of_another = |d: &Delivery| {
                by_place.contains_key(&(d.partition, d.offset))
                    && report.outcomes.iter().filter(|o| *o == outcome).count() == 1
            };
            let (seen, concept) = match outcome {
                Ok(delivery) if of_another(delivery) => {
                    ("and another record is there", IN_THE_SAME_ORDER)
                }
                Ok(_) => ("and the record is not there", ONLY_THE_REPORT_SAYS),
                Err(DeliveryError::NoReport) => {
                    ("and the record is in the log", ONLY_THE_REPORT_SAYS)
                }
                Err(_) => ("and the record is in the log", IN_THE_SAME_ORDER),
            };
            Failure::new(
                format!("the outcome of event {number} is {outcome:?}, {seen}"),
                "outcome and event at the same index, with the place of the record or the reason why there is none",
                concept,
            )
        })?;
    }
    Ok(())
}

/// Events that are equal have records of their own, and so have their outcomes.
fn judge_one_place_each(
    events: &[Event],
    report: &BatchReport,
    by_place: &BTreeMap<(i32, i64), &StoredRecord>,
) -> Verdict {
    let mut first_with: BTreeMap<(i32, i64), usize> = BTreeMap::new();
    for (number, outcome) in report.outcomes.iter().enumerate() {
        let Ok(delivery) = outcome else { continue };
        let place = (delivery.partition, delivery.offset);
        let Some(first) = first_with.insert(place, number) else {
            continue;
        };
        let equal = events[first] == events[number] && by_place.contains_key(&place);
        judge(!equal, || {
            Failure::new(
                format!(
                    "the outcomes of events {first} and {number}, which are equal, are both {delivery:?}"
                ),
                "a place for each of the two records",
                "What two events say does not tell them apart: the same thing can happen twice. Keep for each send the \
                 report that belongs to it.",
            )
        })?;
    }
    Ok(())
}
