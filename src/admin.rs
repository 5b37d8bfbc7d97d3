//! Creating topics through the admin API.

use std::fmt;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

use crate::topics::TopicSpec;

/// How long the cluster may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before asking again for what the broker does not know yet.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What became of the wish for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicState {
    /// It was not there and now is.
    Created,
    /// It was there already, just as wanted.
    AlreadyThere,
    /// It was there with another shape, and was left as it is: Kafka can add partitions but never take any away, and
    /// adding some sends keys to other partitions from then on.
    Differs(Shape),
}

/// The shape of a topic as the cluster tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many partitions it has.
    pub partitions: usize,
    /// On how many brokers the first of them is kept.
    pub replication_factor: usize,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} partitions, replication factor {}",
            self.partitions, self.replication_factor
        )
    }
}

/// Why a topic could not be created.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The cluster could not be asked.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The cluster refused to create the topic.
    #[error("the cluster did not create topic `{topic}`: {code}")]
    Refused {
        /// The topic.
        topic: String,
        /// Kafka's reason.
        code: RDKafkaErrorCode,
    },
}

/// Creates the topic unless it exists. Calling it again changes nothing.
///
/// # Errors
/// When the cluster cannot be asked or refuses, for one because it has fewer brokers than replicas are wanted.
pub async fn ensure_topic(
    config: &ClientConfig,
    spec: &TopicSpec<'_>,
) -> Result<TopicState, AdminError> {
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let topic = NewTopic::new(
        spec.name,
        spec.partitions,
        TopicReplication::Fixed(spec.replication_factor),
    );
    let options = AdminOptions::new()
        .operation_timeout(Some(TIMEOUT))
        .request_timeout(Some(TIMEOUT));
    let results = admin.create_topics([&topic], &options).await?;
    match results.into_iter().next() {
        Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => {
            Ok(compare(known_shape_of(&admin, spec.name).await?, spec))
        }
        Some(Err((topic, code))) => Err(AdminError::Refused { topic, code }),
        Some(Ok(_)) | None => {
            known_shape_of(&admin, spec.name).await?;
            Ok(TopicState::Created)
        }
    }
}

/// The topic's shape, once the broker knows it. The controller creates a topic and answers; the broker that clients ask
/// for metadata hears of it a moment later, and until then knows no partition of it.
async fn known_shape_of(
    admin: &AdminClient<DefaultClientContext>,
    topic: &str,
) -> Result<Shape, KafkaError> {
    let give_up_at = Instant::now() + TIMEOUT;
    loop {
        let shape = shape_of(admin, topic)?;
        if shape.partitions > 0 || Instant::now() >= give_up_at {
            return Ok(shape);
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

/// Blocks while it asks; the answer is one small response of a broker that has just answered.
fn shape_of(admin: &AdminClient<DefaultClientContext>, topic: &str) -> Result<Shape, KafkaError> {
    let metadata = admin.inner().fetch_metadata(Some(topic), TIMEOUT)?;
    let partitions = metadata
        .topics()
        .first()
        .map(|topic| topic.partitions())
        .unwrap_or_default();
    Ok(Shape {
        partitions: partitions.len(),
        replication_factor: partitions.first().map_or(0, |first| first.replicas().len()),
    })
}

fn compare(found: Shape, wanted: &TopicSpec<'_>) -> TopicState {
    let same = usize::try_from(wanted.partitions) == Ok(found.partitions)
        && usize::try_from(wanted.replication_factor) == Ok(found.replication_factor);
    if same {
        TopicState::AlreadyThere
    } else {
        TopicState::Differs(found)
    }
}
