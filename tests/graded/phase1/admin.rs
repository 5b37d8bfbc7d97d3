//! What `cargo run --bin admin` makes. It needs a real broker: the mock cluster has no admin API.

use event_log::admin::{Shape, TopicState, ensure_topic};
use event_log::topics::{EVENTS, ORDERS, TopicSpec};
use rstest::rstest;
use testbed::{Cluster, Failure, NotGraded, Verdict, judge};

const CONCEPT: &str =
    "Nothing here is yours to write: src/admin.rs or the cluster's settings have changed.";

/// The wanted topic under a name of the check's own: other checks run on the same broker.
struct Wish {
    cluster: &'static Cluster,
    name: String,
    like: TopicSpec<'static>,
}

impl Wish {
    fn like(like: TopicSpec<'static>) -> Verdict<Self> {
        let name = testbed::context::unique_name(like.name);
        let cluster = Cluster::shared()?;
        Ok(Self {
            cluster,
            name,
            like,
        })
    }

    async fn ensure(&self, partitions: i32) -> Verdict<TopicState> {
        let spec = TopicSpec {
            name: &self.name,
            partitions,
            ..self.like
        };
        ensure_topic(&self.cluster.client(), &spec)
            .await
            .map_err(|error| NotGraded::broken("creating a topic", &error))
    }
}

/// The topics get the partitions that the system counts on: 3 for `events`, 4 for `orders`.
#[rstest]
#[case::events(EVENTS, 3)]
#[case::orders(ORDERS, 4)]
#[testbed::test(real)]
async fn creates_the_topic(#[case] spec: TopicSpec<'static>, #[case] partitions: i32) -> Verdict {
    let wish = Wish::like(spec)?;

    let state = wish.ensure(spec.partitions).await?;
    let found = wish.ensure(partitions).await?;

    judge(
        state == TopicState::Created && found == TopicState::AlreadyThere,
        || {
            Failure::new(
                format!("{state:?}, then asked for {partitions} partitions: {found:?}"),
                format!("a new topic with {partitions} partitions"),
                CONCEPT,
            )
        },
    )
}

/// Running the admin again changes nothing, and says so where a topic has another shape.
#[rstest]
#[testbed::test(real)]
async fn says_when_a_topic_has_another_shape() -> Verdict {
    let wish = Wish::like(EVENTS)?;
    wish.ensure(5).await?;

    let state = wish.ensure(3).await?;

    let found = Shape {
        partitions: 5,
        replication_factor: 1,
    };
    judge(state == TopicState::Differs(found), || {
        Failure::new(format!("{state:?}"), format!("differs: {found}"), CONCEPT)
    })
}
