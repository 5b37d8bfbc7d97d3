//! The one cluster of the run: opened when the first check needs it, given back at the end.

use std::sync::{Mutex, OnceLock, PoisonError};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::choice::{BOOTSTRAP_VARIABLE, Choice, FORCE_VARIABLE};
use super::reaper::{Reaper, Task};
use super::{ANSWER_TIMEOUT, Cluster, Kind, Mock, background, docker};
use crate::context;
use crate::harness::{Check, Needs};
use crate::verdict::NotGraded;

static CLUSTER: OnceLock<Result<Cluster, NotGraded>> = OnceLock::new();
static REAPER: Mutex<Option<Reaper>> = Mutex::new(None);

/// The cluster of the run. The first caller waits until it has started, and so do all that come meanwhile.
///
/// # Errors
/// Why there is none.
pub fn cluster() -> Result<&'static Cluster, NotGraded> {
    CLUSTER.get_or_init(open).as_ref().map_err(Clone::clone)
}

/// The cluster of the run, if it has been opened. Waits for nothing.
pub fn opened() -> Option<&'static Cluster> {
    CLUSTER.get()?.as_ref().ok()
}

/// Whether this run can grade a check with these needs.
///
/// # Errors
/// Why not.
pub fn fits(needs: Needs) -> Result<(), NotGraded> {
    match needs {
        Needs::OwnMock => Ok(()),
        Needs::Broker => cluster().map(|_| ()),
        Needs::RealBroker if cluster()?.is_real() => Ok(()),
        Needs::RealBroker => Err(NotGraded::NeedsRealBroker),
    }
}

/// Whether the environment already says that this check cannot be graded, before any cluster is opened.
pub fn cannot_fit(check: &Check) -> bool {
    match Choice::from_environment() {
        Ok(Choice::External(_)) => check.exclusive,
        Ok(Choice::Mock) => check.exclusive || check.needs == Needs::RealBroker,
        Ok(Choice::Docker | Choice::DockerOrMock) | Err(_) => false,
    }
}

/// Gives back what the run has used, and waits until it is gone.
pub fn release() {
    let reaper = REAPER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(reaper) = reaper {
        reaper.release();
    }
}

fn open() -> Result<Cluster, NotGraded> {
    let choice = Choice::from_environment().map_err(|e| NotGraded::Environment(e.to_string()))?;
    match choice {
        Choice::External(address) => external(address),
        Choice::Docker => in_docker().map_err(|paragraph| {
            NotGraded::Environment(format!("{FORCE_VARIABLE}=docker, but {paragraph}"))
        }),
        Choice::DockerOrMock => in_docker().or_else(|paragraph| {
            eprintln!("\n{paragraph}");
            mock()
        }),
        Choice::Mock => mock(),
    }
}

fn external(address: String) -> Result<Cluster, NotGraded> {
    let cluster = Cluster::new(address, Kind::External);
    answers(&cluster).map_err(|error| {
        let address = &cluster.bootstrap_servers;
        NotGraded::Environment(format!(
            "no Kafka answers at {BOOTSTRAP_VARIABLE}={address} ({error}). Start it, for one with `docker compose up -d`, or unset the variable"
        ))
    })?;
    keep(Reaper::spawn(&Task::Topics {
        prefix: context::name_prefix(),
        bootstrap_servers: cluster.bootstrap_servers.clone(),
    }));
    Ok(cluster)
}

fn answers(cluster: &Cluster) -> rdkafka::error::KafkaResult<()> {
    let client: BaseConsumer = cluster.client().create()?;
    client.fetch_metadata(None, ANSWER_TIMEOUT)?;
    Ok(())
}

fn in_docker() -> Result<Cluster, String> {
    let started = background::block_on(docker::start(keep));
    if let Some(reaper) = REAPER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_mut()
    {
        reaper.all_is_there();
    }
    let container = started?;
    Ok(Cluster::new(
        container.bootstrap_servers().to_owned(),
        Kind::Docker(Box::new(container)),
    ))
}

fn mock() -> Result<Cluster, NotGraded> {
    eprintln!(
        "\nOn librdkafka's mock cluster, in this process: it grades most of phases 2 and 3 and part of phases 4 and 5.\n\
         What needs a real broker is named at the end as not graded. For all of it start Docker and run again.\n"
    );
    let mock =
        Mock::start().map_err(|error| NotGraded::Environment(format!("mock cluster: {error}")))?;
    Ok(Cluster::new(mock.bootstrap_servers(), Kind::Mock(mock)))
}

/// Without a reaper a killed run would leave something behind, and that is all: the run goes on.
fn keep(reaper: std::io::Result<Reaper>) {
    match reaper {
        Ok(reaper) => {
            *REAPER.lock().unwrap_or_else(PoisonError::into_inner) = Some(reaper);
        }
        Err(error) => eprintln!("note: a run that is killed will not be tidied up after: {error}"),
    }
}
