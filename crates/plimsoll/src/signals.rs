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
pub(crate) struct Watch(Arc<FirstSignal>);

/// What the first signal means.
#[derive(Default)]
struct FirstSignal {
    /// It stops this run; before there is one, it ends the process.
    run: Mutex<Option<RunControl>>,
    /// The run has ended, and the process stays until the signal.
    lingering: AtomicBool,
    /// There was one.
    signalled: AtomicBool,
    released: Notify,
}

impl FirstSignal {
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
        let first = Arc::new(FirstSignal::default());
        let watch_over = Arc::clone(&first);
        let watching = move || runtime.block_on(watch(signals, &watch_over));
        std::thread::Builder::new().name("signals".to_owned()).spawn(watching).map_err(refused)?;
        Ok(Watch(first))
    }

    /// The first signal stops this run, and no longer one before it. If it came while one run was over and
    /// the next had not begun, it stops that one at once.
    pub(crate) fn guard(&self, run: RunControl) {
        let mut guarded = self.0.run();
        let run = guarded.insert(run);
        if self.0.signalled.load(Ordering::SeqCst) {
            run.stop(RunEnd::Signal);
        }
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

async fn watch(mut signals: Signals, first: &FirstSignal) {
    let signal = signals.next().await;
    first.signalled.store(true, Ordering::SeqCst);
    if first.lingering.load(Ordering::SeqCst) {
        // Whoever lingers has nothing left to do but to end.
        return first.released.notify_one();
    }
    let Some(run) = first.run().clone() else {
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

#[cfg(test)]
mod tests {
    use plimsoll_plan::{OptionsLayer, Origin, resolve};
    use serde_json::json;

    use super::*;

    fn control() -> RunControl {
        let layer = OptionsLayer::from_json(Origin::Script("test.js".to_owned()), &json!({ "vus": 1 }));
        RunControl::new(&resolve(vec![layer]).expect("valid options"))
    }

    #[test]
    fn a_signal_between_two_runs_stops_the_second() {
        let (watch, one, other) = (Watch(Arc::default()), control(), control());
        watch.guard(one.clone());
        assert_eq!(one.reason(), None);
        watch.0.signalled.store(true, Ordering::SeqCst);
        watch.guard(other.clone());
        assert_eq!((one.reason(), other.reason()), (None, Some(RunEnd::Signal)));
    }
}
