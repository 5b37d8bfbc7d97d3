//! The bank: implementations of which it is known whether they are right.
//!
//! - [`wrong`]: wrong answers, a file each.
//! - [`patch_file`]: the parts of such a file.
//! - [`right`]: right answers, whole files unlike the reference.
//! - [`failure_text`]: what the failure of a wrong answer says, against the text that its file records.
//! - [`normalise`]: a failure without what differs from run to run.
//! - [`solution_words`]: the words of a solution that no failure may use.

pub mod failure_text;
pub mod normalise;
pub mod patch_file;
pub mod right;
pub mod solution_words;
pub mod wrong;

/// Where the bank is, from the repository's root.
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
