//! Holds a Kafka for other runs: many short ones, such as those of `crates/graders`, need not start one each.

use std::io::{self, Write};
use std::process::ExitCode;

use super::NOT_GRADED;
use crate::cluster::{self, Cluster};

/// Set, to any text, it makes the program hold a Kafka instead of running checks.
pub const HOLD_VARIABLE: &str = "KAFKALINGS_HOLD";

/// Whether this process was started to hold a Kafka.
pub fn is_wanted() -> bool {
    std::env::var_os(HOLD_VARIABLE).is_some()
}

/// Opens the Kafka that the environment names, prints the environment that leads other runs to it, a line a variable,
/// and keeps it until stdin is closed. What it started itself is gone when it returns.
pub fn hold() -> ExitCode {
    let code = match cluster::shared::cluster() {
        Ok(cluster) => {
            let told = tell(cluster).and_then(|()| io::copy(&mut io::stdin(), &mut io::sink()));
            told.map_or(ExitCode::from(NOT_GRADED), |_| ExitCode::SUCCESS)
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(NOT_GRADED)
        }
    };
    cluster::shared::release();
    code
}

fn tell(cluster: &Cluster) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (variable, value) in cluster.environment() {
        writeln!(out, "{variable}={value}")?;
    }
    // An empty line: that is all.
    writeln!(out)?;
    out.flush()
}
