//! Owners and members of a group, as a failure tells them.

use std::collections::BTreeMap;

use event_log::group::WorkerId;
use testbed::probe::GroupMember;

/// Owners of partitions in words.
pub fn owners_text(owners: &BTreeMap<i32, WorkerId>) -> String {
    if owners.is_empty() {
        return "that no partition has an owner".to_owned();
    }
    let owned = owners
        .iter()
        .map(|(partition, owner)| format!("partition {partition} is {owner}'s"));
    owned.collect::<Vec<_>>().join(", ")
}

/// Members that should not be there, in words.
pub fn members_text(members: &[GroupMember], when: &str) -> String {
    let (count, owned) = (members.len(), owned_by(members));
    format!("{when} the broker lists {count} members, which own partitions {owned:?}")
}

/// All partitions that these members own, in order.
pub fn owned_by(members: &[GroupMember]) -> Vec<i32> {
    let owned = members.iter().flat_map(|member| &member.partitions);
    let mut owned: Vec<i32> = owned.copied().collect();
    owned.sort_unstable();
    owned
}
