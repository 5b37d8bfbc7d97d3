//! The experiment of `copies_after_a_lost_answer`.
//!
//! One lost answer is a matter for the broker of the run, which is paused while a request is under way: the client gives up
//! waiting and sends the request again, and the broker finds both when it goes on. Several in a row are a matter for a mock
//! cluster, whose answers can be delayed one by one; it recognises no repetition, so idempotence is out of its reach.

use std::time::Duration;

use event_log::experiments::LostAnswers;
use event_log::phase5_reflection::copies_after_a_lost_answer;
use rdkafka::types::RDKafkaApiKey;
use rstest::rstest;
use testbed::probe::RequestCount;
use testbed::{Cluster, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::trials::{Trial, compare_all};
use crate::support::fault::{TRIES, fault_not_observed};

/// How long the broker answers nothing, and after which time a client takes a request for lost.
const OUTAGE: Duration = Duration::from_millis(1500);
const SOCKET_TIMEOUT_MS: &str = "500";

/// Too late for any client.
const TOO_LATE: Duration = Duration::from_secs(30);

/// A producer without idempotence and one with it lose an answer in the same outage.
#[rstest]
#[case::with_and_without_idempotence(3, 5)]
#[case::as_many_with_as_without(4, 4)]
#[testbed::test(real, exclusive, deadline = 60)]
async fn agrees_with_the_broker(#[case] with: usize, #[case] without: usize) -> Verdict {
    let set_ups = [(without, false), (with, true)].map(|(records, idempotence)| LostAnswers {
        records,
        lost: 1,
        idempotence,
    });
    let predicted = predict(|| set_ups.map(|set_up| copies_after_a_lost_answer(&set_up)));

    let cluster = Cluster::shared()?;
    cluster.can_pause()?;
    for _ in 0..TRIES {
        let plain = Sender::connect(cluster, &set_ups[0]).await?;
        let idempotent = Sender::connect(cluster, &set_ups[1]).await?;
        let sending = async { tokio::join!(plain.send(), idempotent.send()) };
        let sent = cluster.outage(OUTAGE, sending).await?;
        let [plain, idempotent] = [sent.0?, sent.1?];

        // The control: each asked twice, and what came of it without idempotence shows that the broker has written both.
        if [plain.requests, idempotent.requests] != [2, 2] || plain.copies != 2 * without {
            continue;
        }
        let happened = format!(
            "each producer sent its records in one request, got no answer, and sent the request once more;\nwithout \
             idempotence {without} records became {}, with it {with} became {}",
            plain.copies, idempotent.copies
        );
        let trials = [(0, plain.copies), (1, idempotent.copies)].map(|(index, counted)| Trial {
            set_up: set_ups[index],
            predicted: predicted[index],
            counted,
        });
        return compare_all(&trials, &happened, |first| concept(&first.set_up));
    }
    Err(fault_not_observed(
        "answers were not lost as the set-up says",
    ))
}

/// A producer without idempotence loses several answers in a row.
#[rstest]
#[case::two_in_a_row(4, 2)]
#[case::three_in_a_row(5, 3)]
#[testbed::test(mock, long, deadline = 60)]
async fn agrees_when_several_are_lost(#[case] records: usize, #[case] lost: usize) -> Verdict {
    let set_up = LostAnswers {
        records,
        lost,
        idempotence: false,
    };
    let predicted = predict(|| copies_after_a_lost_answer(&set_up));

    for _ in 0..TRIES {
        let cluster = Cluster::mock()?;
        let sender = Sender::connect(&cluster, &set_up).await?;
        let faults = cluster.faults()?;
        for _ in 0..lost {
            faults.delay_next(RDKafkaApiKey::Produce, TOO_LATE)?;
        }
        let sent = sender.send().await?;
        if sent.requests != lost + 1 {
            continue;
        }
        let happened = format!(
            "the producer sent {records} records in one request, got no answer {lost} times, and sent the request {} times \
             in all; the log has {} records",
            sent.requests, sent.copies
        );
        return compare(&predicted, &sent.copies, &happened, concept(&set_up));
    }
    Err(fault_not_observed(
        "answers were not lost as the set-up says",
    ))
}

fn concept(set_up: &LostAnswers) -> &'static str {
    if set_up.idempotence {
        "An idempotent producer numbers its records, and a request that is sent again has the numbers of the first: the \
         broker has them already, writes nothing and answers that all is well."
    } else {
        "A lost answer is not a lost record: the broker has written what it was sent, cannot tell a repetition from \
         something new, and writes it once more for each answer that is lost."
    }
}

/// A producer that is connected, and its topic.
struct Sender {
    topic: Topic,
    producer: RequestCount,
}

/// What came of it.
struct Sent {
    /// How many requests carried the records.
    requests: usize,
    /// How many records are in the log.
    copies: usize,
}

impl Sender {
    async fn connect(cluster: &Cluster, set_up: &LostAnswers) -> Verdict<Self> {
        let topic = cluster.topic(1).await?;
        let mut config = topic.client.clone();
        config
            .set("acks", "all")
            .set("enable.idempotence", set_up.idempotence.to_string())
            .set("socket.timeout.ms", SOCKET_TIMEOUT_MS);
        Ok(Self {
            producer: RequestCount::connect(&topic, config, set_up.records).await?,
            topic,
        })
    }

    async fn send(self) -> Verdict<Sent> {
        let requests = self.producer.send_together().await?;
        let records = self.topic.records().await?;
        let copies = records
            .iter()
            .filter(|r| r.value.as_deref() == Some(RequestCount::VALUE));
        Ok(Sent {
            requests,
            copies: copies.count(),
        })
    }
}
