//! The experiment of `second_group_reads`.

use std::collections::VecDeque;

use event_log::experiments::{Replay, Replayed};
use event_log::phase5_reflection::second_group_reads;
use rstest::rstest;
use testbed::probe::Seed;
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::prediction::{compare, predict};

/// The prediction of what is left for the next reader agrees with what each of the three got.
#[rstest]
#[case::a_part_is_consumed(Replay { records: 7, consumed: 3 })]
#[case::all_is_consumed(Replay { records: 5, consumed: 5 })]
#[case::nothing_is_consumed(Replay { records: 4, consumed: 0 })]
#[case::all_but_one_are_consumed(Replay { records: 6, consumed: 5 })]
#[testbed::test(deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: Replay) -> Verdict {
    let predicted = predict(|| second_group_reads(&set_up));
    let topic = Cluster::shared()?.topic(1).await?;
    let records = (0..set_up.records).map(|number| Seed::text(0, number.to_string()));
    topic.seed(records.collect()).await?;
    let (first_group, second_group) = (topic.new_group(), topic.new_group());
    consume(&topic, &first_group, set_up.consumed).await?;
    let counted = Replayed {
        second_group: read_to_the_end(&topic, &second_group).await?,
        same_group: read_to_the_end(&topic, &first_group).await?,
        queue: left_in_a_queue(&set_up),
    };
    let concept = concept(&predicted, &counted);
    compare(&predicted, &counted, &happened(&set_up, &counted), concept)
}

/// A consumer of `group` consumes so many records, commits and closes. The broker says whether that is so.
async fn consume(topic: &Topic, group: &str, count: usize) -> Verdict {
    let consumer = topic.reader(group, &[]).await?;
    let consumed = consumer.take(count).await?;
    let next = consumed.last().map(|(_, offset)| offset + 1);
    if let Some(next) = next {
        consumer.commit(0, next).await?;
    }
    consumer.close().await?;
    let committed = topic.group_probe(group)?.committed().await?;
    if committed.get(&0).copied() == next {
        return Ok(());
    }
    let seen = format!("committed is {committed:?}");
    Err(NotGraded::broken("the first group's commit", &seen))
}

async fn read_to_the_end(topic: &Topic, group: &str) -> Verdict<usize> {
    let consumer = topic.reader(group, &[]).await?;
    let read = consumer.read_to_the_end().await?.len();
    consumer.close().await?;
    Ok(read)
}

/// A model of a queue, in memory: it hands each message to one reader, and what is acknowledged is gone for everybody.
struct Queue {
    waiting: VecDeque<usize>,
    in_hand: Vec<usize>,
}

impl Queue {
    fn with(messages: usize) -> Self {
        Self {
            waiting: (0..messages).collect(),
            in_hand: Vec::new(),
        }
    }

    fn take(&mut self) -> Option<usize> {
        let message = self.waiting.pop_front()?;
        self.in_hand.push(message);
        Some(message)
    }

    fn acknowledge(&mut self, message: usize) {
        self.in_hand.retain(|held| *held != message);
    }
}

/// What a second reader of the model gets when a first has taken and acknowledged its part.
fn left_in_a_queue(set_up: &Replay) -> usize {
    let mut queue = Queue::with(set_up.records);
    for _ in 0..set_up.consumed {
        if let Some(message) = queue.take() {
            queue.acknowledge(message);
        }
    }
    std::iter::from_fn(|| queue.take()).count()
}

fn happened(set_up: &Replay, counted: &Replayed) -> String {
    format!(
        "of {} records the first reader had consumed and committed, or acknowledged, {}; then a second group got {}, a further \
         consumer of the first group {}, and a second reader of the queue (a model in memory) {}",
        set_up.records, set_up.consumed, counted.second_group, counted.same_group, counted.queue
    )
}

fn concept(predicted: &Replayed, counted: &Replayed) -> &'static str {
    if predicted.second_group != counted.second_group {
        "Reading takes nothing out of a log: a commit moves the place of one group, and every other group has its own."
    } else if predicted.same_group != counted.same_group {
        "A group's place is kept on the broker for whichever consumer of it comes next: a new consumer is not a new group, and \
         it goes on where the group has got to."
    } else {
        "In a queue an acknowledgement is a deletion: what one reader has acknowledged is there for nobody, and the rest is \
         there for whoever comes."
    }
}
