//! When no event comes, a consumer looks the same whether all is well or not. This says which it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use event_log::cli::progress::{PartitionProgress, committed_offsets};
use event_log::cli::{CliError, say};
use event_log::topics::EVENTS;
use rdkafka::ClientConfig;

/// How long to wait for a first event before saying anything.
const SILENCE: Duration = Duration::from_secs(3);

/// Waits a while; if nothing has been printed by then, says why, and keeps looking until it is no longer so.
pub async fn explain(config: ClientConfig, partitions: i32, printed: Arc<AtomicUsize>) {
    let (mut seen, mut said) = (None, None);
    loop {
        tokio::time::sleep(SILENCE).await;
        // Asking takes a moment, and events may come meanwhile; then there is nothing left to explain.
        let found = committed_offsets(&config, EVENTS.name, partitions).await;
        if printed.load(Ordering::Relaxed) > 0 {
            return;
        }
        // If Kafka cannot be asked now, it can be in three seconds; the consumer itself reports what is permanent.
        let Ok(progress) = found else { continue };
        let reason = Reason::of(&progress);
        // The first member of a broker's first group may well take longer to be let in: look twice.
        let is_sure = reason != Reason::NotAssigned || seen == Some(reason);
        seen = Some(reason);
        if is_sure && said != Some(reason) {
            if print(reason, &config, &progress).is_err() {
                return;
            }
            said = Some(reason);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    TopicEmpty,
    NothingNew,
    NotAssigned,
}

impl Reason {
    fn of(progress: &[PartitionProgress]) -> Self {
        if progress
            .iter()
            .all(|partition| partition.end == partition.start)
        {
            Self::TopicEmpty
        } else if progress.iter().all(|partition| partition.lag() == 0) {
            Self::NothingNew
        } else {
            Self::NotAssigned
        }
    }
}

fn print(
    reason: Reason,
    config: &ClientConfig,
    progress: &[PartitionProgress],
) -> Result<(), CliError> {
    let topic = EVENTS.name;
    let group = config.get("group.id").unwrap_or_default();
    match reason {
        Reason::TopicEmpty => say(format_args!(
            "Topic `{topic}` has no events. Send some with `cargo run --bin producer`, in another terminal."
        )),
        Reason::NothingNew => {
            say(format_args!(
                "Nothing new: group `{group}` has committed every event of topic `{topic}`."
            ))?;
            for partition in progress {
                say(format_args!("  {partition}"))?;
            }
            say(
                "To read them again, use a group that has committed nothing: --group another-name, or \
                 --from-beginning.\nStill waiting for new events; Ctrl-C ends.",
            )
        }
        Reason::NotAssigned => {
            let lag: i64 = progress.iter().map(PartitionProgress::lag).sum();
            say(format_args!(
                "{lag} events wait, but none has come. Group `{group}` may be rebalancing, or another member has the \
                 partitions.\nA member that was killed counts until its session has timed out: 45 s, unless \
                 session.timeout.ms says otherwise."
            ))
        }
    }
}
