//! Running a program: from its future to one line on stderr and an exit code.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{CliError, signals, unwritten};

/// How long threads that still wait for Kafka may hold up the end of a program that has done its work.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs `program` with a token that Ctrl-C cancels. An error becomes one line on stderr and its exit code; so does an
/// exercise that is not written yet, on whatever thread it was called.
pub fn run<F>(program: impl FnOnce(CancellationToken) -> F) -> ExitCode
where
    F: Future<Output = Result<(), CliError>>,
{
    unwritten::watch_panics();
    match run_to_the_end(program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            anstream::eprintln!("{red}error:{red:#} {error}");
            ExitCode::from(&error)
        }
    }
}

fn run_to_the_end<F>(program: impl FnOnce(CancellationToken) -> F) -> Result<(), CliError>
where
    F: Future<Output = Result<(), CliError>>,
{
    let runtime = tokio::runtime::Runtime::new().map_err(|source| CliError::System {
        doing: "could not start the runtime",
        source,
    })?;
    let ended = runtime.block_on(async {
        let stop = signals::stop_token().map_err(|source| CliError::System {
            doing: "could not listen for Ctrl-C",
            source,
        })?;
        // The program stays on this thread and is not spawned: an exercise need not be `Send` to be run.
        tokio::select! {
            biased;
            line = unwritten::called() => Err(CliError::Unwritten(line)),
            ended = AssertUnwindSafe(program(stop)).catch_unwind() => match ended {
                Ok(ended) => ended,
                Err(_panic) => Err(CliError::Panicked),
            },
        }
    });
    match &ended {
        Ok(()) => runtime.shutdown_timeout(LAST_WORDS),
        // A thread that waits for a broker that is not there may wait for long; its answer is not needed any more.
        Err(_) => runtime.shutdown_background(),
    }
    match unwritten::seen() {
        Some(line) => Err(CliError::Unwritten(line)),
        None => ended,
    }
}
