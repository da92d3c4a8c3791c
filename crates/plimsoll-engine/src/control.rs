//! How a run is stopped before its time.
//!
//! Everything that ends a run early, from outside (a signal) or inside (a script's abort, a threshold, a
//! failed VU), passes through one place, [`RunControl`]. The first reason wins.

use std::sync::Arc;

use tokio::sync::watch;

use crate::outcome::RunEnd;

/// A handle that stops a run. Clones stop the same run.
#[derive(Debug, Clone)]
pub struct RunControl(Arc<watch::Sender<Option<RunEnd>>>);

impl Default for RunControl {
    fn default() -> Self {
        Self::new()
    }
}

impl RunControl {
    /// A handle for one run.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Stops the run. Returns whether this was the first reason to do so.
    ///
    /// All iterations are interrupted at once, then `teardown` runs.
    pub fn stop(&self, reason: RunEnd) -> bool {
        self.0.send_if_modified(|stopped| {
            let first = stopped.is_none();
            if first {
                *stopped = Some(reason);
            }
            first
        })
    }

    /// Why the run is being stopped; `None` while it is not.
    pub fn reason(&self) -> Option<RunEnd> {
        self.0.borrow().clone()
    }

    /// Completes when the run is stopped.
    pub async fn stopped(&self) -> RunEnd {
        let mut receiver = self.0.subscribe();
        // The sender cannot be gone: `self` holds it. So the wait only ends with a value.
        match receiver.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(RunEnd::Completed),
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_wins() {
        let control = RunControl::new();
        assert_eq!(control.reason(), None);
        assert!(control.stop(RunEnd::Signal));
        assert!(!control.clone().stop(RunEnd::ThresholdsAborted));
        assert_eq!(control.stopped().await, RunEnd::Signal);
    }
}
