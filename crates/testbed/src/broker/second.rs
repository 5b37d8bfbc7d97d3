//! A second broker beside the run's own: one more process in the same container, so that it needs no network of its own.
//!
//! Clients on this machine never talk to it, and it leads nothing. Metadata lists it all the same, and an admin client waits
//! until it can reach the broker that metadata names. So it advertises the first broker's address, under another name of the
//! host, and the first broker passes the request on.

use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions};
use testcontainers::core::client::docker_client_instance;

use super::internals;
use crate::poll::poll_until;

const SCRIPT: &str = include_str!("second_broker.sh");

/// The script takes ten seconds at most to stop the broker.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Starts the second broker in this container. It is not registered yet when this returns.
///
/// # Errors
/// What Docker refused.
pub async fn start(
    container: String,
    cluster_id: &str,
    bootstrap_servers: &str,
) -> Result<(), Error> {
    let environment = internals::second_broker(cluster_id, bootstrap_servers);
    run(&docker().await?, &container, "start", environment).await?;
    Ok(())
}

/// Stops the second broker, if there is one, and returns when its process is gone.
///
/// # Errors
/// What Docker refused, or that it is still running.
pub async fn stop(container: String) -> Result<(), Error> {
    let docker = docker().await?;
    let stopping = run(&docker, &container, "stop", Vec::new()).await?;
    let has_ended = || async {
        let exec = docker.inspect_exec(&stopping).await?;
        Ok::<_, Error>(exec.exit_code.filter(|_| exec.running == Some(false)))
    };
    match poll_until(STOP_TIMEOUT, has_ended).await? {
        Some(0) => Ok(()),
        Some(code) => Err(failed(format!("second_broker.sh stop ended with {code}"))),
        None => Err(failed("the second broker is still running")),
    }
}

/// Runs a command of the script in the container, and returns Docker's id for it.
async fn run(
    docker: &Docker,
    container: &str,
    command: &str,
    environment: Vec<String>,
) -> Result<String, Error> {
    let words = ["sh", "-c", SCRIPT, "second_broker.sh", command];
    let options = CreateExecOptions {
        cmd: Some(words.map(str::to_owned).into()),
        env: Some(environment),
        ..CreateExecOptions::default()
    };
    let exec = docker.create_exec(container, options).await?;
    let detached = StartExecOptions {
        detach: true,
        ..StartExecOptions::default()
    };
    docker.start_exec(&exec.id, Some(detached)).await?;
    Ok(exec.id)
}

async fn docker() -> Result<Docker, Error> {
    docker_client_instance().await.map_err(failed)
}

fn failed(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::IOError {
        err: std::io::Error::other(reason),
    }
}
