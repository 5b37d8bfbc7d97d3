//! The checks of this program: each registers itself, see [`macro@crate::test`].

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::verdict::Verdict;

/// How long a slow check waits: longer than the 5 or 10 s that many time limits have.
pub const SLOW_WAIT: Duration = Duration::from_secs(12);

/// What a check needs in order to be graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any broker: the run's, whichever it is.
    Broker,
    /// A real broker: a mock cluster behaves differently here.
    RealBroker,
    /// Only mock clusters that the check starts, with faults of its choice.
    OwnMock,
}

/// A registered check.
#[derive(Debug)]
pub struct Check {
    /// The module path, with the crate's name in front.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// The line of its source.
    pub line: u32,
    /// What it needs.
    pub needs: Needs,
    /// Whether it disturbs the broker, so that no other check may run meanwhile.
    pub exclusive: bool,
    /// Whether it waits for [`SLOW_WAIT`], and runs only when a run asks for slow checks.
    pub slow: bool,
    /// Whether it waits for seconds on any machine, and starts early.
    pub long: bool,
    /// How long it may take, from its first wait for the learner's code.
    pub deadline: Duration,
    /// Its body.
    pub body: fn() -> Body,
}

inventory::collect!(&'static Check);

/// What a check does. It stays on the thread that polls it.
pub type Body = Pin<Box<dyn Future<Output = Verdict>>>;

impl Check {
    /// The name to select it by, such as `phase2::produce_event::keeps_the_key`.
    pub fn path(&self) -> String {
        match self.module.split_once("::") {
            Some((_, module)) => format!("{module}::{}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// All checks of this program, in no particular order.
pub fn all() -> Vec<&'static Check> {
    inventory::iter::<&'static Check>().copied().collect()
}

/// The check with this name.
pub fn find(path: &str) -> Option<&'static Check> {
    all().into_iter().find(|check| check.path() == path)
}
