//! A paused container, and the guarantee that it does not stay paused: every other check of the run needs it.

use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::core::client::{ClientError, docker_client_instance};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::background;
use crate::verdict::{NotGraded, Verdict};

/// How often Docker is asked: on a very busy machine it may not stop every process of a container in time ("unable to
/// freeze"), and then lets them all go on.
const ATTEMPTS: usize = 5;

const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// A pause that ends by itself.
#[derive(Debug)]
pub struct Outage {
    end: JoinHandle<Result<(), ClientError>>,
}

impl Outage {
    /// Pauses the container for `length`. Returns when it is paused.
    ///
    /// # Errors
    /// Not graded, when Docker does not pause it.
    pub async fn begin(container: &str, length: Duration) -> Verdict<Self> {
        let container = container.to_owned();
        let (paused, is_paused) = oneshot::channel();
        // One task does it all, so that the container is unpaused whatever happens to the caller.
        let end = background::spawn(async move {
            let answer = set_paused(&container, true).await;
            let length = if answer.is_ok() {
                length
            } else {
                Duration::ZERO
            };
            // A caller that is gone does not stop the end of the outage.
            let _ = paused.send(answer);
            tokio::time::sleep(length).await;
            set_paused(&container, false).await
        });
        is_paused
            .await
            .map_err(|error| NotGraded::no_fault("pausing Kafka", &error))?
            .map_err(|error| NotGraded::no_fault("pausing Kafka", &error))?;
        Ok(Self { end })
    }

    /// Waits until the broker goes on.
    ///
    /// # Errors
    /// Not graded, when Docker does not unpause it.
    pub async fn over(self) -> Verdict {
        background::joined("unpausing Kafka", self.end).await
    }
}

/// Lets the container go on. One that is not paused is left as it is.
///
/// # Errors
/// What Docker refused, [`ATTEMPTS`] times.
pub async fn unpause(container: &str) -> Result<(), ClientError> {
    set_paused(container, false).await
}

async fn set_paused(container: &str, paused: bool) -> Result<(), ClientError> {
    let docker = docker_client_instance().await?;
    let mut attempts = 1;
    loop {
        let answer = if paused {
            pause_once(&docker, container).await
        } else {
            unpause_once(&docker, container).await
        };
        if answer.is_ok() || attempts == ATTEMPTS {
            return answer;
        }
        attempts += 1;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn pause_once(docker: &Docker, container: &str) -> Result<(), ClientError> {
    let paused = docker.pause_container(container).await;
    paused.map_err(ClientError::PauseContainer)
}

async fn unpause_once(docker: &Docker, container: &str) -> Result<(), ClientError> {
    match docker.unpause_container(container).await {
        Err(_) if is_running(docker, container).await => Ok(()),
        unpaused => unpaused.map_err(ClientError::UnpauseContainer),
    }
}

async fn is_running(docker: &Docker, container: &str) -> bool {
    let container = docker.inspect_container(container, None).await;
    let state = container.ok().and_then(|container| container.state);
    state.is_some_and(|state| state.running == Some(true) && state.paused == Some(false))
}
