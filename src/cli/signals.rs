//! Ctrl-C and SIGTERM: the first asks to stop in good order, the second does not ask.

use std::io;
use std::process;

use tokio_util::sync::CancellationToken;

/// What a shell reports of a program that Ctrl-C has ended.
const ABORTED: i32 = 130;

/// A token that is cancelled at the first Ctrl-C or SIGTERM. The second ends the process at once: nothing is committed
/// then, and the group notices only when the session times out.
///
/// # Errors
/// When the process cannot listen for signals.
pub fn stop_token() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut signals = Signals::new()?;
    let cancel = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        anstream::eprintln!("stopping (again to abort)");
        cancel.cancel();
        signals.next().await;
        process::exit(ABORTED);
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
