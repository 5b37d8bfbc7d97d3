//! What it waits for, and with which producer.

use std::time::{Duration, Instant};

use event_log::event::Event;
use event_log::phase2_producer::produce_event;
use rstest::rstest;
use testbed::{Failure, Verdict, judge, within};

use super::{LIMIT, NEVER_RETURNS, delivered, outcome, slow_cluster};
use crate::phase2::{is_record_of, numbered};

/// When the producer's queue is full, it waits for room.
#[rstest]
#[testbed::test(mock)]
async fn waits_for_room_in_the_queue() -> Verdict {
    let settings = [("queue.buffering.max.messages", "1")];
    let (_cluster, topic, producer) = slow_cluster(Duration::from_millis(200), &settings).await?;
    let events: Vec<Event> = (0..3).map(|number| numbered(None, number)).collect();

    let outcomes = tokio::try_join!(
        outcome(&producer, &topic, &events[0]),
        outcome(&producer, &topic, &events[1]),
        outcome(&producer, &topic, &events[2]),
    )?;

    let outcomes = [outcomes.0, outcomes.1, outcomes.2];
    judge(outcomes.iter().all(Result::is_ok), || {
        Failure::new(
            format!("three events at the same time, and room for one: {outcomes:?}"),
            "three deliveries, one after the other",
            "A full queue is back-pressure: the record was not taken and nothing was lost. The time-out of \
             FutureProducer::send is how long to wait for room, not how long delivery may take.",
        )
    })
}

/// No time limit of the learner's own ends the wait, however long: `message.timeout.ms` does.
///
/// It runs on a clock that jumps to the next timer whenever there is nothing else to do, so a limit of an hour would end
/// the wait as soon as one of a second.
#[rstest]
#[testbed::test(mock)]
async fn leaves_the_time_limit_to_the_client() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(Duration::from_millis(800), &[]).await?;
    let (name, event) = (topic.name.clone(), numbered(None, 1));
    let sent = event.clone();
    let on_a_jumping_clock = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.map(|runtime| runtime.block_on(produce_event(&producer, &name, &sent, |_| {})))
    };
    let sending = tokio::task::spawn_blocking(on_a_jumping_clock);
    let outcome = within(LIMIT, "`produce_event` to return", NEVER_RETURNS, sending).await?;
    cluster.faults()?.round_trip_time(Duration::ZERO);
    let records = topic.records().await?;
    let stored = records.iter().filter(|r| is_record_of(r, &event)).count();

    judge(matches!(outcome, Ok(Ok(Ok(_)))), || {
        Failure::new(
            format!("{outcome:?}, while the log has {stored} record of the event"),
            "Ok: the broker is slow, and message.timeout.ms is five minutes",
            "A time limit around the wait does not stop the record: it is delivered all the same, and reported as \
             failed. How long delivery may take is message.timeout.ms; the time-out of send is about room in the queue.",
        )
    })
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
