//! SIGINT and SIGTERM: the first stops the run in an orderly way, the second ends the process.
//!
//! They are watched on a thread of their own, because all others may be busy with a script: the main thread
//! runs its init code, the workers run its VUs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plimsoll_engine::{RunControl, RunEnd};
use tokio::sync::Notify;

use crate::exit::Exit;
use crate::failure::Failure;

/// Signals this soon after the first are its echo: `timeout` and shells signal the process, then its group.
const ECHO: Duration = Duration::from_millis(100);

/// Watches for signals until the process ends.
pub(crate) struct Watch(Arc<Watched>);

/// What the first signal means.
#[derive(Default)]
struct Watched {
    /// It stops this run; before there is one, it ends the process.
    run: Mutex<Option<RunControl>>,
    /// The run has ended, and the process stays until the signal.
    lingering: AtomicBool,
    /// There was one.
    signalled: AtomicBool,
    released: Notify,
}

impl Watched {
    fn run(&self) -> MutexGuard<'_, Option<RunControl>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let watched = Arc::new(Watched::default());
        let watch_over = Arc::clone(&watched);
        let watching = move || runtime.block_on(watch(signals, &watch_over));
        std::thread::Builder::new().name("signals".to_owned()).spawn(watching).map_err(refused)?;
        Ok(Watch(watched))
    }

    /// The next signal stops this run, and no longer one before it.
    pub(crate) fn guard(&self, run: RunControl) {
        *self.0.run() = Some(run);
    }

    /// After the run: stays until a signal says that the process may end. If there was one already, somebody
    /// waits for the end.
    pub(crate) async fn linger(&self) {
        self.0.lingering.store(true, Ordering::SeqCst);
        if !self.0.signalled.load(Ordering::SeqCst) {
            tracing::info!(target: "plimsoll", "the test has ended; lingering until SIGINT or SIGTERM");
            self.0.released.notified().await;
        }
    }
}

async fn watch(mut signals: Signals, watched: &Watched) {
    let signal = signals.next().await;
    watched.signalled.store(true, Ordering::SeqCst);
    if watched.lingering.load(Ordering::SeqCst) {
        // Whoever lingers has nothing left to do but to end.
        return watched.released.notify_one();
    }
    let Some(run) = watched.run().clone() else {
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
