//! A run of the learner's `consume_events`.

use std::sync::Arc;
use std::time::Duration;

use event_log::consuming::{ConsumeError, ConsumeOptions, ConsumeReport, Handler, SkippedRecords};
use event_log::errors::is_transient;
use event_log::phase3_consumer::{EventConsumer, consume_events};
use testbed::{Failure, OwnThread, Topic, Verdict, eventually, judge, within};
use tokio_util::sync::CancellationToken;

use super::concepts::{NEVER_IDLE, NEVER_RETURNS, NOTHING_COMES};
use super::consumer::{close, consumer};
use super::handed::Handed;
use super::options::{comes_within, limit, long_idle_timeout, stop_when_idle};

/// What `consume_events` returned.
pub type ConsumeOutcome = Result<ConsumeReport, ConsumeError>;

/// A running `consume_events`. It is stopped when nobody looks at it any more: a member left behind would keep its group
/// from being tidied up.
pub struct Run {
    running: OwnThread<ConsumeOutcome>,
    stop: CancellationToken,
    /// What it returned, once it was seen to return.
    outcome: Option<ConsumeOutcome>,
}

impl Run {
    /// Starts the learner's function.
    pub fn start(
        consumer: &Arc<EventConsumer>,
        options: &ConsumeOptions,
        handler: Handler,
    ) -> Self {
        let (consumer, options) = (Arc::clone(consumer), options.clone());
        let stop = options.stop.clone();
        let running =
            OwnThread::start(
                move || async move { consume_events(&consumer, &options, handler).await },
            );
        Self {
            running,
            stop,
            outcome: None,
        }
    }

    /// Waits until it returns, without limit.
    pub async fn returned(&mut self) -> &ConsumeOutcome {
        let outcome = match self.outcome.take() {
            Some(outcome) => outcome,
            None => self.running.join().await,
        };
        self.outcome.insert(outcome)
    }

    /// Waits until it returns.
    pub async fn end(self) -> Verdict<ConsumeOutcome> {
        self.end_or(NEVER_RETURNS).await
    }

    /// Waits until it returns. `concept` says which misconception would keep it from returning.
    pub async fn end_or(self, concept: &str) -> Verdict<ConsumeOutcome> {
        self.end_within(limit(), concept).await
    }

    /// The same, no longer than `limit`.
    pub async fn end_within(mut self, limit: Duration, concept: &str) -> Verdict<ConsumeOutcome> {
        let what = "`consume_events` to return";
        within(limit, what, concept, self.returned()).await?;
        match self.outcome.take() {
            Some(outcome) => Ok(outcome),
            None => Ok(self.running.join().await),
        }
    }

    /// Waits until it returns a report.
    pub async fn report(self) -> Verdict<ConsumeReport> {
        report_of(self.end().await?)
    }

    /// Waits until the handler was handed `count` events. The run has to go on meanwhile.
    pub async fn hands_over(&mut self, handed: &Handed, count: usize, concept: &str) -> Verdict {
        if handed.count() == 0 && count > 1 {
            // That none comes at all has other reasons than that one is missing.
            self.hands_over_within(handed, 1, NOTHING_COMES, concept)
                .await?;
        }
        self.hands_over_within(handed, count, concept, concept)
            .await
    }

    /// `missing` is the misconception when the event does not come, `ended` when the run ends before.
    async fn hands_over_within(
        &mut self,
        handed: &Handed,
        count: usize,
        missing: &str,
        ended: &str,
    ) -> Verdict {
        let what = format!("event {count} to be handed over");
        let reached = eventually(comes_within(), &what, missing, || async {
            match handed.count() {
                enough if enough >= count => Ok(Ok(())),
                few => Ok(Err(format!("{few} events handed over"))),
            }
        });
        tokio::select! {
            biased;
            reached = reached => reached,
            outcome = self.returned() => {
                judge(handed.count() >= count, || ended_early(outcome, handed, ended))
            }
        }
    }

    /// Watches for this long that it does not return. A watch cannot prove a promise, only break it: the longer, the
    /// more wrong answers it sees.
    pub async fn goes_on_for(
        &mut self,
        watch: Duration,
        handed: &Handed,
        concept: &str,
    ) -> Verdict {
        match tokio::time::timeout(watch, self.returned()).await {
            Err(_elapsed) => Ok(()),
            Ok(outcome) => Err(ended_early(outcome, handed, concept).into()),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn ended_early(outcome: &ConsumeOutcome, handed: &Handed, concept: &str) -> Failure {
    let returned = match outcome {
        // Which of them comes first when a broker goes away is chance.
        Err(ConsumeError::Kafka(error)) if is_transient(error) => {
            "an error for which is_transient holds".to_owned()
        }
        outcome => format!("{outcome:?}"),
    };
    Failure::new(
        format!(
            "`consume_events` returned {returned} after {} events were handed over",
            handed.count()
        ),
        "it goes on: there is no reason to end yet, and more may come",
        concept,
    )
}

/// The report, where nothing is wrong with the broker or the handler.
pub fn report_of(outcome: ConsumeOutcome) -> Verdict<ConsumeReport> {
    Ok(outcome.map_err(|error| returned_error(&error))?)
}

/// The failure of a run that returned an error, where nothing is wrong with the broker or the handler.
pub fn returned_error(error: &ConsumeError) -> Failure {
    let concept = match error {
        ConsumeError::Handler { .. } => {
            "The handler refused nothing. A record that is no event is not its failure, nor anybody's: it is counted and \
             passed over."
        }
        ConsumeError::Kafka(_) => {
            "Nothing permanent is wrong here: is_transient tells which errors of a poll are to be lived through, and a \
             commit with nothing new to commit (NoOffset) is no error either."
        }
    };
    Failure::new(
        format!("`consume_events` returned the error «{error}» ({error:?})"),
        "Ok with a report",
        concept,
    )
}

/// Runs `consume_events` until it returns its report.
pub async fn consume(
    consumer: &Arc<EventConsumer>,
    options: &ConsumeOptions,
    handler: Handler,
) -> Verdict<ConsumeReport> {
    Run::start(consumer, options, handler).report().await
}

/// Runs `consume_events` until it is idle, with a longer idle time-out if joining the group took so long that nothing was
/// handed over in the first one.
pub async fn consume_until_idle(
    topic: &Topic,
    group: &str,
    handed: &Handed,
) -> Verdict<ConsumeReport> {
    let first = run_until_idle(topic, group, handed, Duration::from_millis(1500)).await?;
    if handed.count() > 0 || first.skipped != SkippedRecords::default() {
        return Ok(first);
    }
    run_until_idle(topic, group, handed, long_idle_timeout()).await
}

async fn run_until_idle(
    topic: &Topic,
    group: &str,
    handed: &Handed,
    idle_timeout: Duration,
) -> Verdict<ConsumeReport> {
    let consumer = consumer(&topic.member(group), &topic.name)?;
    let run = Run::start(&consumer, &stop_when_idle(idle_timeout), handed.handler());
    let report = report_of(run.end_or(NEVER_IDLE).await?)?;
    close(consumer).await?;
    Ok(report)
}
