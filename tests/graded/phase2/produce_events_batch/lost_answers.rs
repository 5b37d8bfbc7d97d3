//! Records that are delivered while the answer that says so is lost.

use std::time::Duration;

use event_log::event::Event;
use rdkafka::types::RDKafkaApiKey;
use rstest::rstest;
use testbed::probe::ControlProducer;
use testbed::{Cluster, Failure, Topic, Verdict, judge};

use crate::phase2::support::batch::{report, slow_cluster};
use crate::phase2::support::events::{is_record_of, numbered, numbered_events};
use crate::phase2::support::producer::producer;
use crate::phase2::support::time_limits::TIMES_OUT_BEFORE_A_RETRY;
use crate::support::fault::{TRIES, fault_not_observed};

/// It sends each event once: a record that timed out may be in the log all the same.
#[rstest]
#[testbed::test(mock, deadline = 60)]
async fn sends_no_event_again() -> Verdict {
    for _ in 0..TRIES {
        let (cluster, topic, producer) =
            slow_cluster(1, Duration::ZERO, TIMES_OUT_BEFORE_A_RETRY).await?;
        // The records are in the log at once, and the answer that says so comes when the client has given up.
        let too_late = Duration::from_secs(4);
        cluster
            .faults()?
            .delay_next(RDKafkaApiKey::Produce, too_late)?;
        let events = numbered_events(&["a"], 3);
        let report = report(&producer, &topic, &events).await?;

        let copies = copies_in_the_log(&topic, &events).await?;
        let written = copies.iter().filter(|&&copies| copies > 0).count();
        judge(report.delivered <= written, || {
            Failure::new(
                format!(
                    "{} of three events reported as delivered, and {written} of them are in the log",
                    report.delivered
                ),
                "no event reported as delivered that is not in the log",
                "Whether a record is in the log is in its delivery report: what is counted before that is what was queued.",
            )
        })?;
        judge(copies.iter().all(|&copies| copies <= 1), || {
            Failure::new(
                format!(
                    "{copies:?} records of the three events, whose answer came after message.timeout.ms"
                ),
                "one record for each event",
                "MessageTimedOut means that no answer came in time, not that the record is not there. Sending it again \
                 makes a duplicate that no idempotence can recognise: it is a new record.",
            )
        })?;
        if copies == [1, 1, 1] {
            return Ok(());
        }
    }
    Err(fault_not_observed(
        "the events timed out before they were sent",
    ))
}

/// How long the broker answers nothing, and after which time a client takes a request for lost.
const OUTAGE: Duration = Duration::from_millis(1500);
const SOCKET_TIMEOUT: (&str, &str) = ("socket.timeout.ms", "500");

/// A lost answer makes no duplicate: librdkafka repeats the request, and the broker recognises it.
///
/// The broker is paused while requests are under way: the client gives up waiting and repeats them, and the broker finds
/// both when it goes on. A control without idempotence shows whether that has made a duplicate this time.
#[rstest]
#[testbed::test(real, exclusive, deadline = 40)]
async fn a_lost_answer_makes_no_duplicate() -> Verdict {
    let cluster = Cluster::shared()?;
    cluster.can_pause()?;
    for _ in 0..TRIES {
        let (topic, control_topic) = (cluster.topic(1).await?, cluster.topic(1).await?);
        let mut config = topic.client.clone();
        config.set(SOCKET_TIMEOUT.0, SOCKET_TIMEOUT.1);
        let producer = producer(&config)?;
        report(&producer, &topic, &[numbered(None, 1000)]).await?;
        let control = ControlProducer::connect(
            &control_topic,
            &[SOCKET_TIMEOUT, ("enable.idempotence", "false")],
        )
        .await?;

        let events = numbered_events(&["a"], 5);
        let sending = async {
            control.send()?;
            report(&producer, &topic, &events).await
        };
        cluster.outage(OUTAGE, sending).await??;

        let copies = copies_in_the_log(&topic, &events).await?;
        let control_copies = control.copies().await?;
        judge(copies.iter().all(|&copies| copies == 1), || {
            Failure::new(
                format!(
                    "{copies:?} records of the five events, after the answers to the first requests were lost"
                ),
                "one record for each event",
                "Repeating what got no answer is librdkafka's work, and enable.idempotence lets the broker recognise a \
                 repetition. Without it, a lost answer is a duplicate.",
            )
        })?;
        if control_copies > 1 {
            return Ok(());
        }
    }
    Err(fault_not_observed(
        "outages made no duplicate without idempotence either",
    ))
}

async fn copies_in_the_log(topic: &Topic, events: &[Event]) -> Verdict<Vec<usize>> {
    let records = topic.records().await?;
    let copies = |event: &Event| records.iter().filter(|r| is_record_of(r, event)).count();
    Ok(events.iter().map(copies).collect())
}
