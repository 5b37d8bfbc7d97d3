//! Topics and groups on a cluster that stays, found by name and removed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaResult;
use rdkafka::types::RDKafkaErrorCode;

use crate::blocking::ANSWER_TIMEOUT;
use crate::cluster::Cluster;

/// The topics and groups of a cluster.
pub struct Names {
    admin: Arc<AdminClient<DefaultClientContext>>,
    bootstrap_servers: String,
    answer_timeout: Duration,
}

type Listing = fn(&AdminClient<DefaultClientContext>, Duration) -> KafkaResult<Vec<String>>;

impl Names {
    /// The cluster at this address. It is asked as soon as something is to be removed.
    ///
    /// # Errors
    /// Why librdkafka makes no client.
    pub fn at(bootstrap_servers: &str) -> Result<Self, String> {
        let config = Cluster::external(bootstrap_servers.to_owned()).client();
        let admin = config.create().map_err(|error| error.to_string())?;
        Ok(Self {
            admin: Arc::new(admin),
            bootstrap_servers: bootstrap_servers.to_owned(),
            answer_timeout: ANSWER_TIMEOUT,
        })
    }

    /// Removes the topics and groups whose names are `meant`. Returns what may still be there, and why.
    pub async fn remove(&self, meant: impl Fn(&str) -> bool) -> Vec<String> {
        let mut left = Vec::new();
        match self.list(topics).await {
            Ok(names) => left.extend(self.remove_topics(names, &meant).await),
            Err(error) => left.push(self.not_listed("topics", &error)),
        }
        match self.list(groups).await {
            Ok(names) => left.extend(self.remove_groups(names, &meant).await),
            Err(error) => left.push(self.not_listed("groups", &error)),
        }
        left
    }

    fn not_listed(&self, kind: &str, error: &str) -> String {
        format!(
            "{kind}, which the broker at {} does not list: {error}",
            self.bootstrap_servers
        )
    }

    /// Asks where blocking is allowed.
    async fn list(&self, listing: Listing) -> Result<Vec<String>, String> {
        let (admin, timeout) = (Arc::clone(&self.admin), self.answer_timeout);
        tokio::task::spawn_blocking(move || listing(&admin, timeout))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())
    }

    async fn remove_topics(&self, names: Vec<String>, meant: impl Fn(&str) -> bool) -> Vec<String> {
        let names: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| meant(name))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let answer = self.admin.delete_topics(&names, &self.options()).await;
        left_of("topic", &names, answer)
    }

    async fn remove_groups(&self, names: Vec<String>, meant: impl Fn(&str) -> bool) -> Vec<String> {
        let names: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| meant(name))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let answer = self.admin.delete_groups(&names, &self.options()).await;
        left_of("group", &names, answer)
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(self.answer_timeout))
            .operation_timeout(Some(self.answer_timeout))
    }
}

fn topics(
    admin: &AdminClient<DefaultClientContext>,
    timeout: Duration,
) -> KafkaResult<Vec<String>> {
    let metadata = admin.inner().fetch_metadata(None, timeout)?;
    let names = metadata
        .topics()
        .iter()
        .map(|topic| topic.name().to_owned());
    Ok(names.collect())
}

fn groups(
    admin: &AdminClient<DefaultClientContext>,
    timeout: Duration,
) -> KafkaResult<Vec<String>> {
    let list = admin.inner().fetch_group_list(None, timeout)?;
    let names = list.groups().iter().map(|group| group.name().to_owned());
    Ok(names.collect())
}

/// What may still be there after a request to delete these: a line for each reason.
fn left_of(
    kind: &str,
    names: &[&str],
    answer: KafkaResult<Vec<Result<String, (String, RDKafkaErrorCode)>>>,
) -> Vec<String> {
    let answers = match answer {
        Ok(answers) => answers,
        Err(error) => return vec![line(kind, names, &error.to_string())],
    };
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for answer in answers {
        let (name, reason) = match answer {
            Ok(name) => (name, "the broker still lists it".to_owned()),
            Err((name, code)) => (name, code.to_string()),
        };
        by_reason.entry(reason).or_default().push(name);
    }
    let by_reason = by_reason.into_iter();
    by_reason
        .map(|(reason, names)| line(kind, &names, &reason))
        .collect()
}

fn line(kind: &str, names: &[impl AsRef<str>], reason: &str) -> String {
    match names {
        [] => format!("{kind}: {reason}"),
        [name] => format!("{kind} {}: {reason}", name.as_ref()),
        [first, others @ ..] => {
            let first = first.as_ref();
            format!("{kind} {first} and {} more: {reason}", others.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleanup::until_gone::until_gone;
    use pretty_assertions::assert_eq;

    #[tokio::test]
    async fn topics_that_cannot_be_looked_for_are_not_gone() {
        let mut names = Names::at("127.0.0.1:1").expect("librdkafka makes a client of any address");
        names.answer_timeout = Duration::from_millis(100);
        let pass = || names.remove(|_name| true);
        let left = until_gone(Duration::from_millis(300), pass, |_| ()).await;
        assert_eq!(left.len(), 2, "{left:?}");
        let beginnings = ["topics", "groups"]
            .map(|kind| format!("{kind}, which the broker at 127.0.0.1:1 does not list: "));
        for (line, beginning) in left.iter().zip(&beginnings) {
            assert!(line.starts_with(beginning), "{line}");
            assert!(line.len() > beginning.len(), "a reason: {line}");
        }
    }

    #[test]
    fn what_the_broker_refuses_is_told_by_reason() {
        let refused =
            |name: &str| Err((name.to_owned(), RDKafkaErrorCode::TopicAuthorizationFailed));
        let answer = Ok(vec![refused("a"), Ok("b".to_owned()), refused("c")]);
        let left = left_of("topic", &["a", "b", "c"], answer);
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(
            left.iter()
                .any(|line| line.starts_with("topic a and 1 more: ")),
            "{left:?}"
        );
        assert!(
            left.contains(&"topic b: the broker still lists it".to_owned()),
            "{left:?}"
        );
    }
}
