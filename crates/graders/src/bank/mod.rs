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

/// Where the bank is, from the kit's folder.
pub const FOLDER: &str = "crates/graders/bank";

/// Folder and name of a file of the bank: `("produce_event", "no_key")` for `…/wrong/produce_event/no_key.patch`.
fn folder_and_name<'a>(path: &'a str, kind: &str, ending: &str) -> Option<(&'a str, &'a str)> {
    path.strip_prefix(FOLDER)?
        .strip_prefix('/')?
        .strip_prefix(kind)?
        .strip_prefix('/')?
        .strip_suffix(ending)?
        .split_once('/')
}
