//! When a group of the check's own has come to rest.

use std::time::Duration;

use testbed::probe::GroupProbe;
use testbed::{NotGraded, Verdict};
use tokio::time::Instant;

use super::member::Member;

/// How long a group may take. A rebalance takes a second or two.
const LIMIT: Duration = Duration::from_secs(15);

const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Waits until `look` finds what it looks for. That the group does not get there is no fault of a prediction.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Verdict<Option<T>>) -> Verdict<T> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            let limit = format!("not within {} s", LIMIT.as_secs());
            return Err(NotGraded::broken(what, &limit));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until the group has come to rest, and returns how many partitions each member owns, by the broker's list.
///
/// All members have been told an assignment, so the last rebalance was with all of them; and what they say they own is what
/// the broker says, each partition once.
pub async fn at_rest(
    members: &[Member],
    probe: &GroupProbe,
    partitions: i32,
) -> Verdict<Vec<usize>> {
    until("a group that comes to rest", async || {
        let noted: Vec<_> = members.iter().map(Member::noted).collect();
        let mut told: Vec<usize> = noted.iter().map(|noted| noted.owned()).collect();
        let listed = probe.members().await?;
        let mut owned: Vec<i32> = listed.iter().flat_map(|m| m.partitions.clone()).collect();
        owned.sort_unstable();
        let mut shares: Vec<usize> = listed.iter().map(|m| m.partitions.len()).collect();
        told.sort_unstable();
        shares.sort_unstable();
        let rests = noted.iter().all(|noted| noted.has_been_assigned())
            && told == shares
            && owned.into_iter().eq(0..partitions);
        Ok(rests.then_some(shares))
    })
    .await
}
