//! SIGINT and SIGTERM: the first stops the run in an orderly way, the second ends the process.
//!
//! They are watched on a thread of their own, because all others may be busy with a script: the main thread
//! runs its init code, the workers run its VUs.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use plimsoll_engine::{RunControl, RunEnd};

use crate::exit::Exit;
use crate::failure::Failure;

/// Signals this soon after the first are its echo: `timeout` and shells signal the process, then its group.
const ECHO: Duration = Duration::from_millis(100);

/// Watches for signals until the process ends.
pub(crate) struct Watch {
    /// What the first signal stops; before there is a run, it ends the process.
    run: Arc<OnceLock<RunControl>>,
}

impl Watch {
    /// From now on.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub(crate) fn start() -> Result<Self, Failure> {
        let refused = |source| Failure::System { what: "signals cannot be watched", source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let signals = {
            let _entered = runtime.enter();
            Signals::new().map_err(refused)?
        };
        let run = Arc::new(OnceLock::new());
        let watched = Arc::clone(&run);
        let watching = move || runtime.block_on(watch(signals, &watched));
        std::thread::Builder::new().name("signals".to_owned()).spawn(watching).map_err(refused)?;
        Ok(Watch { run })
    }

    /// The next signal stops this run.
    pub(crate) fn guard(&self, run: RunControl) {
        // A process has one run, so there is none to be replaced.
        let _ = self.run.set(run);
    }
}

async fn watch(mut signals: Signals, run: &OnceLock<RunControl>) {
    let signal = signals.next().await;
    let Some(run) = run.get() else {
        tracing::error!(target: "plimsoll", "ended because of {signal}: the test had not begun");
        end();
    };
    tracing::error!(target: "plimsoll", "stopping the test because of {signal}; once more ends it at once");
    run.stop(RunEnd::Signal);
    let echoes = async { while !signals.next().await.is_empty() {} };
    let _ = tokio::time::timeout(ECHO, echoes).await;
    let signal = signals.next().await;
    tracing::error!(target: "plimsoll", "ended at once because of {signal}: no teardown, no summary");
    end();
}

#[expect(clippy::exit, reason = "what the signal asks for")]
fn end() -> ! {
    std::process::exit(Exit::Interrupted as i32)
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
