//! What a cleanup process does.

use std::io::{self, Read};
use std::process::ExitCode;
use std::time::Duration;

use super::report::Report;
use super::task::Task;
use super::topics::Names;
use super::until_gone::until_gone;
use super::{containers, earlier};
use crate::broker::background;

/// A container may still be on its way when the run is killed: Docker finishes a request whose client is gone.
const GRACE_FOR_LATE_CONTAINERS: Duration = Duration::from_secs(10);

/// How long Docker may refuse to list or remove the containers.
const CONTAINERS_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the cluster may refuse to list or remove topics and groups. A broker keeps a group while it takes a member for
/// alive: this is longer than any session timeout that a check gives to a member.
const TOPICS_TIMEOUT: Duration = Duration::from_mins(1);

impl Task {
    /// Waits for the end of the run, and does the task. Reports on standard output.
    pub fn run(self) -> ExitCode {
        let earlier = background::spawn(earlier::remove(self.clone()));
        let has_started = wait_for_the_end_of_the_run();
        let mut left = background::block_on(self.remove(has_started, print_progress));
        match background::block_on(earlier) {
            Ok(of_earlier_runs) => left.extend(of_earlier_runs),
            Err(panic) => left.push(format!("what earlier runs left: {panic}")),
        }
        let code = if left.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
        let is_final = true;
        Report { left, is_final }.print();
        code
    }

    /// Removes what the run used, and returns what it could not remove.
    pub(super) async fn remove(
        &self,
        has_started: bool,
        changed: impl Fn(&[String]),
    ) -> Vec<String> {
        match self {
            Self::Containers { run } => {
                if !has_started {
                    containers::wait_for_one(run, GRACE_FOR_LATE_CONTAINERS).await;
                }
                let pass = || async { containers::remove(containers::list(Some(run)).await).await };
                until_gone(CONTAINERS_TIMEOUT, pass, changed).await
            }
            Self::Topics {
                prefix,
                bootstrap_servers,
            } => match Names::at(bootstrap_servers) {
                Ok(names) => {
                    let pass = || names.remove(|name| name.starts_with(prefix));
                    until_gone(TOPICS_TIMEOUT, pass, changed).await
                }
                Err(error) => vec![format!("topics and groups beginning {prefix}: {error}")],
            },
        }
    }
}

/// Returns whether the run has said that all of its containers are there.
fn wait_for_the_end_of_the_run() -> bool {
    let mut said = Vec::new();
    // An error means that the run is gone as well.
    let _ = io::stdin().read_to_end(&mut said);
    !said.is_empty()
}

fn print_progress(left: &[String]) {
    let left = left.to_vec();
    let is_final = false;
    Report { left, is_final }.print();
}
