//! Records that are not delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use event_log::delivery::BatchReport;
use event_log::event::Event;
use event_log::phase2_producer::produce_events_batch;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rstest::rstest;
use serde_json::json;
use testbed::probe::ControlProducer;
use testbed::wait::seconds;
use testbed::{Failure, SLOW_WAIT, Topic, Verdict, judge, within};

use crate::phase2::support::batch::{
    DROPPED_UNSENT, LIMIT, NEVER_RETURNS, STOPPED_EARLY, code, report, report_within, slow_cluster,
};
use crate::phase2::support::events::{is_record_of, numbered_events};
use crate::phase2::support::jumping_clock::on_a_jumping_clock;
use crate::phase2::support::outcomes::judge_outcomes;
use crate::phase2::support::time_limits::{
    LATE_ANSWER, MESSAGE_TIMEOUT, ONE_SECOND_TIMEOUT, judge_giving_up,
};

/// A failure hides no other event, however many there are in a row: all are sent, all are reported.
#[rstest]
#[case::one(10, 4..5)]
#[case::many_in_a_row(60, 20..50)]
#[testbed::test(mock, long)]
async fn one_failure_hides_no_other(
    #[case] count: usize,
    #[case] too_large: Range<usize>,
) -> Verdict {
    // What is too large is known at once, and the other reports take a while.
    let round_trip = Duration::from_millis(200);
    let settings = [("message.max.bytes", "2000")];
    let (_cluster, topic, producer) = slow_cluster(2, round_trip, &settings).await?;
    let mut events = numbered_events(&["a", "b", "c"], count);
    for event in &mut events[too_large.clone()] {
        event.payload = json!("x".repeat(5000));
    }
    let report = report(&producer, &topic, &events).await?;

    judge_outcomes(&events, &report, &topic.records().await?)?;
    let failed: Vec<usize> = (0..count)
        .filter(|&n| report.outcomes[n].is_err())
        .collect();
    let code = |&n: &usize| code(&report.outcomes[n]);
    let codes: BTreeSet<String> = failed
        .iter()
        .map(|n| code(n).map_or("none".to_owned(), |code| format!("{code:?}")))
        .collect();
    let expected: Vec<usize> = too_large.collect();
    judge(
        failed == expected && codes.iter().eq(["MessageSizeTooLarge"]),
        || {
            Failure::new(
                format!("of {count} events {failed:?} failed, with the codes {codes:?}"),
                format!("MessageSizeTooLarge for {expected:?}, and all others delivered"),
                STOPPED_EARLY,
            )
        },
    )
}

/// What the broker refuses is reported as failed, with its code; what it took, as delivered.
#[rstest]
#[testbed::test(mock)]
async fn reports_what_the_broker_refused() -> Verdict {
    let settings = [("linger.ms", "50")];
    let (cluster, topic, producer) = slow_cluster(3, Duration::ZERO, &settings).await?;
    // Not an authorization, whose loss the client would remember.
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
    cluster
        .faults()?
        .fail_next(RDKafkaApiKey::Produce, &[refusal]);
    let events = numbered_events(&["a", "b", "c", "d", "e", "f"], 24);
    let report = report(&producer, &topic, &events).await?;

    let records = topic.records().await?;
    judge_outcomes(&events, &report, &records)?;
    let is_there = |event: &&Event| records.iter().any(|record| is_record_of(record, event));
    let stored = events.iter().filter(is_there).count();
    judge(stored < 24, || {
        Failure::new(
            "all 24 events are in the log, of which the broker had refused some",
            "the events of the refused request as failed, all others as delivered",
            "The broker refused records, and they were sent once more. Repeating what may help to repeat is librdkafka's \
             work; what comes back to you is final, and its error code tells what to do about it.",
        )
    })?;
    let refused = Some(RDKafkaErrorCode::PolicyViolation);
    let with_code = report
        .outcomes
        .iter()
        .filter(|o| code(o) == refused)
        .count();
    let counted = report.delivered + report.failed;
    judge(
        with_code > 0 && with_code == report.failed && counted == 24,
        || {
            Failure::new(
                format!(
                    "{with_code} outcomes with {refused:?}, failed = {}, delivered = {}",
                    report.failed, report.delivered
                ),
                "the events of the refused request as failed, all others as delivered, 24 together",
                "A flush that returns Ok says that the queue is empty, not that the broker took what was in it.",
            )
        },
    )?;
    judge_partitions(&report)
}

/// A record that the broker refused had a partition to go to, and is in none.
fn judge_partitions(report: &BatchReport) -> Verdict {
    let mut per_partition: BTreeMap<i32, usize> = BTreeMap::new();
    for delivery in report.outcomes.iter().flatten() {
        *per_partition.entry(delivery.partition).or_default() += 1;
    }
    judge(report.per_partition == per_partition, || {
        Failure::new(
            format!(
                "per_partition is {:?}, with {} events delivered and {} refused",
                report.per_partition, report.delivered, report.failed
            ),
            format!("{per_partition:?}: those that were delivered, by partition"),
            "A record that was not delivered is in no partition, whichever it was on its way to: count the deliveries, and \
             not what was sent.",
        )
    })
}

/// When no broker answers, every event is reported as timed out.
#[rstest]
#[testbed::test(mock, long)]
async fn reports_every_event_when_no_broker_answers() -> Verdict {
    let settings = ONE_SECOND_TIMEOUT;
    let (cluster, topic, producer) = slow_cluster(2, Duration::ZERO, settings).await?;
    cluster.faults()?.down()?;
    let events = numbered_events(&["a", "b"], 8);
    let what = "`produce_events_batch` to return";
    let report = report_within(LIMIT, what, MESSAGE_TIMEOUT, &producer, &topic, &events).await?;

    let timed_out = Some(RDKafkaErrorCode::MessageTimedOut);
    judge(
        report.outcomes.iter().all(|o| code(o) == timed_out) && report.failed == 8,
        || {
            Failure::new(
                format!("failed = {}, outcomes {:?}", report.failed, report.outcomes),
                "8 failed, each with MessageTimedOut",
                if report
                    .outcomes
                    .iter()
                    .any(|o| code(o) == Some(RDKafkaErrorCode::PurgeQueue))
                {
                    DROPPED_UNSENT
                } else {
                    "Each record waits for message.timeout.ms and is then reported. A flush that gives up earlier, and goes \
                     unnoticed, leaves the records without an outcome."
                },
            )
        },
    )
}

/// What ends the wait for a report is the `message.timeout.ms` of the settings given.
#[rstest]
#[testbed::test(mock, long)]
async fn gives_up_when_the_settings_say() -> Verdict {
    let settings = ONE_SECOND_TIMEOUT;
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, settings).await?;
    let control = ControlProducer::connect(&topic, settings).await?;
    cluster.faults()?.down()?;
    let events = numbered_events(&["a"], 3);
    let sending = produce_events_batch(&producer, &topic.name, &events);
    judge_giving_up(control, sending).await
}

/// When it returns, every delivery report is in, however long that takes.
#[rstest]
#[testbed::test(mock, long)]
async fn waits_for_every_report_however_long_it_takes() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, &[]).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, LATE_ANSWER)?;
    let (name, events) = (topic.name.clone(), numbered_events(&["a"], 3));
    let sending =
        on_a_jumping_clock(
            move || async move { produce_events_batch(&producer, &name, &events).await },
        );
    judge_late_reports(&topic, LATE_ANSWER, sending).await
}

/// The same, on a clock that does not jump: a limit may be asked of the client or of the system.
#[rstest]
#[testbed::test(mock, slow, deadline = 30)]
async fn has_patience_for_every_report() -> Verdict {
    let (cluster, topic, producer) = slow_cluster(1, Duration::ZERO, &[]).await?;
    cluster
        .faults()?
        .delay_next(RDKafkaApiKey::Produce, SLOW_WAIT)?;
    let events = numbered_events(&["a"], 3);
    let sending = produce_events_batch(&producer, &topic.name, &events);
    judge_late_reports(&topic, SLOW_WAIT, sending).await
}

/// The broker takes `delay` to say that it has the three events, which is what `sending` waits for.
async fn judge_late_reports(
    topic: &Topic,
    delay: Duration,
    sending: impl Future<Output = BatchReport>,
) -> Verdict {
    let limit = delay + LIMIT / 2;
    let what = "`produce_events_batch` to return";
    let report = within(limit, what, NEVER_RETURNS, sending).await?;
    let stored: i64 = topic.end_offsets().await?.values().sum();
    let stored = stored - 1;

    judge(report.outcomes.iter().all(Result::is_ok), || {
        Failure::new(
            format!(
                "{:?}, while {stored} of 3 events are in the log, and the broker said so after {}",
                report.outcomes,
                seconds(delay)
            ),
            "three deliveries: the broker is slow, and message.timeout.ms is five minutes",
            "A time limit around the wait, or a flush that gives up, does not stop the records: they are delivered all the \
             same, and reported as failed. How long delivery may take is message.timeout.ms, which is for the \
             settings given to say.",
        )
    })
}
