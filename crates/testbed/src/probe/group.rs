//! What the broker knows of a group: committed offsets, members, and who owns what.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Offset, TopicPartitionList};

use crate::blocking::blocking;
use crate::cluster::{ANSWER_TIMEOUT, Topic};
use crate::verdict::{NotGraded, Verdict};

/// Asks about one group without being a member of it.
#[derive(Clone)]
pub struct GroupProbe {
    client: Arc<BaseConsumer>,
    group: String,
    topic: Topic,
}

/// A member of a group, as its coordinator lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The id that the coordinator gave it.
    pub id: String,
    /// The partitions it owns.
    pub partitions: Vec<i32>,
}

impl Topic {
    /// A probe for `group` on this topic.
    ///
    /// # Errors
    /// Not graded, when librdkafka makes no client.
    pub fn group_probe(&self, group: &str) -> Verdict<GroupProbe> {
        let client: BaseConsumer = self
            .client
            .clone()
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .create()
            .map_err(|error| NotGraded::broken("probe", &error))?;
        Ok(GroupProbe {
            client: Arc::new(client),
            group: group.to_owned(),
            topic: self.clone(),
        })
    }
}

impl GroupProbe {
    /// The committed offset of each partition that has one.
    ///
    /// # Errors
    /// Not graded, when the broker does not tell.
    pub async fn committed(&self) -> Verdict<BTreeMap<i32, i64>> {
        let probe = self.clone();
        blocking("asking for committed offsets", move || {
            probe.ask_committed()
        })
        .await
    }

    /// The group's members. Needs a real broker.
    ///
    /// # Errors
    /// Not graded, when the broker does not tell.
    pub async fn members(&self) -> Verdict<Vec<GroupMember>> {
        let probe = self.clone();
        blocking("asking for the members of the group", move || {
            probe.ask_members()
        })
        .await
    }

    /// Whether the broker takes a commit of this group, which has no members. It shows whether a refusal is still to come.
    ///
    /// # Errors
    /// Not graded, when the broker does not answer.
    pub async fn may_commit(&self) -> Verdict<bool> {
        let probe = self.clone();
        blocking("a control commit", move || probe.commit()).await
    }

    fn commit(&self) -> KafkaResult<bool> {
        let mut first = TopicPartitionList::new();
        first.add_partition_offset(&self.topic.name, 0, Offset::Offset(0))?;
        match self.client.commit(&first, CommitMode::Sync) {
            Err(KafkaError::ConsumerCommit(_)) => Ok(false),
            answer => answer.map(|()| true),
        }
    }

    fn ask_committed(&self) -> KafkaResult<BTreeMap<i32, i64>> {
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range(&self.topic.name, 0, self.topic.partitions - 1);
        let committed = self.client.committed_offsets(partitions, ANSWER_TIMEOUT)?;
        Ok(committed
            .elements()
            .iter()
            .filter_map(|element| Some((element.partition(), element.offset().to_raw()?)))
            .filter(|(_, offset)| *offset >= 0)
            .collect())
    }

    fn ask_members(&self) -> KafkaResult<Vec<GroupMember>> {
        let list = self
            .client
            .fetch_group_list(Some(&self.group), ANSWER_TIMEOUT)?;
        let members = list.groups().iter().flat_map(|group| group.members());
        Ok(members
            .map(|member| GroupMember {
                id: member.id().to_owned(),
                partitions: member
                    .assignment()
                    .and_then(|bytes| owned(bytes, &self.topic.name))
                    .unwrap_or_default(),
            })
            .collect())
    }
}

/// The partitions of `topic` in an assignment as the classic group protocol writes it: version, then for each topic its
/// name and its partitions, all numbers big-endian (Kafka's `ConsumerProtocolAssignment`).
fn owned(mut bytes: &[u8], topic: &str) -> Option<Vec<i32>> {
    take(&mut bytes, 2)?;
    for _ in 0..number(&mut bytes)? {
        let length = u16::from_be_bytes(take(&mut bytes, 2)?.try_into().ok()?);
        let name = take(&mut bytes, length.into())?;
        let count = number(&mut bytes)?;
        let partitions: Option<Vec<i32>> = (0..count).map(|_| number(&mut bytes)).collect();
        if name == topic.as_bytes() {
            return partitions;
        }
    }
    Some(Vec::new())
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &mut &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(take(bytes, 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn an_assignment_is_read_and_a_torn_one_is_not() {
        let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(owned(&bytes, "t"), Some(vec![0, 3]));
        assert_eq!(owned(&bytes, "other"), Some(vec![]));
        assert_eq!(owned(&bytes[..15], "t"), None);
    }
}
