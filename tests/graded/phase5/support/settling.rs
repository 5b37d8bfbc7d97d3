//! When a group of the check's own has settled.

use std::time::Duration;

use testbed::poll::poll_until;
use testbed::probe::GroupProbe;
use testbed::{NotGraded, Verdict};

use super::member::Member;

/// How long a group may take. A rebalance takes a second or two.
const LIMIT: Duration = Duration::from_secs(15);

/// Waits until `look` finds something. A group that does not get there says nothing of a prediction.
pub async fn wait_until<T, L>(what: &str, look: impl FnMut() -> L) -> Verdict<T>
where
    L: Future<Output = Verdict<Option<T>>>,
{
    let found = poll_until(LIMIT, look).await?;
    let limit = format!("not within {} s", LIMIT.as_secs());
    found.ok_or_else(|| NotGraded::broken(what, &limit))
}

/// Waits until the group has settled, and returns how many partitions each member owns, by the broker's list.
///
/// All members have been told an assignment, so the last rebalance was with all of them; and what they say they own is what
/// the broker says, each partition once.
pub async fn settled_shares(
    members: &[Member],
    probe: &GroupProbe,
    partitions: i32,
) -> Verdict<Vec<usize>> {
    wait_until("a group that settles", || async {
        let noted: Vec<_> = members.iter().map(Member::noted).collect();
        let mut told: Vec<usize> = noted.iter().map(|noted| noted.owned()).collect();
        let listed = probe.members().await?;
        let mut owned: Vec<i32> = listed.iter().flat_map(|m| m.partitions.clone()).collect();
        owned.sort_unstable();
        let mut shares: Vec<usize> = listed.iter().map(|m| m.partitions.len()).collect();
        told.sort_unstable();
        shares.sort_unstable();
        let has_settled = noted.iter().all(|noted| noted.has_been_assigned())
            && told == shares
            && owned.into_iter().eq(0..partitions);
        Ok(has_settled.then_some(shares))
    })
    .await
}
