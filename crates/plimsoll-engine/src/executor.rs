//! The VU loop: the one loop behind every VU-driven executor.
//!
//! Executors differ in two values only, their [timeline](plimsoll_plan::VuTimeline) and their
//! [budget](plimsoll_plan::IterationBudget). Each VU of a scenario is one task that goes through these
//! states:
//!
//! | state | left when | to |
//! |---|---|---|
//! | waiting | the activation starts | looping |
//! | waiting | interrupted | done |
//! | looping | the activation ends, or the budget is used up | draining |
//! | draining | the iteration in progress ends | waiting (another activation) or done |
//! | looping, draining | cut-off: its interrupt is raised, the call's end awaited | waiting or done |
//! | any | everything is interrupted: the same, for good | done |
//!
//! # Fairness
//!
//! A VU whose iterations never wait would keep its worker to itself. So a VU that has run for [`SLICE`]
//! without suspending yields between two iterations. The time of an iteration itself is the VU's own affair.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use plimsoll_plan::{Activation, IterationBudget, Plan};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    clock::Clock,
    event::RunEvent,
    interrupt::Interrupt,
    leash::Leash,
    outcome::RunEnd,
    pool::Member,
    recorder::{IterationRecorder, record_dropped},
    state::ScenarioContext,
    vu::{Call, CallEnd, CallKind, CallOutcome, Iteration, ScriptError, Vu, VuFactory, VuId},
    worker::Worker,
};

/// How long a VU may run iterations that never wait before it lets others run: long enough that a yield (0.1
/// µs to 0.2 µs) costs next to nothing, short enough that a hundred such VUs delay a timer by 5 ms.
const SLICE: Duration = Duration::from_micros(50);

/// All scenarios, begun.
#[derive(Clone)]
pub(crate) struct Activity {
    pub(crate) plan: Arc<Plan>,
    /// When the scenarios phase began; scenarios start relative to it.
    pub(crate) begun: Instant,
    pub(crate) setup_data: Option<Arc<str>>,
}

/// One VU's part in one scenario.
pub(crate) struct Slot {
    /// The scenario's place in the plan.
    index: usize,
    scenario: Arc<ScenarioContext>,
    /// When the scenario starts.
    started: Instant,
    vu: VuId,
    activations: Vec<Activation>,
    budget: IterationBudget,
    min_iteration: Duration,
    plan: Arc<Plan>,
    setup_data: Option<Arc<str>>,
    leash: Leash,
}

impl Activity {
    /// The parts of this worker's VUs.
    ///
    /// What iterations clone is copied for each worker here: reference counts that threads share would be the
    /// most contended memory of the whole run.
    pub(crate) fn slots<F: VuFactory>(&self, worker: &Worker<F>) -> Vec<Slot> {
        let setup_data: Option<Arc<str>> = self.setup_data.as_deref().map(Arc::from);
        let scenarios = self.plan.scenarios.iter().zip(worker.context.run.scenarios()).enumerate();
        let mut slots = Vec::new();
        for (index, (scenario, context)) in scenarios {
            let timeline = scenario.timeline();
            let context = Arc::new(ScenarioContext::clone(context));
            let of_worker = |id: u32| worker.is_home_of(VuId(id));
            for (slot, id) in (0..).zip(&scenario.vu_ids).filter(|(_, id)| of_worker(**id)) {
                slots.push(Slot {
                    index,
                    scenario: Arc::clone(&context),
                    started: self.begun + scenario.start_time,
                    vu: VuId(*id),
                    activations: timeline.activations(slot),
                    budget: scenario.budget(),
                    min_iteration: self.plan.options.min_iteration_duration,
                    plan: Arc::clone(&self.plan),
                    setup_data: setup_data.clone(),
                    leash: worker.kennel.leash(),
                });
            }
        }
        slots
    }
}

/// Drives one VU through one scenario. `ended` gets the scenario's index when the VU is done with it.
pub(crate) async fn drive<F: VuFactory>(
    worker: Rc<Worker<F>>,
    slot: Slot,
    ended: mpsc::UnboundedSender<usize>,
) {
    let mut driver = Driver::new(&worker, &slot);
    let mut member = None;
    for activation in &slot.activations {
        slot.leash.renew();
        let interrupt = slot.leash.interrupt();
        if !reaches(slot.started + activation.start, &interrupt).await {
            break;
        }
        if member.is_none() {
            member = worker.pool.take(slot.vu, &interrupt).await;
        }
        let Some(member) = &mut member else { break };
        if driver.activate(member, *activation, &interrupt).await == Next::Done {
            break;
        }
    }
    driver.count_dropped();
    if let Some(member) = member {
        worker.pool.put_back(member);
    }
    let _ = ended.send(slot.index);
}

/// Waits for an instant; `false` when interrupted before it.
async fn reaches(at: Instant, interrupt: &Interrupt) -> bool {
    tokio::select! {
        biased;
        () = interrupt.raised() => false,
        () = sleep_until(at) => true,
    }
}

/// What comes after an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The next activation, if there is one.
    Activation,
    /// Nothing: the budget is used up.
    Done,
}

/// One VU in one scenario, at work.
struct Driver<'a, F: VuFactory> {
    worker: &'a Worker<F>,
    slot: &'a Slot,
    clock: Clock,
    /// Iterations that this VU has started in this scenario.
    started: u64,
    recorder: IterationRecorder,
    slice: Slice,
}

impl<'a, F: VuFactory> Driver<'a, F> {
    fn new(worker: &'a Worker<F>, slot: &'a Slot) -> Self {
        let clock = worker.context.clock;
        Self {
            worker,
            slot,
            clock,
            started: 0,
            recorder: IterationRecorder::default(),
            slice: Slice::default(),
        }
    }

    /// Lets the VU loop until the activation's end; what still runs at its cut-off is interrupted and
    /// awaited.
    async fn activate(
        &mut self,
        member: &mut Member<F::Vu>,
        activation: Activation,
        interrupt: &Interrupt,
    ) -> Next {
        let _active = Active::new(&self.slot.scenario.progress.active_vus);
        member.activations += 1;
        let slice = self.slice.clone();
        let (end, cut_off) = (self.slot.started + activation.end, self.slot.started + activation.cut_off);
        let work = self.iterate(member, end, interrupt);
        let (next, _) = with_cut_off(work, cut_off, interrupt, &slice).await;
        next
    }

    /// The hot loop. No lock, no allocation, no formatting, no lookup by name.
    async fn iterate(&mut self, member: &mut Member<F::Vu>, end: Instant, interrupt: &Interrupt) -> Next {
        loop {
            let started_at = self.clock.now();
            if interrupt.is_raised() || started_at >= end {
                return Next::Activation;
            }
            let Some(number) = self.admit() else { return Next::Done };
            let call = self.call(member, number, started_at, interrupt);
            let call_end = member.vu.call(call).await;
            let ended_at = self.clock.now();
            self.note(&call_end, started_at, ended_at);
            self.pause(started_at, ended_at, end, interrupt).await;
            if self.slice.is_over(ended_at) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes one iteration from the budget: its number within the scenario.
    #[inline]
    fn admit(&mut self) -> Option<u64> {
        let started = &self.slot.scenario.progress.started;
        let number = match self.slot.budget {
            IterationBudget::Unlimited => started.fetch_add(1, Relaxed),
            IterationBudget::Shared(total) => take_shared(started, total)?,
            IterationBudget::PerVu(each) if self.started >= each => return None,
            IterationBudget::PerVu(_) => started.fetch_add(1, Relaxed),
        };
        self.started += 1;
        Some(number)
    }

    #[inline]
    fn call(
        &self,
        member: &mut Member<F::Vu>,
        number: u64,
        started_at: Instant,
        interrupt: &Interrupt,
    ) -> Call {
        let iteration = Iteration {
            scenario: Arc::clone(&self.slot.scenario),
            iteration_in_vu: member.iterations,
            vu_iteration_in_scenario: self.started - 1,
            scenario_iteration_in_instance: number,
            scenario_iteration_in_test: number,
            activation: member.activations,
            due_at: None,
            started_at,
        };
        member.iterations += 1;
        let kind = CallKind::Iteration(iteration);
        Call { kind, interrupt: interrupt.clone(), setup_data: self.slot.setup_data.clone() }
    }

    /// Counts and records one iteration.
    #[inline]
    fn note(&mut self, call_end: &CallEnd, started_at: Instant, ended_at: Instant) {
        let progress = &self.slot.scenario.progress;
        match &call_end.outcome {
            CallOutcome::Completed => {}
            CallOutcome::Threw(error) => self.report_exception(error),
            CallOutcome::Interrupted => {
                progress.interrupted.fetch_add(1, Relaxed);
                return;
            }
            CallOutcome::Aborted { reason } => {
                progress.interrupted.fetch_add(1, Relaxed);
                self.worker.shared.control.stop(RunEnd::ScriptAborted { reason: reason.clone() });
                // The conductor will tell all workers; this one need not start anything until then.
                self.worker.kennel.interrupt_all();
                return;
            }
        }
        progress.complete.fetch_add(1, Relaxed);
        let mut shard = self.worker.context.shard.borrow_mut();
        let took = ended_at.duration_since(started_at);
        self.recorder.record(&mut shard, call_end.tags, took, self.clock.timestamp(ended_at));
    }

    #[cold]
    fn report_exception(&self, error: &ScriptError) {
        let (scenario, vu) = (self.slot.index, self.slot.vu);
        self.worker.shared.events.send(RunEvent::IterationThrew { scenario, vu, error: error.clone() });
    }

    /// Waits out `minIterationDuration`, though not beyond the activation's end, after which nothing starts
    /// anyway.
    #[inline]
    async fn pause(&self, started_at: Instant, ended_at: Instant, end: Instant, interrupt: &Interrupt) {
        let until = end.min(started_at + self.slot.min_iteration);
        if until > ended_at {
            reaches(until, interrupt).await;
        }
    }

    /// Records the iterations of this VU's own budget that time did not allow. Not when the run was stopped:
    /// then nobody expected them.
    fn count_dropped(&self) {
        let IterationBudget::PerVu(each) = self.slot.budget else { return };
        let dropped = each - self.started;
        if dropped == 0 || self.slot.leash.is_for_good() {
            return;
        }
        self.slot.scenario.progress.dropped.fetch_add(dropped, Relaxed);
        let context = &self.worker.context;
        let now = self.clock.timestamp(self.clock.now());
        record_dropped(
            &mut context.shard.borrow_mut(),
            &self.slot.plan.options,
            &self.slot.scenario,
            dropped,
            now,
        );
    }
}

/// Takes one from a budget that all VUs share, on all workers; `None` when it is used up.
fn take_shared(started: &AtomicU64, total: u64) -> Option<u64> {
    started.fetch_update(Relaxed, Relaxed, |started| (started < total).then_some(started + 1)).ok()
}

/// Polls `work` to its end and raises `interrupt` when the cut-off comes first. Says whether it did.
///
/// This is where calls are kept from being dropped: nothing but their own end ends this future.
pub(crate) async fn with_cut_off<T>(
    work: impl Future<Output = T>,
    cut_off: Instant,
    interrupt: &Interrupt,
    slice: &Slice,
) -> (T, bool) {
    let mut work = pin!(work);
    let mut deadline = pin!(sleep_until(cut_off));
    let mut cut = false;
    poll_fn(|cx| {
        slice.begin();
        if let Poll::Ready(end) = work.as_mut().poll(cx) {
            return Poll::Ready((end, cut));
        }
        if !interrupt.is_raised() && deadline.as_mut().poll(cx).is_ready() {
            cut = true;
            // Wakes this very task, if the work waits for the interrupt.
            interrupt.raise();
        }
        Poll::Pending
    })
    .await
}

/// Since when a task has been running without suspending.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slice(Rc<Cell<Option<Instant>>>);

impl Slice {
    /// The task was just resumed.
    #[inline]
    fn begin(&self) {
        self.0.set(None);
    }

    /// Whether it has run long enough. The slice begins at the first question after the task was resumed.
    #[inline]
    fn is_over(&self, now: Instant) -> bool {
        match self.0.get() {
            Some(since) => now.duration_since(since) >= SLICE,
            None => {
                self.0.set(Some(now));
                false
            }
        }
    }
}

/// Counts an active VU for as long as it lives.
struct Active<'a>(&'a AtomicU32);

impl<'a> Active<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
