//! How a run ended, as data; the binary turns it into a summary and an exit code.

use std::{sync::Arc, time::Duration};

use plimsoll_metrics::{Aggregate, Sink, ThresholdReport, Timestamp, builtin};

use crate::{
    state::RunState,
    vu::{ScriptError, VuInitError},
};

/// Why a run ended. The first reason wins: what fails while a run is being stopped does not replace it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// Every scenario came to its end, and so did `teardown`.
    Completed,
    /// SIGINT or SIGTERM.
    Signal,
    /// A request of the control API.
    ControlApi,
    /// A threshold with `abortOnFail` was crossed.
    ThresholdsAborted,
    /// The script asked for the end (`exec.test.abort`).
    ScriptAborted {
        /// What the script gave as the reason.
        reason: String,
    },
    /// A VU could not be made.
    InitFailed(VuInitError),
    /// `setup` threw.
    SetupFailed(ScriptError),
    /// `setup` took longer than `setupTimeout`.
    SetupTimedOut {
        /// The time it had.
        timeout: Duration,
    },
    /// `teardown` threw.
    TeardownFailed(ScriptError),
    /// `teardown` took longer than `teardownTimeout`.
    TeardownTimedOut {
        /// The time it had.
        timeout: Duration,
    },
    /// A worker thread or a VU's task is gone: a bug in a VU or in the engine.
    WorkerLost,
}

/// What was recorded before the measurement began: kept apart from thresholds and numbers.
#[derive(Debug)]
pub struct WarmUp {
    /// How long it was: the option `warmup`, or less when the run ended within it.
    pub duration: Duration,
    /// The samples that were taken in it.
    pub aggregate: Arc<Aggregate>,
}

/// What is left of a run.
#[derive(Debug)]
pub struct RunOutcome {
    /// Why it ended.
    pub end: RunEnd,
    /// The first message of `exec.test.fail`, if it was used.
    pub failed: Option<String>,
    /// The thresholds, evaluated one last time; `None` without thresholds.
    pub thresholds: Option<ThresholdReport>,
    /// Everything that was measured, the warm-up excepted.
    pub aggregate: Arc<Aggregate>,
    /// What was recorded in the warm-up; `None` when there was none.
    pub warm_up: Option<WarmUp>,
    /// When the test began (at the start of `setup`), as the samples' clock has it.
    pub started_at: Timestamp,
    /// From the start of `setup` to the end of `teardown`, the warm-up included.
    pub test_duration: Duration,
    /// What `setup` returned, as JSON.
    pub setup_data: Option<Arc<str>>,
    /// The final counts: iterations complete and interrupted, each scenario's progress.
    pub state: Arc<RunState>,
}

impl RunOutcome {
    /// How long the run was measured: what rates are per second of.
    pub fn measured_duration(&self) -> Duration {
        let warm_up = self.warm_up.as_ref().map(|warm_up| warm_up.duration);
        self.test_duration.saturating_sub(warm_up.unwrap_or_default())
    }

    /// Iterations that came to their end while the run was measured.
    pub fn measured_iterations(&self) -> u64 {
        let sink = self.warm_up.as_ref().and_then(|warm_up| warm_up.aggregate.total(builtin::ITERATIONS));
        let before = sink.map_or(0, Sink::count);
        self.state.complete_iterations().saturating_sub(before)
    }
}
