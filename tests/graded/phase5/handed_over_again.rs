//! The experiment of `handed_over_again`.

use event_log::experiments::{Handover, InFlight, OnRevoke, Step};
use event_log::phase5_reflection::handed_over_again;
use rstest::rstest;
use testbed::probe::Seed;
use testbed::{Cluster, NotGraded, Topic, Verdict};

use crate::phase5::support::member::Member;
use crate::phase5::support::prediction::{compare, predict};
use crate::phase5::support::settling::wait_until;

/// Records that come when the partition has changed hands.
const LATER_RECORDS: i64 = 2;

const fn in_flight(fetched: i64, done: i64, committed: i64, on_revoke: OnRevoke) -> InFlight {
    InFlight {
        fetched,
        done,
        committed,
        on_revoke,
    }
}

/// The prediction of what the next owner finds agrees with the records that it was given.
#[rstest]
#[case::commits(in_flight(8, 5, 2, OnRevoke::Commits))]
#[case::does_nothing(in_flight(8, 5, 2, OnRevoke::Nothing))]
#[case::has_committed_nothing(in_flight(6, 4, 0, OnRevoke::Nothing))]
#[case::has_done_all(in_flight(5, 5, 1, OnRevoke::Commits))]
#[case::has_committed_all_that_is_done(in_flight(7, 3, 3, OnRevoke::Nothing))]
#[testbed::test(real, long, deadline = 60)]
async fn agrees_with_the_broker(#[case] set_up: InFlight) -> Verdict {
    let predicted = predict(|| handed_over_again(&set_up));
    let topic = Cluster::shared()?.topic(1).await?;
    let group = topic.new_group();
    topic.seed(records(0..set_up.fetched)).await?;

    let old_owner = Member::join(&topic, &group, &named("2-old-owner"))?;
    let fetched: Vec<i64> = (0..set_up.fetched).collect();
    wait_until("the old owner to fetch all records", || async {
        Ok((old_owner.noted().offsets == fetched).then_some(()))
    })
    .await?;
    if set_up.committed > 0 {
        old_owner.commit(set_up.committed).await?;
    }
    if set_up.on_revoke == OnRevoke::Commits {
        old_owner.commit_on_revoke(set_up.done)?;
    }
    let new_owner = Member::join(&topic, &group, &named("1-new-owner"))?;
    wait_until("the partition to change hands", || async {
        let owned = [old_owner.noted().owned(), new_owner.noted().owned()];
        Ok((owned == [0, 1]).then_some(()))
    })
    .await?;
    let end = set_up.fetched + LATER_RECORDS;
    topic.seed(records(set_up.fetched..end)).await?;
    let given = wait_until("the new owner to read to the end", || async {
        let offsets = new_owner.noted().offsets;
        Ok((offsets.last() == Some(&(end - 1))).then_some(offsets))
    })
    .await?;

    control(&old_owner, &topic, &group, &set_up).await?;
    let twice = given.iter().filter(|offset| **offset < set_up.done).count();
    let counted = Handover {
        starts_at: given[0],
        worked_on_twice: i64::try_from(twice).unwrap_or_default(),
    };
    let happened = happened(&set_up, &counted);
    let concept = concept(&predicted, &counted, &set_up);
    compare(&predicted, &counted, &happened, concept)
}

/// The assignor `range` gives the only partition to the member whose id comes first, and an id begins with this.
fn named(client: &str) -> [(&'static str, &str); 2] {
    [
        ("partition.assignment.strategy", "range"),
        ("client.id", client),
    ]
}

fn records(offsets: std::ops::Range<i64>) -> Vec<Seed> {
    offsets
        .map(|number| Seed::text(0, number.to_string()))
        .collect()
}

/// The partition was revoked once, and the old owner was given nothing after that; what it wanted to commit is committed.
async fn control(old_owner: &Member, topic: &Topic, group: &str, set_up: &InFlight) -> Verdict {
    let noted = old_owner.noted();
    let steps: Vec<Step> = noted
        .steps
        .iter()
        .copied()
        .filter(|step| !matches!(step, Step::Assigned(0) | Step::Revoked(0)))
        .collect();
    let committed = topic.group_probe(group)?.committed().await?;
    let expected = match set_up.on_revoke {
        OnRevoke::Commits => set_up.done,
        OnRevoke::Nothing => set_up.committed,
    };
    let as_wanted = committed.get(&0).copied() == (expected > 0).then_some(expected);
    let handed_over = steps == [Step::Assigned(1), Step::Revoked(1)]
        && noted.offsets.len() == usize::try_from(set_up.fetched).unwrap_or_default();
    if as_wanted && handed_over {
        return Ok(());
    }
    let seen = format!("{steps:?}, committed {committed:?}, {:?}", noted.offsets);
    Err(NotGraded::broken("a handover in good order", &seen))
}

fn happened(set_up: &InFlight, counted: &Handover) -> String {
    let InFlight {
        fetched,
        done,
        committed,
        on_revoke,
    } = set_up;
    let on_revoke = match on_revoke {
        OnRevoke::Commits => "committed what it had worked on",
        OnRevoke::Nothing => "did nothing",
    };
    format!(
        "the old owner had fetched {fetched} records, worked on {done} and committed {committed}, and when the partition was \
         revoked it {on_revoke}; the new owner began at offset {}, and {} were worked on by both",
        counted.starts_at, counted.worked_on_twice
    )
}

fn concept(predicted: &Handover, counted: &Handover, set_up: &InFlight) -> &'static str {
    let goes_on_behind_what_was_fetched =
        predicted.starts_at == set_up.fetched && set_up.fetched > set_up.done;
    if goes_on_behind_what_was_fetched || predicted.starts_at == counted.starts_at {
        "What a member has fetched and not worked on is thrown away with its partition: nobody has worked on it yet, and the \
         next owner fetches it again."
    } else if set_up.on_revoke == OnRevoke::Commits {
        "Revoke comes before assign: what is committed in the callback is there when the next owner asks where to begin, so \
         nothing is worked on twice."
    } else {
        "The next owner begins at the committed offset: the broker does not know what was worked on since, and a partition that \
         is taken away commits nothing by itself."
    }
}
