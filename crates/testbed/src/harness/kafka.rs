//! The Kafka of the run, opened when the first check needs it.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::{Check, Needs};
use crate::cluster::Cluster;
use crate::cluster::choice::Choice;
use crate::session::{self, Session};
use crate::verdict::{NotGraded, NotPassed};

static OPENED: OnceLock<Result<(), NotGraded>> = OnceLock::new();
static SESSION: Mutex<Option<Session>> = Mutex::new(None);

/// The cluster of the run, if it has been opened. Waits for nothing.
pub fn opened() -> Option<&'static Cluster> {
    OPENED.get()?.as_ref().ok()?;
    Cluster::shared().ok()
}

/// Whether this run can grade a check with these needs. The first caller opens the Kafka, and all that come meanwhile wait.
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

/// Whether the environment already says that this check cannot be graded, before any Kafka is opened.
pub fn cannot_fit(check: &Check) -> bool {
    match Choice::from_environment() {
        Ok(Choice::External(_)) => check.exclusive,
        Ok(Choice::Mock) => check.exclusive || check.needs == Needs::RealBroker,
        Ok(Choice::Docker | Choice::DockerOrMock) | Err(_) => false,
    }
}

/// Removes what the run used, and prints what could not be removed.
pub fn release() {
    let session = SESSION
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    for what in session.map(Session::release).unwrap_or_default() {
        eprintln!("not removed: {what}");
    }
}

fn cluster() -> Result<&'static Cluster, NotGraded> {
    OPENED.get_or_init(open).clone()?;
    Cluster::shared().map_err(|not_passed| match not_passed {
        NotPassed::NotGraded(reason) => reason,
        NotPassed::Failed(failure) => NotGraded::KitDefect(failure.to_string()),
    })
}

fn open() -> Result<(), NotGraded> {
    let session = Session::open()?;
    if let Some(notice) = session.notice() {
        eprintln!("\n{notice}\n");
    }
    session::connect(session.connection());
    *SESSION.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    Ok(())
}
