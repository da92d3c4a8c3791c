//! Configuration of a run, and its entry points.

use std::{fmt, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use plimsoll_metrics::{Pins, SampleBatch, ShardConfig, Thresholds};
use plimsoll_plan::Plan;
use tokio::task::LocalSet;

use crate::{
    clock::Clock, conductor::Conductor, control::RunControl, crew::Crew, event::EventSink,
    loop_delay::LoopDelays, measurements::Measurements, outcome::RunOutcome, state::RunState,
    threshold_watch::ThresholdWatch, vu::VuFactory, worker::Shared,
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
    warm_up: Measurements,
    pub(crate) watch: ThresholdWatch,
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
    /// How often what workers have recorded is merged, and may be read; once a second by default.
    pub tick: Duration,
    /// Where workers record how late they come to their events.
    pub loop_delays: LoopDelays,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            phases: ScriptPhases::default(),
            thresholds: Thresholds::default(),
            shard: ShardConfig::default(),
            samples: None,
            tick: Duration::from_secs(1),
            loop_delays: LoopDelays::default(),
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

/// Takes raw samples. It is called on worker threads, once a second or more often, so it must not block for
/// long.
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
        let judged = config.thresholds.rules().iter().map(|rule| &rule.selector);
        config.shard.pins = Arc::new(Pins::new(judged.chain(plan.selectors())));
        if plan.scenarios.iter().all(|scenario| scenario.external_vus().is_none()) {
            // A worker without VUs would only cost the time to start it.
            let vus = NonZeroUsize::new(plan.max_vus() as usize).unwrap_or(NonZeroUsize::MIN);
            config.workers = config.workers.min(vus);
        }
        let (state, control) = (Arc::new(RunState::new(&plan)), RunControl::new(&plan));
        let (measurements, warm_up) = (Measurements::default(), Measurements::default());
        let watch = ThresholdWatch::new(config.thresholds.clone());
        Self { plan, factory, config, control, events, state, measurements, warm_up, watch }
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

    /// What it has recorded in its warm-up so far, which does not count.
    pub fn warm_up(&self) -> Measurements {
        self.warm_up.clone()
    }

    /// Its thresholds, to be judged while it goes on.
    pub fn threshold_watch(&self) -> ThresholdWatch {
        self.watch.clone()
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
            warm_up: self.warm_up.clone(),
            samples: self.config.samples.clone(),
            loop_delays: self.config.loop_delays.clone(),
            watch: self.watch.clone(),
            control: self.control.clone(),
            events: self.events.clone(),
        };
        let crew = hire(&self, &shared);
        Conductor::new(self.plan, self.config, shared, crew).conduct().await
    }
}
