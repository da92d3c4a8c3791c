//! Configuration of a run, and its entry points.

use std::{fmt, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use plimsoll_metrics::{Pins, SampleBatch, ShardConfig, Thresholds};
use plimsoll_plan::Plan;
use tokio::{sync::oneshot, task::LocalSet};

use crate::{
    clock::Clock,
    conductor::Conductor,
    control::RunControl,
    crew::{Crew, block_on_worker},
    event::EventSink,
    leash::Kennel,
    measurements::Measurements,
    once::{OnceCall, OnceEnd, call_once},
    outcome::RunOutcome,
    state::RunState,
    vu::{CallKind, CallOutcome, ScriptError, VuFactory, VuInitError},
    worker::{Shared, WorkerContext},
};

/// A run, ready to go.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use plimsoll_engine::{EventSink, Run, RunConfig, RunEnd, RunEvent, ScriptPhases, VuFactory};
/// # use plimsoll_metrics::{Registry, Thresholds};
/// # async fn start(factory: impl VuFactory, plan: plimsoll_plan::Plan, registry: Registry) {
/// let thresholds = Thresholds::bind(&plan.thresholds, &registry).expect("checked before");
/// let phases = ScriptPhases { setup: true, teardown: false };
/// let config = RunConfig { thresholds, phases, ..RunConfig::default() };
/// let events = EventSink::new(|event: RunEvent| { /* hand it to the progress display */ });
/// let run = Run::new(Arc::new(plan), factory, config, events);
/// let control = run.control();
/// tokio::spawn(async move {
///     if tokio::signal::ctrl_c().await.is_ok() {
///         control.stop(RunEnd::Signal);
///     }
/// });
/// let outcome = run.execute().await;
/// # }
/// ```
#[derive(Debug)]
pub struct Run<F> {
    pub(crate) plan: Arc<Plan>,
    pub(crate) factory: F,
    pub(crate) config: RunConfig,
    pub(crate) control: RunControl,
    pub(crate) events: EventSink,
    pub(crate) state: Arc<RunState>,
    pub(crate) measurements: Measurements,
}

/// What a run needs to know beyond its plan.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// At most how many worker threads; by default one for each core. There are never more than VUs.
    pub workers: NonZeroUsize,
    /// Which phases the script has a function for.
    pub phases: ScriptPhases,
    /// The plan's thresholds, bound to the metrics of the script.
    pub thresholds: Thresholds,
    /// How shards are made. The pins are set by the run, from the thresholds.
    pub shard: ShardConfig,
    /// Where raw samples go, if `shard.raw` asks for them.
    pub samples: Option<SampleSink>,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            phases: ScriptPhases::default(),
            thresholds: Thresholds::default(),
            shard: ShardConfig::default(),
            samples: None,
        }
    }
}

/// Which of the optional functions a script exports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScriptPhases {
    /// It exports `setup`.
    pub setup: bool,
    /// It exports `teardown`.
    pub teardown: bool,
}

/// Takes raw samples. It is called on worker threads once a second, so it must not block for long.
#[derive(Clone)]
pub struct SampleSink(Arc<dyn Fn(SampleBatch) + Send + Sync>);

impl SampleSink {
    /// Calls `receiver` for each batch.
    pub fn new(receiver: impl Fn(SampleBatch) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receiver))
    }

    pub(crate) fn send(&self, batch: SampleBatch) {
        (self.0)(batch);
    }
}

impl fmt::Debug for SampleSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SampleSink")
    }
}

impl<F: VuFactory> Run<F> {
    /// A run of `plan` with the VUs of `factory`.
    pub fn new(plan: Arc<Plan>, factory: F, mut config: RunConfig, events: EventSink) -> Self {
        config.shard.pins = Arc::new(Pins::new(config.thresholds.rules().iter().map(|rule| &rule.selector)));
        if plan.scenarios.iter().all(|scenario| scenario.external().is_none()) {
            // A worker without VUs would only cost the time to start it.
            let vus = NonZeroUsize::new(plan.max_vus() as usize).unwrap_or(NonZeroUsize::MIN);
            config.workers = config.workers.min(vus);
        }
        let (state, control) = (Arc::new(RunState::new(&plan)), RunControl::new(&plan));
        Self { plan, factory, config, control, events, state, measurements: Measurements::default() }
    }

    /// The handle that controls this run.
    pub fn control(&self) -> RunControl {
        self.control.clone()
    }

    /// What may be read while it goes on.
    pub fn state(&self) -> Arc<RunState> {
        Arc::clone(&self.state)
    }

    /// What it has measured so far.
    pub fn measurements(&self) -> Measurements {
        self.measurements.clone()
    }

    /// Runs on worker threads of its own. The calling runtime only conducts, which takes next to no time.
    pub async fn execute(self) -> RunOutcome {
        self.conduct(|run, shared| Crew::on_threads(run, shared)).await
    }

    /// Runs on the calling thread, as the one worker. For tests on paused time, and for embedding.
    ///
    /// The calling runtime must be a current-thread runtime.
    pub async fn execute_here(mut self) -> RunOutcome {
        self.config.workers = NonZeroUsize::MIN;
        LocalSet::new().run_until(self.conduct(|run, shared| Crew::on_this_thread(run, shared))).await
    }

    async fn conduct(self, hire: impl FnOnce(&Self, &Shared) -> Crew) -> RunOutcome {
        let shared = Shared {
            clock: Clock::start(),
            state: Arc::clone(&self.state),
            measurements: self.measurements.clone(),
            warm_up: Measurements::default(),
            samples: self.config.samples.clone(),
            control: self.control.clone(),
            events: self.events.clone(),
        };
        let crew = hire(&self, &shared);
        Conductor::new(self.plan, self.config, shared, crew).conduct().await
    }
}

/// Why `handleSummary` gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandleSummaryError {
    /// It threw.
    #[error("handleSummary threw: {0}")]
    Threw(ScriptError),
    /// It took too long.
    #[error("handleSummary took longer than {}", plimsoll_plan::duration::format(*timeout))]
    TimedOut {
        /// The time it had.
        timeout: Duration,
    },
    /// It asked for the end of the test, which is over already.
    #[error("handleSummary aborted: {reason}")]
    Aborted {
        /// What the script gave as the reason.
        reason: String,
    },
    /// The VU for it could not be made.
    #[error("no VU for handleSummary")]
    NotMade(#[source] VuInitError),
    /// The thread it ran on is gone: a bug.
    #[error("the thread of handleSummary is gone")]
    Lost,
}

/// Calls the script's `handleSummary` after a run, on a thread of its own. What it records is discarded.
///
/// `data` is the summary as JSON; the result is what it returned, as JSON.
pub async fn call_handle_summary<F: VuFactory>(
    factory: F,
    state: Arc<RunState>,
    data: Arc<str>,
    timeout: Duration,
) -> Result<Option<String>, HandleSummaryError> {
    let (tell, told) = oneshot::channel();
    let work = async move || {
        let context = WorkerContext::new(0, ShardConfig::default(), Clock::start(), state);
        let kind = CallKind::HandleSummary { data };
        let call = OnceCall { kind, setup_data: None, timeout, interruptible: false };
        let _ = tell.send(call_once(&factory, &context, &Kennel::default(), call).await);
    };
    let thread = thread::Builder::new().name("handle-summary".to_owned());
    thread.spawn(move || block_on_worker(work())).map_err(|_| HandleSummaryError::Lost)?;
    summary_result(told.await.map_err(|_| HandleSummaryError::Lost)?, timeout)
}

fn summary_result(end: OnceEnd, timeout: Duration) -> Result<Option<String>, HandleSummaryError> {
    match end {
        OnceEnd::TimedOut => Err(HandleSummaryError::TimedOut { timeout }),
        OnceEnd::NotMade(error) => Err(HandleSummaryError::NotMade(error)),
        OnceEnd::Ended(end) => match end.outcome {
            CallOutcome::Completed => Ok(end.returned),
            CallOutcome::Threw(error) => Err(HandleSummaryError::Threw(error)),
            CallOutcome::Interrupted => Err(HandleSummaryError::TimedOut { timeout }),
            CallOutcome::Aborted { reason } => Err(HandleSummaryError::Aborted { reason }),
        },
    }
}
