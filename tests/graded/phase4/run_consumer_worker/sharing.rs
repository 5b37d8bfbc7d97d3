//! It joins the group and shares the topic's partitions with the other members.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::ready;
use std::time::{Duration, Instant};

use event_log::group::WorkerId;
use rstest::rstest;
use testbed::history::{self, PartitionOffset};
use testbed::{Cluster, Failure, Verdict, eventually, judge};

use crate::phase4::support::committed::judge_committed;
use crate::phase4::support::condition::expect;
use crate::phase4::support::events::{events, places};
use crate::phase4::support::group_text::owned_by;
use crate::phase4::support::quiet::{LIMIT, QuietTimer};
use crate::phase4::support::team::Team;

const BY_SUBSCRIPTION: &str = "Subscribe with the `group.id` of `config.client`, and the group's coordinator shares the \
                               partitions out. `assign` takes partitions without asking anybody, and members of \
                               different groups share nothing.";

const READ_WHAT_IS_YOURS: &str = "Partitions that the group assigns have to be assigned in the client too before it fetches \
                                  from them. rdkafka does that, unless `rebalance` itself is overridden: then it is left \
                                  to you. The context has callbacks that only tell you of it, before and after.";

/// Two workers share the work: an event is worked on by one of them.
#[rstest]
#[testbed::test(deadline = 30)]
async fn shares_the_work() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.start(1);
    team.topic.seed(events(4, 1)).await?;
    // Alone first: nobody else's rebalance is to be blamed if nothing comes.
    team.until_done(4, READ_WHAT_IS_YOURS).await?;
    team.start(2);
    team.until_settled(&[1, 2]).await?;

    team.topic.seed(events(4, 10)).await?;
    team.until_done(44, READ_WHAT_IS_YOURS).await?;
    // Before anybody stops: handing partitions over may repeat events, on the mock cluster all that a commit had covered.
    until_quiet(&team).await?;

    let mut times: BTreeMap<PartitionOffset, usize> = BTreeMap::new();
    for place in team.log.done() {
        *times.entry(place).or_default() += 1;
    }
    let again = times.values().filter(|times| **times > 1).count();
    // A rebalance in the middle may repeat some; two workers with all partitions each repeat all.
    judge(again <= 20, || {
        Failure::new(
            format!("{again} of 44 events were worked on more than once"),
            "each event worked on by one of the two workers",
            BY_SUBSCRIPTION,
        )
    })
}

/// Waits until nothing more was worked on for half a second: whoever has the same events as the other is done with them, too.
async fn until_quiet(team: &Team) -> Verdict {
    let last = Cell::new((0, Instant::now()));
    let what = "the workers to be done with what is there";
    eventually(LIMIT, what, BY_SUBSCRIPTION, || {
        let (calls, since) = last.get();
        let now = team.log.calls().len();
        if now != calls {
            last.set((now, Instant::now()));
        }
        let quiet = now == calls && since.elapsed() >= Duration::from_millis(500);
        ready(Ok(expect(quiet, || format!("{now} calls of `work`"))))
    })
    .await
}

/// The broker knows both as members, and the partitions of each are those that the timeline says.
#[rstest]
#[testbed::test(real, deadline = 30)]
async fn is_a_member_and_owns_partitions() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.start(1);
    team.start(2);
    let timeline = team.timeline.clone();
    let what = "two members that own partitions 0 to 3 between them, as the timeline says";
    team.until_members(QuietTimer::default(), what, BY_SUBSCRIPTION, |members| {
        let told = shares_in_timeline(&timeline.owners());
        let listed = sorted(members.iter().map(|member| member.partitions.clone()));
        let settled = members.len() == 2 && owned_by(members) == [0, 1, 2, 3];
        expect(settled && listed == told, || {
            let count = members.len();
            format!("the broker lists {count} members, which own {listed:?}, and the timeline says {told:?}")
        })
    })
    .await?;
    Ok(())
}

/// The partitions of each owner, as the timeline says. The broker does not know which member is which worker.
fn shares_in_timeline(owners: &BTreeMap<i32, WorkerId>) -> Vec<Vec<i32>> {
    let mut told: BTreeMap<WorkerId, Vec<i32>> = BTreeMap::new();
    for (&partition, &owner) in owners {
        told.entry(owner).or_default().push(partition);
    }
    sorted(told.into_values())
}

fn sorted(shares: impl Iterator<Item = Vec<i32>>) -> Vec<Vec<i32>> {
    let mut shares: Vec<Vec<i32>> = shares.filter(|share| !share.is_empty()).collect();
    for share in &mut shares {
        share.sort_unstable();
    }
    shares.sort();
    shares
}

/// A group without committed offsets starts at the first record.
#[rstest]
#[testbed::test(deadline = 30)]
async fn starts_at_the_first_record() -> Verdict {
    let mut team = Team::new(Cluster::shared()?.topic(2).await?)?;
    team.topic.seed(events(2, 3)).await?;
    team.start(1);
    team.until_done(
        6,
        "auto.offset.reset decides where a group without committed offsets starts, and unless told that is the end: \
         only what comes later is read.",
    )
    .await
}

/// Partitions move to a member that joins, and everything is worked on, whichever assignor the group has.
#[rstest]
#[case::all_at_once("range")]
#[case::piece_by_piece("cooperative-sticky")]
#[testbed::test(deadline = 30)]
async fn partitions_move_to_a_new_member(#[case] assignor: &str) -> Verdict {
    let concept = "With a cooperative assignor the callback gets only what comes or goes: it is no full set, and the \
                   client has to be told by incremental_assign and incremental_unassign. Leave that to rdkafka: override the \
                   callbacks before and after, and not `rebalance` itself.";
    let mut team = Team::new(Cluster::shared()?.topic(4).await?)?;
    team.client.set("partition.assignment.strategy", assignor);
    team.topic.seed(events(4, 5)).await?;
    team.start(1);
    team.until_done(20, concept).await?;
    team.start(2);
    team.until_settled(&[1, 2]).await?;
    team.topic.seed(events(4, 5)).await?;
    team.until_done(40, concept).await?;
    team.stop(1).await?;
    team.until_settled(&[2]).await?;
    team.topic.seed(events(4, 5)).await?;
    team.until_done(60, concept).await?;
    team.stop(2).await?;

    team.judge_one_owner_at_a_time()?;
    let committed = team.probe.committed().await?;
    let expected = history::next_offsets(&places(4, 15));
    judge_committed("at the end", &committed, &expected, concept)
}
