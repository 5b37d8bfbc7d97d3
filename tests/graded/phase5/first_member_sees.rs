//! The experiment of `first_member_sees`.

use event_log::experiments::{Assignor, SecondJoins, Step};
use event_log::phase5_reflection::first_member_sees;
use rstest::rstest;
use testbed::{Cluster, Verdict};

use crate::phase5::support::member::Member;
use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::settling::settled_shares;

/// The prediction of what the first member is told agrees with what its callback was called with.
#[rstest]
#[case::two_partitions_eager(2, Assignor::Range)]
#[case::four_partitions_eager(4, Assignor::Range)]
#[case::two_partitions_cooperative(2, Assignor::CooperativeSticky)]
#[case::six_partitions_cooperative(6, Assignor::CooperativeSticky)]
#[testbed::test(real, long, deadline = 60)]
async fn agrees_with_the_broker(#[case] partitions: i32, #[case] assignor: Assignor) -> Verdict {
    let set_up = SecondJoins {
        partitions: partitions.unsigned_abs() as usize,
        assignor,
    };
    let predicted = predict(|| first_member_sees(&set_up));
    let topic = Cluster::shared()?.topic(partitions).await?;
    let group = topic.new_group();
    let probe = topic.group_probe(&group)?;
    let strategy = match assignor {
        Assignor::Range => "range",
        Assignor::CooperativeSticky => "cooperative-sticky",
    };
    let settings = [("partition.assignment.strategy", strategy)];

    let mut members = vec![Member::join(&topic, &group, &settings)?];
    settled_shares(&members, &probe, partitions).await?;
    let before = members[0].noted().steps.len();
    members.push(Member::join(&topic, &group, &settings)?);
    settled_shares(&members, &probe, partitions).await?;

    let mut counted = members[0].noted().steps.split_off(before);
    counted.retain(|step| !matches!(step, Step::Assigned(0) | Step::Revoked(0)));
    let happened = format!(
        "the first member owned {partitions} partitions, with the assignor {strategy}; when the second had joined and each \
         owned {}, its callback had been called with {counted:?}",
        partitions / 2
    );
    compare(&predicted, &counted, &happened, concept(assignor))
}

fn concept(assignor: Assignor) -> &'static str {
    match assignor {
        Assignor::Range => {
            "An eager assignor takes everything from everybody before anybody is given anything, also what its owner gets back \
             at once: revoke comes before assign, so that no partition has two owners."
        }
        Assignor::CooperativeSticky => {
            "A cooperative assignor takes away only what has to move: a member keeps the rest without being told of it, and the \
             callback's list is what changes, not all that it owns."
        }
    }
}
