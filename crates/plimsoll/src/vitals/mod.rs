//! Watches the generator and its machine while a run goes on, off the way of its requests.
//!
//! Once a second a few counters of the system are read ([`machine`]) and their gains added up; what comes of
//! it are the [`Vitals`] that the verdict on the measurement is based on. Start with [`Monitor`].

mod clocks;
mod cpus;
mod machine;
mod workers;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plimsoll_engine::{LoopDelays, Phase, RunConfig, RunEnd, RunEvent, RunOutcome, RunState};
use plimsoll_metrics::Aggregate;
use plimsoll_plan::{Plan, Schedule};
use plimsoll_report::validity::{self, Delays, Validity};
use plimsoll_report::{Observations, Vitals};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use self::machine::{Machine, Reading};

/// How often the system is asked. A second's reading takes some 100 µs.
const TICK: Duration = Duration::from_secs(1);
/// Shorter parts than this are too short to say how busy a CPU was.
const SHORTEST: f64 = 0.2;
/// From this share of what it may use on, the generator has nothing to spare.
const EXHAUSTED: f64 = 0.95;

/// Watches one run. Clones watch the same.
#[derive(Clone)]
pub(crate) struct Monitor(Arc<Mutex<State>>);

struct State {
    machine: Machine,
    loop_delays: LoopDelays,
    last: Reading,
    /// Everything since the monitor was made.
    all: Vitals,
    /// What had been when the part began that counts: after `setup`, and after the warm-up.
    before: Vitals,
    /// CPU time, and what might have been used of it, that was too short for a verdict.
    short: (f64, f64, f64),
    /// The part that counts is over.
    is_over: bool,
}

impl Monitor {
    pub(crate) fn new() -> Self {
        let mut machine = Machine::default();
        let last = machine.read();
        let (all, before) = (Vitals::default(), Vitals::default());
        let loop_delays = LoopDelays::default();
        Monitor(Arc::new(Mutex::new(State {
            machine,
            loop_delays,
            last,
            all,
            before,
            short: (0.0, 0.0, 0.0),
            is_over: false,
        })))
    }

    /// Makes a run record what only its workers can know.
    pub(crate) fn attach(&self, config: &mut RunConfig) {
        config.loop_delays = self.lock().loop_delays.clone();
    }

    /// Follows the phases of the run: what is judged begins with the scenarios and ends with them.
    pub(crate) fn note(&self, event: &RunEvent) {
        let RunEvent::PhaseBegan(phase) = event else { return };
        let mut state = self.lock();
        match phase {
            Phase::Scenarios => state.begin(),
            Phase::Teardown | Phase::Ended => state.end(),
            Phase::Init | Phase::Paused | Phase::Setup => {}
        }
    }

    /// Reads the system again and again, for as long as it is polled.
    pub(crate) async fn watch(&self, run: &RunState) -> Infallible {
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.lock().read(),
                () = run.warmed_up() => self.lock().begin(),
            }
        }
    }

    /// The readings of the part of the run that counts, up to now. The difference of two of them is what was
    /// between.
    pub(crate) fn vitals(&self) -> Vitals {
        let mut state = self.lock();
        state.read();
        state.all.since(&state.before)
    }

    /// What has been observed of a run so far.
    pub(crate) fn observe_now(&self, plan: &Plan, state: &RunState, aggregate: &Aggregate) -> Observations {
        let mut observations = Observations::new(self.vitals(), aggregate);
        // The others drop what is left when they end, which is no matter of their schedule.
        let scenarios = plan.scenarios.iter().zip(state.scenarios());
        let others = scenarios.filter(|(scenario, _)| !scenario.has_arrivals());
        let dropped = others.map(|(_, context)| context.progress.dropped_iterations()).sum();
        observations.dropped = observations.dropped.saturating_sub(dropped);
        observations.starting = state.starting_elapsed().as_secs_f64();
        observations.function = only_function(plan).map(str::to_owned);
        observations
    }

    /// Whether the measurement can be trusted so far; `None` until there is something to judge.
    pub(crate) fn judge_now(&self, plan: &Plan, state: &RunState, aggregate: &Aggregate) -> Option<Validity> {
        let observations = self.observe_now(plan, state, aggregate);
        (observations.iterations > 0).then(|| validity::judge(&observations))
    }

    /// What was observed of a run that has ended.
    pub(crate) fn observe(&self, plan: &Plan, outcome: &RunOutcome) -> Observations {
        let mut observations = self.observe_now(plan, &outcome.state, &outcome.aggregate);
        observations.iterations = outcome.measured_iterations();
        if outcome.end == RunEnd::Completed && outcome.warm_up.is_none() {
            observations.planned = planned(plan);
        }
        observations
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many iterations the arrival rates of a plan ask for; `None` without any.
fn planned(plan: &Plan) -> Option<u64> {
    let arrivals = plan.scenarios.iter().filter_map(|scenario| match scenario.schedule() {
        Schedule::Arrivals(arrivals) => Some(arrivals.total()),
        Schedule::Vus(_) | Schedule::External | Schedule::Steered => None,
    });
    arrivals.reduce(|all, more| all + more)
}

/// The function that all scenarios call, if it is one.
fn only_function(plan: &Plan) -> Option<&str> {
    let mut functions = plan.scenarios.iter().map(|scenario| scenario.exec.as_str());
    let first = functions.next()?;
    functions.all(|other| other == first).then_some(first)
}

impl State {
    fn begin(&mut self) {
        self.read();
        self.before = self.all.clone();
    }

    fn end(&mut self) {
        self.read();
        self.is_over = true;
    }

    fn read(&mut self) {
        if self.is_over {
            return;
        }
        let now = self.machine.read();
        let mut gained = now.since(&self.last);
        gained.cpu_exhausted = self.exhausted(&gained);
        self.last = now;
        self.all.add(&gained);
        self.all.loop_delay = Delays::of(&self.loop_delays.read());
    }

    /// How much of this part, and of those before it that were too short to tell, had no CPU to spare.
    fn exhausted(&mut self, gained: &Vitals) -> f64 {
        let (elapsed, used, allowed) = &mut self.short;
        *elapsed += gained.elapsed;
        *used += gained.cpu_used;
        *allowed += gained.cpu_allowed;
        if *elapsed < SHORTEST {
            return 0.0;
        }
        let (elapsed, used, allowed) = std::mem::take(&mut self.short);
        if allowed > 0.0 && used >= EXHAUSTED * allowed { elapsed } else { 0.0 }
    }
}
