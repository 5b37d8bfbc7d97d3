//! A paused container, and the guarantee that it does not stay so: every other check of the run needs it.

use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::core::client::{ClientError, docker_client_instance};
use tokio::task::JoinHandle;

use super::background;
use crate::verdict::{NotGraded, Verdict};

/// How often Docker is asked: where the machine is very busy it may not get every process of a container to stop in time
/// («unable to freeze»), and lets them all go on.
const ATTEMPTS: usize = 5;

const TRY_AGAIN: Duration = Duration::from_millis(200);

/// A paused broker. Dropping it lets the broker go on.
#[derive(Debug)]
pub struct Pause {
    container: Option<String>,
}

impl Pause {
    pub(super) async fn begin(container: &str) -> Verdict<Self> {
        let id = container.to_owned();
        let paused = background::spawn(async move {
            let docker = docker_client_instance().await?;
            let mut attempts = 1;
            loop {
                match docker.pause_container(&id).await {
                    Ok(()) => return Ok(()),
                    Err(_) if attempts < ATTEMPTS => attempts += 1,
                    Err(error) => return Err(ClientError::PauseContainer(error)),
                }
                tokio::time::sleep(TRY_AGAIN).await;
            }
        });
        let guard = Self {
            container: Some(container.to_owned()),
        };
        done("pausing Kafka", paused).await?;
        Ok(guard)
    }

    /// Lets the broker go on.
    ///
    /// # Errors
    /// Not graded, when Docker refuses.
    pub async fn end(mut self) -> Verdict {
        match self.container.take() {
            Some(id) => done("unpausing Kafka", background::spawn(unpause(id))).await,
            None => Ok(()),
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(id) = self.container.take() {
            // Nobody is left to be told should it fail; the checks that follow would be not graded.
            drop(background::spawn(unpause(id)));
        }
    }
}

/// Lets a container go on. One that is not paused is left as it is.
pub(crate) async fn unpause(id: String) -> Result<(), ClientError> {
    let docker = docker_client_instance().await?;
    let mut attempts = 1;
    loop {
        let refusal = match docker.unpause_container(&id).await {
            Ok(()) => return Ok(()),
            Err(_) if is_running(&docker, &id).await => return Ok(()),
            Err(refusal) => refusal,
        };
        if attempts == ATTEMPTS {
            return Err(ClientError::UnpauseContainer(refusal));
        }
        attempts += 1;
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

async fn is_running(docker: &Docker, id: &str) -> bool {
    let container = docker.inspect_container(id, None).await;
    let state = container.ok().and_then(|container| container.state);
    state.is_some_and(|state| state.running == Some(true) && state.paused == Some(false))
}

async fn done(what: &str, task: JoinHandle<Result<(), ClientError>>) -> Verdict {
    task.await
        .map_err(|error| NotGraded::broken(what, &error))?
        .map_err(|error| NotGraded::broken(what, &error))
}

/// A pause that ends by itself.
#[derive(Debug)]
pub struct Outage {
    end: JoinHandle<Verdict>,
}

impl Outage {
    pub(super) fn begin(pause: Pause, length: Duration) -> Self {
        let end = background::spawn(async move {
            tokio::time::sleep(length).await;
            pause.end().await
        });
        Self { end }
    }

    /// Waits until the broker goes on.
    ///
    /// # Errors
    /// Not graded, when Docker refuses.
    pub async fn over(self) -> Verdict {
        self.end
            .await
            .map_err(|error| NotGraded::broken("an outage", &error))?
    }
}
