//! Writing to stdout: a closed pipe is an error like any other, not a panic, and colours go only to terminals.

use std::fmt::Display;
use std::io::{self, Write};

use super::CliError;

/// Writes one line to stdout.
///
/// # Errors
/// When stdout is gone, such as after `| head -1`.
pub fn say(line: impl Display) -> Result<(), CliError> {
    try_say(line).map_err(|source| CliError::System {
        doing: "could not write to stdout",
        source,
    })
}

/// As [`say`], for a handler whose errors are its own.
///
/// # Errors
/// As [`say`].
pub fn try_say(line: impl Display) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
