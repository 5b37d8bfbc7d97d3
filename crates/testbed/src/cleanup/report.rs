//! What a cleanup process tells the run that waits for it: a JSON object a line.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// What is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Each thing that is still there or could not be looked for, and why.
    pub left: Vec<String>,
    /// Whether the cleanup process has finished, so that nothing more will be removed.
    pub is_final: bool,
}

impl Report {
    /// Prints it on standard output. A run that was killed reads nothing, so an error is no reason to stop.
    pub fn print(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            let mut out = io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}
