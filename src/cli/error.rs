//! What can end a program, as one line for people and an exit code for scripts.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use rdkafka::error::KafkaError;
use thiserror::Error;

use crate::admin::{AdminError, Shape};
use crate::consuming::ConsumeError;
use crate::group::RebalanceError;

/// The exit codes of every program, as `--help` tells them.
pub const EXIT_CODES: &str = "\
Exit codes:
    0  done, or stopped when asked to
    1  Kafka or the program failed
    2  wrong arguments, or settings that librdkafka does not take
    3  no broker answers
    4  the topic is missing, or has another shape
    5  the exercise behind this program is not written yet
  130  stopped by Ctrl-C before the work was done";

/// The end of a program's `--help`: its examples, then the exit codes.
pub fn after_help(examples: &str) -> String {
    format!("Examples:\n{examples}\n\n{EXIT_CODES}")
}

/// Why a program ended before its work was done. Each message is one line and, where there is one, names the next step.
#[derive(Debug, Error)]
pub enum CliError {
    /// No broker answered.
    #[error("no Kafka broker answers at {0}: start one with `docker compose up -d`")]
    NoBroker(String),
    /// The topic is not there.
    #[error("there is no topic `{0}`: create it with `cargo run --bin admin`")]
    TopicMissing(String),
    /// The topic is there, and differs from what the system wants.
    #[error(
        "topic `{topic}` has {found}; wanted: {wanted}. Delete the topic, or start over with \
         `docker compose down -v`, then run this again"
    )]
    TopicDiffers {
        /// The topic.
        topic: String,
        /// Its shape.
        found: Shape,
        /// The shape it should have.
        wanted: Shape,
    },
    /// librdkafka does not take the settings.
    #[error("librdkafka does not take these settings: {0}")]
    Settings(String),
    /// Kafka said no.
    #[error("could not {doing}: {source}")]
    Kafka {
        /// What was tried.
        doing: &'static str,
        /// What Kafka said.
        source: KafkaError,
    },
    /// The topic could not be created.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The consumer had to end.
    #[error("the consumer had to end: {0}")]
    Consume(#[from] ConsumeError),
    /// The demonstration had to end.
    #[error("the demonstration had to end: {0}")]
    Rebalance(#[from] RebalanceError),
    /// Some events did not reach the log.
    #[error("{failed} of {sent} events were not delivered")]
    Undelivered {
        /// How many did not.
        failed: usize,
        /// How many were sent.
        sent: usize,
    },
    /// The exercise that the program runs on still is the stub.
    #[error("{0}")]
    Unwritten(String),
    /// Something panicked. The panic's own message has been printed by then.
    #[error("the program panicked; the message above says where")]
    Panicked,
    /// A file could not be written.
    #[error("could not write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard output, signals or threads are not to be had.
    #[error("{doing}: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// Ctrl-C came before the work was done.
    #[error("stopped before the work was done")]
    Interrupted,
}

impl CliError {
    /// Kafka's refusal, with what was being done. Settings that librdkafka does not take are told apart: those are the
    /// caller's to mend.
    pub fn kafka(doing: &'static str, source: KafkaError) -> Self {
        match source {
            KafkaError::ClientConfig(_, reason, ..) | KafkaError::ClientCreation(reason) => {
                Self::Settings(reason)
            }
            source => Self::Kafka { doing, source },
        }
    }

    /// The exit code, see [`EXIT_CODES`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) => 2,
            Self::NoBroker(_) => 3,
            Self::TopicMissing(_) | Self::TopicDiffers { .. } => 4,
            Self::Unwritten(_) => 5,
            Self::Interrupted => 130,
            Self::Kafka { .. }
            | Self::Admin(_)
            | Self::Consume(_)
            | Self::Rebalance(_)
            | Self::Undelivered { .. }
            | Self::Panicked
            | Self::File { .. }
            | Self::System { .. } => 1,
        }
    }
}

impl From<&CliError> for ExitCode {
    fn from(error: &CliError) -> Self {
        Self::from(error.exit_code())
    }
}
