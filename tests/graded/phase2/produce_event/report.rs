//! When it returns and calls back.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use event_log::delivery::DeliveryOutcome;
use event_log::event::Event;
use event_log::phase2_producer::produce_event;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::poll::poll_until;
use testbed::wait::seconds;
use testbed::{Failure, Verdict, judge, within};

use crate::phase2::support::events::numbered;
use crate::phase2::support::single_event::{
    LIMIT, NO_PLACE, NO_ROOM_EVER, outcome, outcome_with, slow_cluster,
};

/// Whether librdkafka itself reported a delivery without an offset, `RD_KAFKA_OFFSET_INVALID`: it waited for no answer either.
fn has_no_offset(outcome: &DeliveryOutcome) -> bool {
    outcome
        .as_ref()
        .is_ok_and(|delivery| delivery.offset == -1001)
}

/// It does not return before the broker has answered.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_the_delivery_report() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;

    let begun = Instant::now();
    let outcome = outcome(&producer, &topic, &numbered(None, 1)).await?;
    let took = begun.elapsed();

    judge(took >= round_trip, || {
        Failure::new(
            format!("returned after {}", seconds(took)),
            format!(
                "at least {}, which is what the broker takes to answer",
                seconds(round_trip)
            ),
            if has_no_offset(&outcome) {
                NO_PLACE
            } else {
                "Sending only puts the record into the producer's queue. Await the delivery future: before the report is \
                 there, nobody knows whether the record is in the log."
            },
        )
    })
}

/// How much later than the return a callback may come that runs in a task or thread of its own.
const CALL_MAY_TAKE: Duration = Duration::from_secs(2);

/// What a delivery callback was called with, and when.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(Instant, DeliveryOutcome)>>>);

impl Calls {
    fn callback(&self) -> impl Fn(&DeliveryOutcome) + Send + Sync + 'static {
        let calls = self.clone();
        move |outcome| calls.lock().push((Instant::now(), outcome.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, DeliveryOutcome)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a call that may still be on its way when the outcome is returned.
    async fn first(&self) -> Option<Instant> {
        let look = || ready(Ok::<_, Infallible>(self.lock().first().map(|(at, _)| *at)));
        let Ok(first) = poll_until(CALL_MAY_TAKE, look).await;
        first
    }

    fn outcomes(&self) -> Vec<DeliveryOutcome> {
        self.lock()
            .iter()
            .map(|(_, outcome)| outcome.clone())
            .collect()
    }
}

const CALLED_BACK_AGAIN: &str = "A record has one delivery report: whoever counts deliveries in the callback counts this one more \
                                 than once.";

/// The delivery callback is called once, with the outcome that is returned, be it good or bad.
#[rstest]
#[case::delivered(None, 10)]
#[case::refused(Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), 10)]
#[case::refused_by_the_client(None, 5000)]
#[testbed::test(mock)]
async fn calls_back_once_with_the_outcome(
    #[case] refusal: Option<RDKafkaRespErr>,
    #[case] size: usize,
) -> Verdict {
    let settings = [("message.max.bytes", "2000")];
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &settings).await?;
    let faults = cluster.faults()?;
    faults.fail_next(RDKafkaApiKey::Produce, refusal.as_slice());
    let calls = Calls::default();

    let event = Event {
        payload: json!("x".repeat(size)),
        ..numbered(None, 1)
    };
    let returned = outcome_with(&producer, &topic, &event, calls.callback()).await?;
    calls.first().await;

    judge(calls.outcomes() == [returned.clone()], || {
        Failure::new(
            format!(
                "{} calls: {:?}; {returned:?} was returned",
                calls.outcomes().len(),
                calls.outcomes()
            ),
            "one call, with what is returned",
            match calls.outcomes().len() {
                0 => {
                    "The callback tells what became of the record, good or bad: every way out of the function leads past \
                     it, an early return too."
                }
                1 => {
                    "The callback tells what became of the record, so it is called with the delivery report in hand, and \
                     not when the record is put into the queue."
                }
                _ => CALLED_BACK_AGAIN,
            },
        )
    })
}

/// The callback is called when the report is there, not before.
#[rstest]
#[testbed::test(mock)]
async fn calls_back_when_the_report_is_there() -> Verdict {
    let round_trip = Duration::from_millis(300);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;
    let calls = Calls::default();

    let begun = Instant::now();
    let event = numbered(None, 1);
    let outcome = outcome_with(&producer, &topic, &event, calls.callback()).await?;
    let first_call = calls.first().await.map(|at| at.duration_since(begun));

    judge(first_call.is_some_and(|after| after >= round_trip), || {
        Failure::new(
            match first_call {
                Some(after) => format!("called back {} after sending", seconds(after)),
                None => "never called back".to_owned(),
            },
            format!(
                "at least {}, which is what the broker takes to answer",
                seconds(round_trip)
            ),
            if has_no_offset(&outcome) {
                NO_PLACE
            } else {
                "A record in the queue is not delivered: call back with the delivery report in hand."
            },
        )
    })
}

/// It calls back once for a record that had to wait for room, too: that it was not taken at first is no outcome.
#[rstest]
#[testbed::test(mock)]
async fn calls_back_once_when_the_queue_was_full() -> Verdict {
    let one_record = &[("queue.buffering.max.messages", "1")];
    let (_cluster, topic, producer) = slow_cluster(Duration::from_millis(200), one_record).await?;
    let (calls, events) = ([Calls::default(), Calls::default()], [0, 1]);
    let events = events.map(|number| numbered(None, number));
    let sending = async {
        tokio::join!(
            produce_event(&producer, &topic.name, &events[0], calls[0].callback()),
            produce_event(&producer, &topic.name, &events[1], calls[1].callback()),
        )
    };
    let what = "two calls of `produce_event` to return";
    let returned = within(LIMIT, what, NO_ROOM_EVER, sending).await?;
    for (calls, returned) in calls.iter().zip([returned.0, returned.1]) {
        calls.first().await;
        let outcomes = calls.outcomes();
        judge(outcomes.len() <= 1, || {
            Failure::new(
                format!(
                    "two events, and room for one: the callback of one event was called {} times, at first with {:?}, and \
                     {returned:?} was returned",
                    outcomes.len(),
                    outcomes[0]
                ),
                "one call for each event, with the outcome that is returned",
                if outcomes[0].is_ok() {
                    CALLED_BACK_AGAIN
                } else {
                    "A full queue has not taken the record, so nothing has become of it yet: that is no outcome to call back \
                     with, and the one that counts comes when there was room."
                },
            )
        })?;
    }
    Ok(())
}
