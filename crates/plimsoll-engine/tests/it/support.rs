//! Closure VUs, plans from literals, and a run that checks that no call was dropped.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use plimsoll_engine::{
    Call, CallEnd, CallKind, CallOutcome, EventSink, Interrupt, Phase, Run, RunConfig, RunControl, RunEvent,
    RunOutcome, ScriptError, ScriptPhases, Vu, VuFactory, VuId, VuInitError, WorkerContext,
};
use plimsoll_metrics::{MetricId, Registry, Sink, Thresholds};
use plimsoll_plan::{OptionsLayer, Origin, Plan, resolve};
use serde_json::Value;
use tokio::time::Instant;

type Calling = Pin<Box<dyn Future<Output = CallEnd>>>;
type Making = Pin<Box<dyn Future<Output = Result<(), VuInitError>>>>;

/// A factory of VUs whose calls are a closure.
#[derive(Clone)]
pub(crate) struct Closures {
    on_call: Arc<dyn Fn(VuId, Call) -> Calling + Send + Sync>,
    on_init: Arc<dyn Fn(VuId, Interrupt) -> Making + Send + Sync>,
    ledger: Arc<Ledger>,
}

/// How many calls and inits began, and how many came to their end.
#[derive(Default)]
struct Ledger {
    began: AtomicU64,
    ended: AtomicU64,
}

impl Closures {
    /// VUs that answer calls with `on_call`.
    pub(crate) fn new<C: Future<Output = CallOutcome> + 'static>(
        on_call: impl Fn(VuId, Call) -> C + Send + Sync + 'static,
    ) -> Self {
        let on_call = Arc::new(on_call);
        let boxed = move |id, call| -> Calling {
            let on_call = Arc::clone(&on_call);
            Box::pin(async move { CallEnd::new(on_call(id, call).await) })
        };
        let on_init = |_, _| -> Making { Box::pin(async { Ok(()) }) };
        Self { on_call: Arc::new(boxed), on_init: Arc::new(on_init), ledger: Arc::default() }
    }

    /// The same, with calls that return something.
    pub(crate) fn returning(returned: &'static str, other: Self) -> Self {
        let Self { on_call, on_init, ledger } = other;
        let boxed = move |id, call| -> Calling {
            let on_call = Arc::clone(&on_call);
            Box::pin(
                async move { CallEnd { returned: Some(returned.to_owned()), ..on_call(id, call).await } },
            )
        };
        Self { on_call: Arc::new(boxed), on_init, ledger }
    }

    /// The same, with an init of their own.
    pub(crate) fn with_init<C: Future<Output = Result<(), VuInitError>> + 'static>(
        mut self,
        on_init: impl Fn(VuId, Interrupt) -> C + Send + Sync + 'static,
    ) -> Self {
        let on_init = Arc::new(on_init);
        self.on_init = Arc::new(move |id, interrupt| Box::pin(on_init(id, interrupt)));
        self
    }

    fn assert_nothing_was_dropped(&self) {
        assert_eq!(self.ledger.began.load(SeqCst), self.ledger.ended.load(SeqCst), "a call was dropped");
    }
}

/// A VU of [`Closures`].
pub(crate) struct ClosureVu(VuId, Closures);

impl VuFactory for Closures {
    type Vu = ClosureVu;

    async fn create(
        &self,
        _: &WorkerContext,
        id: VuId,
        interrupt: Interrupt,
    ) -> Result<ClosureVu, VuInitError> {
        self.ledger.began.fetch_add(1, SeqCst);
        let made = (self.on_init)(id, interrupt).await;
        self.ledger.ended.fetch_add(1, SeqCst);
        made.map(|()| ClosureVu(id, self.clone()))
    }
}

impl Vu for ClosureVu {
    async fn call(&mut self, call: Call) -> CallEnd {
        self.1.ledger.began.fetch_add(1, SeqCst);
        let end = (self.1.on_call)(self.0, call).await;
        self.1.ledger.ended.fetch_add(1, SeqCst);
        end
    }
}

/// Sleeps like a script does: until the time is up or the interrupt raised.
pub(crate) async fn sleep(duration: Duration, interrupt: &Interrupt) -> CallOutcome {
    tokio::select! {
        () = interrupt.raised() => CallOutcome::Interrupted,
        () = tokio::time::sleep(duration) => CallOutcome::Completed,
    }
}

/// VUs whose iterations sleep.
pub(crate) fn sleepers(millis: u64) -> Closures {
    Closures::new(move |_, call| async move {
        match is_iteration(&call) {
            true => sleep(ms(millis), &call.interrupt).await,
            false => CallOutcome::Completed,
        }
    })
}

/// An exception.
pub(crate) fn boom() -> ScriptError {
    ScriptError { message: "boom".to_owned(), stack: String::new() }
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn plan(options: &Value) -> Plan {
    let layer = OptionsLayer::from_json(Origin::Script("test.js".to_owned()), options);
    resolve(vec![layer]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A run with what it said.
pub(crate) struct Trial {
    pub(crate) run: Run<Closures>,
    pub(crate) log: Log,
    factory: Closures,
}

/// What a run said, and when.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Instant, RunEvent)>>>);

impl Log {
    pub(crate) fn events(&self) -> Vec<RunEvent> {
        self.0.lock().expect("no test panics with it").iter().map(|(_, event)| event.clone()).collect()
    }

    pub(crate) fn phases(&self) -> Vec<Phase> {
        let phase = |event| match event {
            RunEvent::PhaseBegan(phase) => Some(phase),
            _ => None,
        };
        self.events().into_iter().filter_map(phase).collect()
    }

    /// When an event was said, from the first one.
    pub(crate) fn time_of(&self, wanted: &RunEvent) -> Option<Duration> {
        let log = self.0.lock().expect("no test panics with it");
        let (first, _) = log.first()?;
        log.iter().find(|(_, event)| event == wanted).map(|(at, _)| at.duration_since(*first))
    }
}

/// A run of `options` on one worker, with every phase that the options do not turn off.
pub(crate) fn trial(options: &Value, factory: Closures) -> Trial {
    trial_with(options, factory, RunConfig::default())
}

pub(crate) fn trial_with(options: &Value, factory: Closures, config: RunConfig) -> Trial {
    trial_of_with(plan(options), factory, config)
}

/// A run of a plan that is made otherwise.
pub(crate) fn trial_of(plan: Plan, factory: Closures) -> Trial {
    trial_of_with(plan, factory, RunConfig::default())
}

fn trial_of_with(plan: Plan, factory: Closures, config: RunConfig) -> Trial {
    let thresholds = Thresholds::bind(&plan.thresholds, &Registry::new()).expect("valid thresholds");
    let log = Log::default();
    let events = {
        let log = log.clone();
        EventSink::new(move |event| {
            log.0.lock().expect("no test panics with it").push((Instant::now(), event));
        })
    };
    let phases = ScriptPhases { setup: true, teardown: true };
    let config = RunConfig { phases, thresholds, ..config };
    Trial { run: Run::new(Arc::new(plan), factory.clone(), config, events), log, factory }
}

/// Runs on this thread's paused time, and checks that every call came to its end.
pub(crate) async fn finish(trial: Trial) -> RunOutcome {
    let outcome = trial.run.execute_here().await;
    trial.factory.assert_nothing_was_dropped();
    outcome
}

/// The same on real threads.
pub(crate) async fn finish_on_threads(trial: Trial) -> RunOutcome {
    let outcome = trial.run.execute().await;
    trial.factory.assert_nothing_was_dropped();
    outcome
}

/// Stops a run at a time from now.
pub(crate) fn stop_after(control: RunControl, millis: u64) {
    tokio::spawn(async move {
        tokio::time::sleep(ms(millis)).await;
        control.stop(plimsoll_engine::RunEnd::Signal);
    });
}

/// The sum of a counter, or the number of samples of anything else.
pub(crate) fn total(outcome: &RunOutcome, metric: MetricId) -> f64 {
    match outcome.aggregate.total(metric) {
        None => 0.0,
        Some(Sink::Counter(counter)) => counter.sum,
        Some(sink) => sink.count() as f64,
    }
}

/// Whether a call is an iteration.
pub(crate) fn is_iteration(call: &Call) -> bool {
    matches!(call.kind, CallKind::Iteration(_))
}

/// A list that VUs on any thread append to.
#[derive(Clone)]
pub(crate) struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Notes<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Notes<T> {
    pub(crate) fn push(&self, note: T) {
        self.0.lock().expect("no test panics with it").push(note);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        self.0.lock().expect("no test panics with it").clone()
    }
}
