//! What the engine drives: virtual users, the calls made to them, and how calls end.
//!
//! Start with [`Vu`]. A VU lives on one worker thread for its whole life and is never sent anywhere.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use plimsoll_metrics::{SampleContext, TagSetId};
use tokio::time::Instant;

use crate::{interrupt::Interrupt, state::ScenarioContext, worker::WorkerContext};

/// A VU's number: from 1, or 0 for the VUs of `setup`, `teardown` and `handleSummary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VuId(pub u32);

impl VuId {
    /// The VU that runs `setup`, `teardown` or `handleSummary`.
    pub const ZERO: Self = Self(0);

    /// Which of `workers` workers a VU lives on. VU 0 has no home.
    pub(crate) fn home(self, workers: usize) -> usize {
        (self.0 as usize - 1) % workers
    }
}

impl fmt::Display for VuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes VUs. Each worker thread owns a clone.
pub trait VuFactory: Clone + Send + 'static {
    /// What it makes.
    type Vu: Vu;

    /// Makes the VU `id` on the calling worker.
    ///
    /// Like a call, this future is never dropped before it is complete. When `interrupt` is raised it must
    /// end soon, with [`VuInitError::Interrupted`].
    fn create(
        &self,
        worker: &WorkerContext,
        id: VuId,
        interrupt: Interrupt,
    ) -> impl Future<Output = Result<Self::Vu, VuInitError>>;
}

/// A virtual user.
pub trait Vu: 'static {
    /// Makes one call and waits for everything that it started.
    ///
    /// The future is **never dropped before it is complete**: it may hold a suspended stack of foreign
    /// frames. To stop it, the engine raises the call's interrupt and awaits the end, which should then come
    /// at once.
    ///
    /// A VU that computes for long should yield now and then, or it delays every other VU of its worker.
    fn call(&mut self, call: Call) -> impl Future<Output = CallEnd>;
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called.
    pub kind: CallKind,
    /// Raised when the call must end.
    pub interrupt: Interrupt,
    /// What `setup` returned, as JSON; `None` when it returned nothing or there is none.
    pub setup_data: Option<Arc<str>>,
}

/// What is called.
#[derive(Debug, Clone)]
pub enum CallKind {
    /// The script's `setup`.
    Setup,
    /// One iteration of a scenario.
    Iteration(Iteration),
    /// The script's `teardown`.
    Teardown,
    /// The script's `handleSummary`.
    HandleSummary {
        /// The summary's data, as JSON.
        data: Arc<str>,
    },
}

/// One iteration.
#[derive(Debug, Clone)]
pub struct Iteration {
    /// The scenario it belongs to.
    pub scenario: Arc<ScenarioContext>,
    /// How many iterations this VU has started before, over all scenarios (`__ITER`).
    pub iteration_in_vu: u64,
    /// How many iterations this VU has started before in this scenario.
    pub vu_iteration_in_scenario: u64,
    /// How many iterations have been started before in this scenario, by any VU of this instance.
    pub scenario_iteration_in_instance: u64,
    /// The same over all instances of a divided test.
    pub scenario_iteration_in_test: u64,
    /// Counts this VU's activations, from 1: it changes when the VU is handed to a scenario (anew), which is
    /// when per-activation state such as `__ENV` and tags starts afresh.
    pub activation: u64,
    /// When the schedule wanted it to start, for executors that schedule iterations.
    pub due_at: Option<Instant>,
    /// When it started.
    pub started_at: Instant,
}

impl Iteration {
    /// How late it started; `None` without a schedule.
    #[inline]
    pub fn lateness(&self) -> Option<Duration> {
        self.due_at.map(|due_at| self.started_at.saturating_duration_since(due_at))
    }
}

/// The end of one call.
#[derive(Debug)]
pub struct CallEnd {
    /// How it ended.
    pub outcome: CallOutcome,
    /// The tags for what the engine records about it: `iterations` and `iteration_duration`.
    pub tags: TagSetId,
    /// What their samples carry besides.
    pub context: SampleContext,
    /// What it returned, as JSON.
    pub returned: Option<String>,
}

impl CallEnd {
    /// An end that returns nothing and has no tags.
    pub fn new(outcome: CallOutcome) -> Self {
        Self { outcome, tags: TagSetId::EMPTY, context: SampleContext::default(), returned: None }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// It returned.
    Completed,
    /// It threw. An iteration that throws is a complete iteration.
    Threw(ScriptError),
    /// It was interrupted.
    Interrupted,
    /// The script asked for the end of the run (`exec.test.abort`).
    Aborted {
        /// What the script gave as the reason.
        reason: String,
    },
}

/// An exception of the script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// The exception as text.
    pub message: String,
    /// Its stack trace, in the script's own lines; may be empty.
    pub stack: String,
}

/// Why a VU could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VuInitError {
    /// The script's init code threw.
    #[error("the script's init code threw")]
    Script(#[source] ScriptError),
    /// The script's init code asked for the end of the run.
    #[error("test aborted: {reason}")]
    Aborted {
        /// What the script gave as the reason.
        reason: String,
    },
    /// It was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// Something else, for example a limit of the system.
    #[error("{0}")]
    Other(String),
}
