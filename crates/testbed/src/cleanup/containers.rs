//! Containers with the labels of runs, found and removed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::{ContainerSummary, ContainerSummaryStateEnum};
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::docker_client_instance;

use crate::broker::error_text::with_causes;
use crate::broker::labels;
use crate::poll::poll_until;
use crate::process_id::ProcessId;

/// A container of some run.
#[derive(Debug, Clone)]
pub struct Container {
    /// Docker's id.
    pub id: String,
    /// The run's id.
    pub run: String,
    /// The processes that it belongs to. Empty: it is not known, as on a system that does not tell.
    pub processes: Vec<ProcessId>,
    /// Whether it runs, or is paused.
    pub is_running: bool,
    /// When it was created, in seconds since 1970.
    pub created: i64,
}

/// The containers of one run, or of all runs.
///
/// # Errors
/// Why Docker did not list them.
pub async fn list(run: Option<&str>) -> Result<Vec<Container>, String> {
    let label = match run {
        Some(run) => format!("{}={run}", labels::RUN),
        None => labels::RUN.to_owned(),
    };
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let listed = docker().await?.list_containers(Some(options)).await;
    let listed = listed.map_err(|error| with_causes(&error))?;
    Ok(listed.into_iter().filter_map(container).collect())
}

fn container(summary: ContainerSummary) -> Option<Container> {
    let mut labels = summary.labels.unwrap_or_default();
    let processes = labels.remove(labels::PROCESSES);
    Some(Container {
        id: summary.id?,
        run: labels.remove(labels::RUN)?,
        // A label that cannot be read tells as little as none.
        processes: processes
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        is_running: !matches!(
            summary.state,
            Some(
                ContainerSummaryStateEnum::CREATED
                    | ContainerSummaryStateEnum::EXITED
                    | ContainerSummaryStateEnum::DEAD
            )
        ),
        created: summary.created.unwrap_or(i64::MAX),
    })
}

/// Waits until the run has a container, no longer than `limit`.
pub async fn wait_for_one(run: &str, limit: Duration) {
    let is_there = || async {
        // What keeps Docker from listing them shows when they are removed.
        let listed = list(Some(run)).await.unwrap_or_default();
        Ok::<_, Infallible>((!listed.is_empty()).then_some(()))
    };
    match poll_until(limit, is_there).await {
        Ok(_found_or_not) => {}
        Err(never) => match never {},
    }
}

/// Removes these containers. Returns what may still be there, and why.
pub async fn remove(listed: Result<Vec<Container>, String>) -> Vec<String> {
    let containers = match listed {
        Ok(containers) => containers,
        Err(error) => return vec![format!("containers, which Docker does not list: {error}")],
    };
    let mut left = Vec::new();
    for Container { id, run, .. } in containers {
        let reason = match remove_one(&id).await {
            Ok(()) => "Docker has not removed it yet".to_owned(),
            Err(error) => error,
        };
        left.push(format!("container {id} of run {run}: {reason}"));
    }
    left
}

async fn remove_one(id: &str) -> Result<(), String> {
    const NOT_FOUND: u16 = 404;
    let options = RemoveContainerOptionsBuilder::default()
        .force(true)
        .v(true)
        .build();
    match docker().await?.remove_container(id, Some(options)).await {
        // Another cleanup process was faster.
        Err(Error::DockerResponseServerError {
            status_code: NOT_FOUND,
            ..
        }) => Ok(()),
        removed => removed.map_err(|error| with_causes(&error)),
    }
}

async fn docker() -> Result<Docker, String> {
    docker_client_instance()
        .await
        .map_err(|error| with_causes(&error))
}
