//! SIGINT and SIGTERM: the first stops the run in an orderly way, the second ends the process.

use plimsoll_engine::{RunControl, RunEnd};

use crate::exit::Exit;
use crate::failure::Failure;

/// Watches for signals until it is dropped with the runtime that it was started on.
///
/// # Errors
/// When the handlers cannot be installed.
pub(crate) fn watch(control: RunControl) -> Result<(), Failure> {
    let mut signals =
        Signals::new().map_err(|source| Failure::System { what: "signals cannot be watched", source })?;
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::error!(target: "plimsoll", "stopping the test because of {first}; once more ends it at once");
        control.stop(RunEnd::Signal);
        let second = signals.next().await;
        tracing::error!(target: "plimsoll", "ended at once because of {second}: no teardown, no summary");
        #[expect(clippy::exit, reason = "what a second signal asks for")]
        std::process::exit(Exit::Interrupted as i32);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
