//! What the engine says while it runs: one closed enum.
//!
//! Progress displays, logs, a control API and tests subscribe; numbers that change all the time are read from
//! [`RunState`](crate::RunState) instead. A new variant belongs here only if a subscriber must not miss it.

use std::{fmt, sync::Arc};

use crate::{
    outcome::RunEnd,
    vu::{ScriptError, VuId},
};

/// The phases of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// VUs are being made.
    Init,
    /// All VUs are there, and the run waits to be resumed. Skipped by runs that are not paused.
    Paused,
    /// `setup` runs.
    Setup,
    /// Scenarios run.
    Scenarios,
    /// `teardown` runs.
    Teardown,
    /// Everything is measured.
    Ended,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Init, Self::Paused, Self::Setup, Self::Scenarios, Self::Teardown, Self::Ended];
}

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// A phase began.
    PhaseBegan(Phase),
    /// More VUs are initialised.
    VusInitialised {
        /// How many there are.
        done: u32,
        /// How many there will be.
        planned: u32,
    },
    /// A scenario began to start iterations.
    ScenarioStarted {
        /// Its place in the plan.
        scenario: usize,
    },
    /// A scenario is over on every worker, its last iteration ended.
    ScenarioEnded {
        /// Its place in the plan.
        scenario: usize,
    },
    /// An iteration threw.
    IterationThrew {
        /// The scenario's place in the plan.
        scenario: usize,
        /// The VU.
        vu: VuId,
        /// The exception.
        error: ScriptError,
    },
    /// An iteration was dropped because no VU was free and there may be no more. Said once for a scenario.
    VusExhausted {
        /// The scenario's place in the plan.
        scenario: usize,
        /// How many VUs it may have.
        max: u32,
    },
    /// Thresholds are crossed that were not before; the names are those of their metrics as written.
    ThresholdsCrossed {
        /// The thresholds' keys.
        names: Vec<String>,
    },
    /// The run is being stopped before its time, or something failed that decides how it ends. Said once.
    Stopping(RunEnd),
    /// `teardown` failed while the run was already being stopped for another reason.
    AlsoFailed(RunEnd),
}

/// Takes events. It is called on the conductor's and on worker threads, so it must be quick and must not
/// block.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(RunEvent) + Send + Sync>);

impl EventSink {
    /// Calls `subscriber` for each event.
    pub fn new(subscriber: impl Fn(RunEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(subscriber))
    }

    /// Nobody listens.
    pub fn silent() -> Self {
        Self::new(drop)
    }

    pub(crate) fn send(&self, event: RunEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_in_order() {
        for (place, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, place);
        }
    }
}
