//! What it waits for, and with which producer.

use std::time::{Duration, Instant};

use event_log::delivery::DeliveryOutcome;
use event_log::event::Event;
use event_log::phase2_producer::{EventProducer, produce_event};
use rdkafka::types::RDKafkaApiKey;
use rstest::rstest;
use testbed::probe::ControlProducer;
use testbed::wait::seconds;
use testbed::{Failure, SLOW_WAIT, Topic, Verdict, judge, within};

use crate::phase2::support::events::{is_record_of, numbered};
use crate::phase2::support::jumping_clock::on_a_jumping_clock;
use crate::phase2::support::single_event::{
    LIMIT, NEVER_RETURNS, NO_ROOM_EVER, delivered, slow_cluster,
};
use crate::phase2::support::time_limits::{LATE_ANSWER, ONE_SECOND_TIMEOUT, judge_giving_up};

/// Under these settings one record fills the producer's queue.
const ROOM_FOR_ONE: &[(&str, &str)] = &[("queue.buffering.max.messages", "1")];

/// When the producer's queue is full, it waits for room.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_room_in_the_queue() -> Verdict {
    let round_trip = Duration::from_millis(200);
    let (_cluster, topic, producer) = slow_cluster(round_trip, ROOM_FOR_ONE).await?;
    judge_waiting_for_room(&producer, &topic, LIMIT, "a fifth of a second").await
}

/// When the producer's queue is full, it waits for room, also where that takes seconds.
#[rstest]
#[testbed::test(mock, long)]
async fn waits_seconds_for_room() -> Verdict {
    judge_waiting_for_late_room(LATE_ANSWER, "three seconds").await
}

/// The same where it takes longer than many a time limit.
#[rstest]
#[testbed::test(mock, slow, deadline = 30)]
async fn has_patience_for_room() -> Verdict {
    judge_waiting_for_late_room(SLOW_WAIT, "twelve seconds").await
}

/// The queue is full for `delay`, which is `full_for` in words.
async fn judge_waiting_for_late_room(delay: Duration, full_for: &str) -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, ROOM_FOR_ONE).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, delay)?;
    judge_waiting_for_room(&producer, &topic, delay + LIMIT / 2, full_for).await
}

/// Sends two events at the same time to a queue with room for one, which stays full for `full_for`.
async fn judge_waiting_for_room(
    producer: &EventProducer,
    topic: &Topic,
    limit: Duration,
    full_for: &str,
) -> Verdict {
    let events = [numbered(None, 0), numbered(None, 1)];
    let sending = async {
        tokio::join!(
            produce_event(producer, &topic.name, &events[0], |_| {}),
            produce_event(producer, &topic.name, &events[1], |_| {}),
        )
    };
    let what = "two calls of `produce_event` to return";
    let outcomes = within(limit, what, NO_ROOM_EVER, sending).await?;

    let refused: Vec<_> = [outcomes.0, outcomes.1]
        .into_iter()
        .filter_map(Result::err)
        .collect();

    judge(refused.is_empty(), || {
        Failure::new(
            format!(
                "two events, and room for one, which was taken for {full_for}: {} failed, with {refused:?}",
                refused.len()
            ),
            "two deliveries, one after the other",
            "A full queue is back-pressure: the record was not taken and nothing was lost. The time-out of send is how \
             long to wait for room, not how long delivery may take, and a wait for room has no end but room.",
        )
    })
}

/// No time limit of the learner's own ends the wait, however long: `message.timeout.ms` does.
#[rstest]
#[testbed::test(mock, long)]
async fn leaves_the_time_limit_to_the_client() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &[]).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, LATE_ANSWER)?;
    let (name, event) = (topic.name.clone(), numbered(None, 1));
    let sent = event.clone();
    let sending =
        on_a_jumping_clock(
            move || async move { produce_event(&producer, &name, &sent, |_| {}).await },
        );
    judge_a_late_report(&topic, &event, LATE_ANSWER, sending).await
}

/// The same, on a clock that does not jump: a limit may be asked of the client or of the system.
#[rstest]
#[testbed::test(mock, slow, deadline = 30)]
async fn has_patience_for_the_report() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, &[]).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, SLOW_WAIT)?;
    let event = numbered(None, 1);
    let sending = produce_event(&producer, &topic.name, &event, |_| {});
    judge_a_late_report(&topic, &event, SLOW_WAIT, sending).await
}

/// The broker takes `delay` to say that it has the event, which is what `sending` waits for.
async fn judge_a_late_report(
    topic: &Topic,
    event: &Event,
    delay: Duration,
    sending: impl Future<Output = DeliveryOutcome>,
) -> Verdict {
    let limit = delay + LIMIT / 2;
    let outcome = within(limit, "`produce_event` to return", NEVER_RETURNS, sending).await?;
    let records = topic.records().await?;
    let stored = records.iter().filter(|r| is_record_of(r, event)).count();

    judge(outcome.is_ok(), || {
        Failure::new(
            format!(
                "{outcome:?}, while the log has {stored} record of the event, and the broker said so after {}",
                seconds(delay)
            ),
            "Ok: the broker is slow, and message.timeout.ms is five minutes",
            "A time limit around the wait does not stop the record: it is delivered all the same, and reported as \
             failed. How long delivery may take is message.timeout.ms, which is for the settings given to say; the time-out \
             of send is about room in the queue.",
        )
    })
}

/// What ends the wait is the `message.timeout.ms` of the settings given.
#[rstest]
#[testbed::test(mock, long)]
async fn gives_up_when_the_settings_say() -> Verdict {
    let settings = ONE_SECOND_TIMEOUT;
    let (cluster, topic, producer) = slow_cluster(Duration::ZERO, settings).await?;
    let control = ControlProducer::connect(&topic, settings).await?;
    cluster.faults()?.down()?;
    let event = numbered(None, 1);
    let sending = produce_event(&producer, &topic.name, &event, |_| {});
    judge_giving_up(control, sending).await
}

/// It sends with the producer it is given: connecting anew for each record costs several round trips.
#[rstest]
#[testbed::test(mock)]
async fn uses_the_producer_it_is_given() -> Verdict {
    let round_trip = Duration::from_millis(200);
    let (_cluster, topic, producer) = slow_cluster(round_trip, &[]).await?;
    let mut quickest = Duration::MAX;
    for number in 0..4 {
        let begun = Instant::now();
        delivered(&producer, &topic, &numbered(None, number)).await?;
        quickest = quickest.min(begun.elapsed());
    }
    let round_trips = quickest.as_secs_f64() / round_trip.as_secs_f64();

    judge(round_trips < 2.5, || {
        Failure::new(
            format!("the quickest of 4 events took {round_trips:.1} round trips"),
            "about one round trip for each event",
            "A producer connects, asks for versions, metadata and a producer id before its first record. Make one for \
             the whole program and hand it around.",
        )
    })
}
