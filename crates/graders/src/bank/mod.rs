//! The bank: implementations of which it is known whether they are right.
//!
//! - [`wrong`]: wrong answers, each stored as what differs from the reference.
//! - [`right`]: right answers, whole files unlike the reference.
//! - [`golden`]: the failure text of every wrong answer, as it should be.
//! - [`normal`]: a failure text without what differs from run to run.

pub mod golden;
pub mod normal;
pub mod right;
pub mod wrong;

use crate::kit::KitError;

/// Where the bank is, from the kit's folder.
pub const FOLDER: &str = "crates/graders/bank";

/// Why the bank cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// A file is missing or no text.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    Entry {
        /// The file, from the kit's folder.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl BankError {
    pub(crate) fn entry(path: &str, problem: &impl ToString) -> Self {
        Self::Entry {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Folder and name of a file of the bank: `("produce_event", "no_key")` for `…/wrong/produce_event/no_key.patch`.
fn folder_and_name<'a>(path: &'a str, kind: &str, ending: &str) -> Option<(&'a str, &'a str)> {
    path.strip_prefix(FOLDER)?
        .strip_prefix('/')?
        .strip_prefix(kind)?
        .strip_prefix('/')?
        .strip_suffix(ending)?
        .split_once('/')
}
