//! Which Kafka a run is on, as the environment says.

use report::variables::{BOOTSTRAP_SERVERS, KAFKA, value_of};
use thiserror::Error;

/// Which Kafka to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The cluster at this address.
    External(String),
    /// A container, or nothing.
    Docker,
    /// A container where that is possible, else librdkafka's mock cluster.
    DockerOrMock,
    /// librdkafka's mock cluster.
    Mock,
}

/// Why the environment makes no choice.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// A word that means nothing.
    #[error("{KAFKA}={0}: it takes external, docker or mock")]
    Unknown(String),
    /// External, but where?
    #[error("{KAFKA}=external needs {BOOTSTRAP_SERVERS}, such as localhost:9092")]
    NoAddress,
}

impl Choice {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// When the two variables do not make sense.
    pub fn from_environment() -> Result<Self, ChoiceError> {
        Self::new(value_of(KAFKA).as_deref(), value_of(BOOTSTRAP_SERVERS))
    }

    fn new(force: Option<&str>, address: Option<String>) -> Result<Self, ChoiceError> {
        match (force, address) {
            (None | Some("external"), Some(address)) => Ok(Self::External(address)),
            (None, None) => Ok(Self::DockerOrMock),
            (Some("external"), None) => Err(ChoiceError::NoAddress),
            (Some("docker"), _) => Ok(Self::Docker),
            // The former name of the mock cluster stays valid.
            (Some("mock" | "embedded"), _) => Ok(Self::Mock),
            (Some(other), _) => Err(ChoiceError::Unknown(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn choice(force: Option<&str>, address: Option<&str>) -> Result<Choice, ChoiceError> {
        Choice::new(force, address.map(str::to_owned))
    }

    #[test]
    fn an_address_beats_docker_and_force_beats_an_address() {
        assert_eq!(choice(None, None), Ok(Choice::DockerOrMock));
        assert_eq!(
            choice(None, Some("there:9092")),
            Ok(Choice::External("there:9092".to_owned()))
        );
        assert_eq!(
            choice(Some("docker"), Some("there:9092")),
            Ok(Choice::Docker)
        );
        assert_eq!(choice(Some("mock"), None), Ok(Choice::Mock));
        assert_eq!(choice(Some("embedded"), None), Ok(Choice::Mock));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        assert_eq!(choice(Some("external"), None), Err(ChoiceError::NoAddress));
        assert_eq!(
            choice(Some("podman"), None),
            Err(ChoiceError::Unknown("podman".to_owned()))
        );
    }
}
