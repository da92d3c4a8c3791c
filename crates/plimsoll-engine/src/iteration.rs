//! One VU's iterations in one scenario: how each is called, counted and recorded, whatever made it start.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use plimsoll_plan::{Plan, Scenario};
use tokio::time::Instant;

use crate::{
    clock::Clock,
    cut_off::reaches,
    event::RunEvent,
    interrupt::Interrupt,
    outcome::RunEnd,
    pool::Member,
    recorder::IterationRecorder,
    state::ScenarioContext,
    vu::{Call, CallEnd, CallKind, CallOutcome, Iteration, ScriptError, Vu, VuFactory, VuId},
    worker::Worker,
};

/// One worker's part of one scenario.
///
/// What iterations clone is copied for each worker: reference counts that threads share would be the most
/// contended memory of the whole run.
pub(crate) struct Part {
    /// The scenario's place in the plan.
    pub(crate) index: usize,
    pub(crate) scenario: Arc<ScenarioContext>,
    /// When the scenario starts.
    pub(crate) started: Instant,
    pub(crate) min_iteration: Duration,
    pub(crate) plan: Arc<Plan>,
    pub(crate) setup_data: Option<Arc<str>>,
}

impl Part {
    /// The scenario as planned.
    pub(crate) fn plan_of(&self) -> &Scenario {
        &self.plan.scenarios[self.index]
    }

    /// When the scenario's last iteration is interrupted, from its start.
    pub(crate) fn grace_end(&self) -> Duration {
        let scenario = self.plan_of();
        scenario.duration().saturating_add(scenario.graceful_stop)
    }
}

/// How one iteration starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Its number within the scenario.
    pub(crate) number: u64,
    /// When the schedule wanted it, if it did.
    pub(crate) due_at: Option<Instant>,
    pub(crate) at: Instant,
}

/// The iterations of one VU in one scenario.
pub(crate) struct Iterations<'a, F: VuFactory> {
    worker: &'a Worker<F>,
    part: Rc<Part>,
    vu: VuId,
    clock: Clock,
    /// How many were started.
    pub(crate) started: u64,
    recorder: IterationRecorder,
}

impl<'a, F: VuFactory> Iterations<'a, F> {
    pub(crate) fn new(worker: &'a Worker<F>, part: Rc<Part>, vu: VuId) -> Self {
        let clock = worker.context.clock;
        Self { worker, part, vu, clock, started: 0, recorder: IterationRecorder::default() }
    }

    /// Runs one and records it. Returns when it ended.
    #[inline]
    pub(crate) async fn run(
        &mut self,
        member: &mut Member<F::Vu>,
        start: Start,
        interrupt: &Interrupt,
    ) -> Instant {
        let call = self.call(member, start, interrupt);
        let call_end = member.vu.call(call).await;
        let ended_at = self.clock.now();
        self.note(&call_end, start, ended_at);
        ended_at
    }

    #[inline]
    fn call(&mut self, member: &mut Member<F::Vu>, start: Start, interrupt: &Interrupt) -> Call {
        let iteration = Iteration {
            scenario: Arc::clone(&self.part.scenario),
            iteration_in_vu: member.iterations,
            vu_iteration_in_scenario: self.started,
            scenario_iteration_in_instance: start.number,
            scenario_iteration_in_test: self.part.plan_of().share.number_in_test(start.number),
            activation: member.activations,
            due_at: start.due_at,
            started_at: start.at,
        };
        if member.iterations == 0 {
            self.part.scenario.progress.first.fetch_add(1, Relaxed);
        }
        self.started += 1;
        member.iterations += 1;
        let kind = CallKind::Iteration(iteration);
        Call { kind, interrupt: interrupt.clone(), setup_data: self.part.setup_data.clone() }
    }

    /// Counts and records one iteration.
    #[inline]
    fn note(&mut self, call_end: &CallEnd, start: Start, ended_at: Instant) {
        let progress = &self.part.scenario.progress;
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
        let took = ended_at.duration_since(start.at);
        let late = start.due_at.map(|due_at| start.at.saturating_duration_since(due_at));
        self.recorder.record(&mut shard, call_end, took, late, self.clock.timestamp(ended_at));
    }

    #[cold]
    fn report_exception(&self, error: &ScriptError) {
        let (scenario, vu) = (self.part.index, self.vu);
        self.worker.shared.events.send(RunEvent::IterationThrew { scenario, vu, error: error.clone() });
    }

    /// Waits out `minIterationDuration`, though not beyond `end`, after which nothing starts
    /// anyway.
    #[inline]
    pub(crate) async fn pause(
        &self,
        started_at: Instant,
        ended_at: Instant,
        end: Instant,
        interrupt: &Interrupt,
    ) {
        let until = end.min(started_at + self.part.min_iteration);
        if until > ended_at {
            reaches(until, interrupt).await;
        }
    }
}

/// Counts an active VU for as long as it lives.
pub(crate) struct Active<'a>(&'a AtomicU32);

impl<'a> Active<'a> {
    pub(crate) fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
