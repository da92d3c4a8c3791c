//! What may be read while the run goes on: by scripts (`k6/execution`), by progress displays, by a control
//! API.
//!
//! Counters only, each an atomic; the numbers of one moment need not fit together to the last unit.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use plimsoll_plan::{Plan, Scenario, options::tags::Tags, stripe::Stripe};
use tokio::{sync::Notify, time::Instant};

use crate::{event::Phase, vu::VuId};

/// The state of a run.
#[derive(Debug)]
pub struct RunState {
    scenarios: Vec<Arc<ScenarioContext>>,
    /// Its place in [`Phase::ALL`].
    phase: AtomicU8,
    pub(crate) initialised_vus: AtomicU32,
    test_started: OnceLock<Instant>,
    test_ended: OnceLock<Instant>,
    failed: OnceLock<String>,
    warm_up_begun: OnceLock<Instant>,
    warm_up_ended: OnceLock<Instant>,
    /// Tells one listener that the warm-up has ended.
    warmed_up: Notify,
    /// This instance's VUs among those of the whole test.
    vus: Stripe,
}

impl RunState {
    /// The state of a run that has not begun.
    pub fn new(plan: &Plan) -> Self {
        Self {
            scenarios: plan
                .scenarios
                .iter()
                .map(|scenario| Arc::new(ScenarioContext::new(scenario)))
                .collect(),
            phase: AtomicU8::new(Phase::Init as u8),
            initialised_vus: AtomicU32::new(0),
            test_started: OnceLock::new(),
            test_ended: OnceLock::new(),
            failed: OnceLock::new(),
            warm_up_begun: OnceLock::new(),
            warm_up_ended: OnceLock::new(),
            warmed_up: Notify::new(),
            vus: plan.vus.clone(),
        }
    }

    /// The scenarios, in the plan's order.
    pub fn scenarios(&self) -> &[Arc<ScenarioContext>] {
        &self.scenarios
    }

    /// The phase it is in.
    pub fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Relaxed))]
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    /// What a VU is called in the whole test, of which this instance may be a part.
    pub fn vu_id_in_test(&self, id: VuId) -> u64 {
        // There is no VU 0 in iterations, and everything else has it in common.
        id.0.checked_sub(1).map_or(0, |index| self.vus.slot(u64::from(index)) + 1)
    }

    /// VUs that are in an activation.
    pub fn active_vus(&self) -> u32 {
        self.progress().map(ScenarioProgress::active_vus).sum()
    }

    /// VUs that have been initialised.
    pub fn initialised_vus(&self) -> u32 {
        self.initialised_vus.load(Relaxed)
    }

    /// Iterations that ran to their end, exceptions included.
    pub fn complete_iterations(&self) -> u64 {
        self.progress().map(ScenarioProgress::complete_iterations).sum()
    }

    /// Iterations that were interrupted.
    pub fn interrupted_iterations(&self) -> u64 {
        self.progress().map(ScenarioProgress::interrupted_iterations).sum()
    }

    fn progress(&self) -> impl Iterator<Item = &ScenarioProgress> {
        self.scenarios.iter().map(|scenario| &*scenario.progress)
    }

    /// When the test began, which is when `setup` did; `None` before.
    pub fn test_started(&self) -> Option<Instant> {
        self.test_started.get().copied()
    }

    /// How long the test has been running, or ran; zero before it began.
    pub fn test_elapsed(&self) -> Duration {
        let until = || self.test_ended.get().copied().unwrap_or_else(Instant::now);
        self.test_started().map(|start| until().duration_since(start)).unwrap_or_default()
    }

    /// Whether samples are being kept apart just now.
    pub fn is_warming_up(&self) -> bool {
        self.warm_up_begun().is_some() && self.warm_up_ended.get().is_none()
    }

    /// How much of the test so far was warm-up.
    pub fn warm_up_elapsed(&self) -> Duration {
        let Some(begun) = self.warm_up_begun() else { return Duration::ZERO };
        self.warm_up_ended.get().map_or_else(|| begun.elapsed(), |ended| ended.duration_since(begun))
    }

    /// How long samples have been taken that count.
    pub fn measured_elapsed(&self) -> Duration {
        self.test_elapsed().saturating_sub(self.warm_up_elapsed())
    }

    pub(crate) fn warm_up_begun(&self) -> Option<Instant> {
        self.warm_up_begun.get().copied()
    }

    pub(crate) fn begin_warm_up(&self) {
        let _ = self.warm_up_begun.set(Instant::now());
    }

    pub(crate) fn end_warm_up(&self) {
        let is_first = self.warm_up_ended.set(Instant::now()).is_ok();
        if is_first && self.warm_up_begun().is_some() {
            self.warmed_up.notify_one();
        }
    }

    /// Waits for the end of the warm-up; for ever where there is none. For one listener, who hears of it
    /// once.
    pub async fn warmed_up(&self) {
        self.warmed_up.notified().await;
    }

    /// For how long scenarios have started iterations, the warm-up excepted: neither `setup` nor `teardown`
    /// nor the wait for the last iterations is in it.
    pub fn starting_elapsed(&self) -> Duration {
        let span = |progress: &ScenarioProgress| {
            let (start, length) = (progress.started_at()?, progress.elapsed().min(progress.duration));
            (!length.is_zero()).then(|| (start, start + length))
        };
        let spans = self.progress().filter_map(span);
        let whole = spans.reduce(|all, more| (all.0.min(more.0), all.1.max(more.1)));
        let length = whole.map(|(start, end)| end.duration_since(start)).unwrap_or_default();
        length.saturating_sub(self.warm_up_elapsed())
    }

    /// When the last scenario has no time left to start iterations; `None` as long as one of them waits for
    /// another.
    pub(crate) fn starts_end(&self) -> Option<Instant> {
        let ends = self.progress().map(|progress| progress.started_at()?.checked_add(progress.duration));
        ends.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Whether no scenario will start another iteration.
    pub fn has_ceased(&self) -> bool {
        self.progress().all(ScenarioProgress::has_ceased)
    }

    /// Marks the test as failed (`exec.test.fail`); the run goes on. The first message stays.
    pub fn fail_test(&self, message: &str) {
        let _ = self.failed.set(message.to_owned());
    }

    /// The first message given to [`fail_test`](Self::fail_test).
    pub fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    pub(crate) fn begin_test(&self, at: Instant) {
        let _ = self.test_started.set(at);
    }

    pub(crate) fn end_test(&self, at: Instant) {
        let _ = self.test_ended.set(at);
    }
}

/// One scenario, as its iterations see it. Clones share the progress.
#[derive(Debug, Clone)]
pub struct ScenarioContext {
    /// Its name.
    pub name: Arc<str>,
    /// Its executor's name, `constant-vus`.
    pub executor: &'static str,
    /// The exported function that an iteration calls.
    pub exec: Arc<str>,
    /// Tags on every sample.
    pub tags: Tags,
    /// Variables added to `__ENV`.
    pub env: BTreeMap<String, String>,
    /// How far it is.
    pub progress: Arc<ScenarioProgress>,
}

impl ScenarioContext {
    /// The context of a scenario that has not started.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            name: scenario.name.as_str().into(),
            executor: scenario.executor.name(),
            exec: scenario.exec.as_str().into(),
            tags: scenario.tags.clone(),
            env: scenario.env.clone(),
            progress: Arc::new(ScenarioProgress::new(scenario)),
        }
    }
}

/// How far a scenario is.
#[derive(Debug)]
pub struct ScenarioProgress {
    /// How long it starts iterations.
    pub duration: Duration,
    /// How many iterations it will start if time allows, when that is fixed.
    pub total_iterations: Option<u64>,
    /// The scenario that it waits for.
    pub start_after: Option<String>,
    /// The most VUs it has active at once.
    pub max_vus: u32,
    pub(crate) started: AtomicU64,
    pub(crate) first: AtomicU64,
    pub(crate) complete: AtomicU64,
    pub(crate) interrupted: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) made_on_demand: AtomicU32,
    pub(crate) active_vus: AtomicU32,
    started_at: OnceLock<Instant>,
    ended_at: OnceLock<Instant>,
}

impl ScenarioProgress {
    fn new(scenario: &Scenario) -> Self {
        Self {
            duration: scenario.duration(),
            total_iterations: scenario.total_iterations(),
            start_after: scenario.start_after.clone(),
            max_vus: scenario.max_vus(),
            started: AtomicU64::new(0),
            first: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            interrupted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            made_on_demand: AtomicU32::new(0),
            active_vus: AtomicU32::new(0),
            started_at: OnceLock::new(),
            ended_at: OnceLock::new(),
        }
    }

    /// When it started or, as long as that lies in the future, will start; `None` until the scenarios phase
    /// begins.
    pub fn started_at(&self) -> Option<Instant> {
        self.started_at.get().copied()
    }

    /// For how long it has been going on; its whole time once it has ended.
    pub fn elapsed(&self) -> Duration {
        let Some(start) = self.started_at() else { return Duration::ZERO };
        let end = self.ended_at.get().copied().unwrap_or_else(Instant::now);
        end.saturating_duration_since(start)
    }

    /// Iterations that were started.
    pub fn started_iterations(&self) -> u64 {
        self.started.load(Relaxed)
    }

    /// Those of them that were the first of their VU, which in many scripts logs in.
    pub fn first_iterations(&self) -> u64 {
        self.first.load(Relaxed)
    }

    /// Iterations that ran to their end, exceptions included.
    pub fn complete_iterations(&self) -> u64 {
        self.complete.load(Relaxed)
    }

    /// Iterations that were interrupted.
    pub fn interrupted_iterations(&self) -> u64 {
        self.interrupted.load(Relaxed)
    }

    /// Iterations that were planned and never started.
    pub fn dropped_iterations(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// VUs beyond those it had from the start.
    pub fn vus_made_on_demand(&self) -> u32 {
        self.made_on_demand.load(Relaxed)
    }

    /// VUs that are in an activation.
    pub fn active_vus(&self) -> u32 {
        self.active_vus.load(Relaxed)
    }

    /// How far it is, from 0 to 1: by iterations where their number is fixed, else by time.
    pub fn fraction(&self) -> f64 {
        let fraction = match self.total_iterations {
            Some(total) => self.complete_iterations() as f64 / total.max(1) as f64,
            None if self.duration.is_zero() => 1.0,
            None => self.elapsed().as_secs_f64() / self.duration.as_secs_f64(),
        };
        fraction.min(1.0)
    }

    /// Whether it will start no other iteration.
    fn has_ceased(&self) -> bool {
        let Some(start) = self.started_at() else { return false };
        let is_used_up = self.total_iterations.is_some_and(|total| self.started_iterations() >= total);
        is_used_up || self.ended_at.get().is_some() || start.elapsed() >= self.duration
    }

    pub(crate) fn end(&self, at: Instant) {
        let _ = self.ended_at.set(at);
    }

    pub(crate) fn start(&self, at: Instant) {
        let _ = self.started_at.set(at);
    }
}
