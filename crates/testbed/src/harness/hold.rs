//! Holds a Kafka for other runs: many short ones, such as those of `crates/graders`, need not start one each.

use std::io::{self, Write};
use std::process::ExitCode;

use report::variables::HOLD;

use super::exit_code::NOT_GRADED;
use crate::session::{Connection, Session};

/// Whether this process was started to hold a Kafka.
pub fn is_wanted() -> bool {
    std::env::var_os(HOLD).is_some()
}

/// Opens the Kafka that the environment names, prints the environment that leads other runs to it, a line a variable,
/// and keeps it until stdin is closed. What it started itself is gone when it returns.
pub fn hold() -> ExitCode {
    let session = match Session::open() {
        Ok(session) => session,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(NOT_GRADED);
        }
    };
    if let Some(notice) = session.notice() {
        eprintln!("\n{notice}\n");
    }
    let held = print_environment(&session.connection())
        .and_then(|()| io::copy(&mut io::stdin(), &mut io::sink()));
    for what in session.release() {
        eprintln!("not removed: {what}");
    }
    held.map_or(ExitCode::from(NOT_GRADED), |_| ExitCode::SUCCESS)
}

fn print_environment(connection: &Connection) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (variable, value) in connection.environment() {
        writeln!(out, "{variable}={value}")?;
    }
    // An empty line: that is all.
    writeln!(out)?;
    out.flush()
}
