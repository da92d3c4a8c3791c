//! The VU loop: the one loop behind every VU-driven executor.
//!
//! Executors differ in two values only: their [budget](plimsoll_plan::IterationBudget), and the
//! [turns](Turns) of their VUs, which a [timeline](plimsoll_plan::VuTimeline) has or somebody outside tells.
//! Each VU of a scenario is one task that goes through these states:
//!
//! | state | left when | to |
//! |---|---|---|
//! | waiting | the turn starts | looping |
//! | waiting | interrupted | done |
//! | looping | the turn ends, or the budget is used up | draining |
//! | draining | the iteration in progress ends | waiting (another turn) or done |
//! | looping, draining | cut-off: its interrupt is raised, the call's end awaited | waiting or done |
//! | any | everything is interrupted: the same, for good | done |
//!
//! # Fairness
//!
//! A VU whose iterations never wait would keep its worker to itself. So a VU that has run for a [`Slice`]
//! without suspending yields between two iterations. The time of an iteration itself is the VU's own affair.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    vec,
};

use plimsoll_plan::{Activation, IterationBudget, Plan, VuTimeline};
use tokio::time::Instant;

use crate::{
    cut_off::{Slice, reaches, with_cut_off},
    external::Orders,
    interrupt::Interrupt,
    iteration::{Active, Iterations, Part, Start},
    leash::Leash,
    pool::Member,
    recorder::DropRecorder,
    state::ScenarioContext,
    vu::{VuFactory, VuId},
    worker::Worker,
};

/// Scenarios that begin together.
#[derive(Clone)]
pub(crate) struct Activity {
    pub(crate) plan: Arc<Plan>,
    /// Those that begin now.
    pub(crate) scenarios: Arc<[usize]>,
    /// What their start times count from.
    pub(crate) begun: Instant,
    pub(crate) setup_data: Option<Arc<str>>,
}

/// One VU's place in one scenario.
pub(crate) struct Slot {
    part: Rc<Part>,
    vu: VuId,
    budget: IterationBudget,
    leash: Leash,
}

/// When a VU is active in a scenario.
pub(crate) enum Turns {
    /// As planned.
    Planned(vec::IntoIter<Activation>),
    /// As told while the run goes on.
    Told(Rc<Orders>),
}

/// One period in which a VU starts iterations.
pub(crate) struct Turn {
    /// From here on it starts no new one. Whoever gave the turn may change it while it lasts.
    pub(crate) end: Rc<Cell<Instant>>,
    /// An iteration still running here is interrupted.
    pub(crate) cut_off: Instant,
}

impl Activity {
    /// This worker's part of each.
    pub(crate) fn parts<F: VuFactory>(&self, worker: &Worker<F>) -> Vec<Rc<Part>> {
        let setup_data: Option<Arc<str>> = self.setup_data.as_deref().map(Arc::from);
        let part = |index: &usize| Part {
            index: *index,
            scenario: Arc::new(ScenarioContext::clone(&worker.context.run.scenarios()[*index])),
            started: self.begun + self.plan.scenarios[*index].start_time,
            min_iteration: self.plan.options.min_iteration_duration,
            plan: Arc::clone(&self.plan),
            setup_data: setup_data.clone(),
        };
        self.scenarios.iter().map(part).map(Rc::new).collect()
    }
}

/// This worker's VUs in a scenario, and when they are active.
pub(crate) fn slots<F: VuFactory>(
    worker: &Worker<F>,
    part: &Rc<Part>,
    timeline: &VuTimeline,
) -> Vec<(Slot, Turns)> {
    let vus = (0..).zip(part.plan_of().vu_ids.iter().map(|id| VuId(*id)));
    let slot =
        |(index, vu)| (Slot::new(worker, part, vu), Turns::Planned(timeline.activations(index).into_iter()));
    vus.filter(|(_, vu)| worker.is_home_of(*vu)).map(slot).collect()
}

impl Slot {
    pub(crate) fn new<F: VuFactory>(worker: &Worker<F>, part: &Rc<Part>, vu: VuId) -> Self {
        let (budget, leash) = (part.plan_of().budget(), worker.kennel.leash());
        Self { part: Rc::clone(part), vu, budget, leash }
    }

    /// The VU.
    pub(crate) fn vu(&self) -> VuId {
        self.vu
    }

    /// The present interrupt of whatever the VU does here.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.leash.interrupt()
    }
}

impl Turns {
    /// Waits for the next one; `None` when there is none, or interrupted before it.
    async fn next(&mut self, scenario_started: Instant, interrupt: &Interrupt) -> Option<Turn> {
        match self {
            Self::Planned(activations) => {
                let Activation { start, end, cut_off } = activations.next()?;
                let turn = || Turn {
                    end: Rc::new(Cell::new(scenario_started + end)),
                    cut_off: scenario_started + cut_off,
                };
                reaches(scenario_started + start, interrupt).await.then(turn)
            }
            Self::Told(orders) => orders.next(interrupt).await,
        }
    }
}

/// Drives one VU through one scenario.
pub(crate) async fn drive<F: VuFactory>(worker: Rc<Worker<F>>, slot: Slot, mut turns: Turns) {
    let mut driver = Driver::new(&worker, &slot);
    let mut member = None;
    loop {
        slot.leash.renew();
        let interrupt = slot.leash.interrupt();
        let Some(turn) = turns.next(slot.part.started, &interrupt).await else { break };
        if member.is_none() {
            member = worker.pool.take(slot.vu, &interrupt).await;
        }
        let Some(member) = &mut member else { break };
        if driver.take(member, &turn, &interrupt).await == Next::Done {
            break;
        }
    }
    driver.count_dropped();
    if let Some(member) = member {
        worker.pool.put_back(member);
    }
}

/// What comes after a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The next turn, if there is one.
    Turn,
    /// Nothing: the budget is used up.
    Done,
}

/// One VU in one scenario, at work.
struct Driver<'a, F: VuFactory> {
    worker: &'a Worker<F>,
    slot: &'a Slot,
    iterations: Iterations<'a, F>,
    slice: Slice,
}

impl<'a, F: VuFactory> Driver<'a, F> {
    fn new(worker: &'a Worker<F>, slot: &'a Slot) -> Self {
        let iterations = Iterations::new(worker, Rc::clone(&slot.part), slot.vu);
        Self { worker, slot, iterations, slice: Slice::default() }
    }

    /// Lets the VU loop until the turn's end; what still runs at its cut-off is interrupted and awaited.
    async fn take(&mut self, member: &mut Member<F::Vu>, turn: &Turn, interrupt: &Interrupt) -> Next {
        let _active = Active::new(&self.slot.part.scenario.progress.active_vus);
        member.activations += 1;
        let slice = self.slice.clone();
        let work = self.iterate(member, &turn.end, interrupt);
        let (next, _) = with_cut_off(work, turn.cut_off, interrupt, &slice).await;
        next
    }

    /// The hot loop. No lock, no allocation, no formatting, no lookup by name.
    async fn iterate(
        &mut self,
        member: &mut Member<F::Vu>,
        end: &Cell<Instant>,
        interrupt: &Interrupt,
    ) -> Next {
        loop {
            let at = self.worker.context.clock.now();
            if interrupt.is_raised() || at >= end.get() {
                return Next::Turn;
            }
            let Some(number) = self.admit() else { return Next::Done };
            let start = Start { number, due_at: None, at };
            let ended_at = self.iterations.run(member, start, interrupt).await;
            self.iterations.pause(at, ended_at, end.get(), interrupt).await;
            if self.slice.is_over(ended_at) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes one iteration from the budget: its number within the scenario.
    #[inline]
    fn admit(&self) -> Option<u64> {
        let started = &self.slot.part.scenario.progress.started;
        match self.slot.budget {
            IterationBudget::Unlimited => Some(started.fetch_add(1, Relaxed)),
            IterationBudget::Shared(total) => take_shared(started, total),
            IterationBudget::PerVu(each) if self.iterations.started >= each => None,
            IterationBudget::PerVu(_) => Some(started.fetch_add(1, Relaxed)),
        }
    }

    /// Records the iterations of this VU's own budget that time did not allow. Not when the run was stopped:
    /// then nobody expected them.
    fn count_dropped(&self) {
        let IterationBudget::PerVu(each) = self.slot.budget else { return };
        let dropped = each - self.iterations.started;
        if dropped == 0 || self.slot.leash.is_for_good() {
            return;
        }
        let (context, part) = (&self.worker.context, &self.slot.part);
        part.scenario.progress.dropped.fetch_add(dropped, Relaxed);
        let now = context.clock.timestamp(context.clock.now());
        let mut shard = context.shard.borrow_mut();
        DropRecorder::default().record(&mut shard, &part.plan.options, &part.scenario, dropped, now);
    }
}

/// Takes one from a budget that all VUs share, on all workers; `None` when it is used up.
fn take_shared(started: &AtomicU64, total: u64) -> Option<u64> {
    started.fetch_update(Relaxed, Relaxed, |started| (started < total).then_some(started + 1)).ok()
}
