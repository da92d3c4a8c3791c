//! One worker: what VUs see of it ([`WorkerContext`]), and the loop that obeys the conductor.
//!
//! A worker owns its VUs, its shard and every task that runs on it. It knows nothing of phases and decides
//! nothing: the conductor sends [`Command`]s, and a command is over when the sender that came with it is
//! dropped. That way a worker that dies ends its commands too, and the conductor never waits for the dead.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use plimsoll_metrics::{Shard, ShardConfig};
use plimsoll_plan::Schedule;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{
    arrival::{Timetable, run_part},
    clock::Clock,
    control::RunControl,
    event::EventSink,
    exchange::Post,
    executor::{Activity, drive, slots},
    external::lead,
    interrupt::Interrupt,
    iteration::Part,
    leash::Kennel,
    loop_delay::{LoopDelays, beat},
    measurements::Measurements,
    once::{OnceCall, OnceEnd, call_once},
    outcome::RunEnd,
    pacer::Timers,
    pool::{Member, Pool},
    run::SampleSink,
    state::RunState,
    threshold_watch::ThresholdWatch,
    vu::{VuFactory, VuId, VuInitError},
    warm_up::Lane,
};

/// What a VU sees of the worker it lives on. Cheap to clone; stays on its thread.
#[derive(Debug, Clone)]
pub struct WorkerContext {
    /// Where samples are recorded. A borrow must not be held across an `await`.
    pub shard: Rc<RefCell<Shard>>,
    /// The clock of the run.
    pub clock: Clock,
    /// The state of the run.
    pub run: Arc<RunState>,
    /// Which worker this is, from 0.
    pub index: usize,
}

impl WorkerContext {
    /// A context of its own, for VUs outside of a run (and for tests).
    pub fn new(index: usize, shard: ShardConfig, clock: Clock, run: Arc<RunState>) -> Self {
        Self { shard: Rc::new(RefCell::new(Shard::new(shard))), clock, run, index }
    }
}

/// What the conductor asks of a worker.
pub(crate) enum Command {
    /// Make these VUs, one after the other. Each one made is a message; a failure stops the run.
    MakeVus { ids: Vec<VuId>, made: mpsc::UnboundedSender<VuId> },
    /// Make VU 0, call it once, and drop it.
    CallOnce { call: OnceCall, end: oneshot::Sender<OnceEnd> },
    /// Run this worker's part of these scenarios. Each VU that is done with a scenario, or the whole part
    /// where iterations arrive, is a message with its index.
    RunScenarios { activity: Activity, posts: Vec<Option<Post>>, ended: mpsc::UnboundedSender<usize> },
    /// Merge the shard into the aggregate.
    Absorb { done: mpsc::UnboundedSender<()> },
    /// Merge the shard, and record into this lane from now on.
    ChangeLane { lane: Lane, done: mpsc::UnboundedSender<()> },
    /// Interrupt everything that runs, and whatever starts later.
    Interrupt,
}

/// Everything a worker needs to begin. Goes to the worker's thread.
pub(crate) struct Outfit<F> {
    pub(crate) factory: F,
    pub(crate) index: usize,
    pub(crate) workers: usize,
    pub(crate) shard: ShardConfig,
    pub(crate) timers: Timers,
    pub(crate) shared: Shared,
}

/// What all workers and the conductor share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) state: Arc<RunState>,
    pub(crate) measurements: Measurements,
    /// What was recorded in the warm-up.
    pub(crate) warm_up: Measurements,
    pub(crate) samples: Option<SampleSink>,
    pub(crate) loop_delays: LoopDelays,
    pub(crate) watch: ThresholdWatch,
    pub(crate) control: RunControl,
    pub(crate) events: EventSink,
}

impl Shared {
    /// Merges a shard into a lane's aggregate and hands its raw samples on.
    pub(crate) fn absorb(&self, lane: Lane, shard: &mut Shard) {
        let batch = shard.take_raw();
        match lane {
            Lane::Measured => self.measurements.absorb(shard),
            Lane::WarmUp => self.warm_up.absorb(shard),
        }
        if let (Some(samples), Some(batch)) = (&self.samples, batch) {
            samples.send(batch);
        }
    }
}

/// A worker at work.
pub(crate) struct Worker<F: VuFactory> {
    pub(crate) factory: F,
    pub(crate) context: WorkerContext,
    pub(crate) shared: Shared,
    pub(crate) workers: usize,
    pub(crate) timers: Timers,
    pub(crate) pool: Pool<F::Vu>,
    pub(crate) kennel: Kennel,
    lane: Cell<Lane>,
}

/// How often a worker looks whether raw samples have become many.
const RAW_LOOK: Duration = Duration::from_millis(100);
/// So many raw samples are handed over at once, rather than with the next tick: outputs get them in pieces
/// that fit into their queues.
const RAW_MANY: usize = 50_000;

/// Obeys until the conductor hangs up, then merges what was recorded last and drops the VUs.
///
/// Must run inside a `LocalSet`.
pub(crate) async fn serve<F: VuFactory>(outfit: Outfit<F>, mut commands: mpsc::UnboundedReceiver<Command>) {
    let Outfit { factory, index, workers, shard, timers, shared } = outfit;
    let context = WorkerContext::new(index, shard, shared.clock, Arc::clone(&shared.state));
    let pool = Pool::new(workers);
    let (kennel, lane) = (Kennel::default(), Cell::default());
    let worker = Rc::new(Worker { factory, context, shared, workers, timers, pool, kennel, lane });
    let mut tasks = JoinSet::new();
    if timers == Timers::Kernel {
        // On paused time every wait moves the clock, and nothing is late.
        let delays = worker.shared.loop_delays.clone();
        tasks.spawn_local(async move { match beat(timers, delays).await {} });
    }
    let mut looks = interval_at(Instant::now() + RAW_LOOK, RAW_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => obey(&worker, command, &mut tasks),
                None => break,
            },
            Some(ended) = tasks.join_next() => worker.note_panic(ended),
            _ = looks.tick(), if worker.shared.samples.is_some() => worker.hand_over_many(),
        }
    }
    worker.absorb();
}

/// Starts what a command asks for. Nothing here waits, so that an interrupt is always obeyed at once.
fn obey<F: VuFactory>(worker: &Rc<Worker<F>>, command: Command, tasks: &mut JoinSet<()>) {
    let own = Rc::clone(worker);
    match command {
        Command::MakeVus { ids, made } => {
            tasks.spawn_local(async move { own.make_vus(&ids, &made).await });
        }
        Command::CallOnce { call, end } => {
            tasks.spawn_local(async move {
                let ended = call_once(&own.factory, &own.context, &own.kennel, call).await;
                // Nobody to tell means that the conductor is gone, and with it the run.
                let _ = end.send(ended);
            });
        }
        Command::RunScenarios { activity, posts, ended } => {
            for (part, post) in activity.parts(worker).into_iter().zip(posts) {
                begin_part(worker, part, post, &ended, tasks);
            }
        }
        Command::Absorb { done } => {
            worker.absorb();
            drop(done);
        }
        Command::ChangeLane { lane, done } => {
            worker.absorb();
            worker.lane.set(lane);
            drop(done);
        }
        Command::Interrupt => worker.kennel.interrupt_all(),
    }
}

/// Starts the tasks of this worker's part of one scenario.
fn begin_part<F: VuFactory>(
    worker: &Rc<Worker<F>>,
    part: Rc<Part>,
    post: Option<Post>,
    ended: &mpsc::UnboundedSender<usize>,
    tasks: &mut JoinSet<()>,
) {
    match (part.plan_of().schedule(), post) {
        (Schedule::Vus(timeline), _) => {
            for (slot, turns) in slots(worker, &part, &timeline) {
                let (worker, ended, index) = (Rc::clone(worker), ended.clone(), part.index);
                tasks.spawn_local(async move {
                    drive(worker, slot, turns).await;
                    let _ = ended.send(index);
                });
            }
        }
        (Schedule::Arrivals(arrivals), Some(post)) => {
            let timetable = Timetable::Planned(arrivals);
            tasks.spawn_local(run_part(Rc::clone(worker), part, timetable, post, ended.clone()));
        }
        (Schedule::Steered, Some(post)) => {
            let timetable = Timetable::Steered;
            tasks.spawn_local(run_part(Rc::clone(worker), part, timetable, post, ended.clone()));
        }
        // None of the scenario's VUs lives here.
        (Schedule::Arrivals(_) | Schedule::Steered, None) => {}
        (Schedule::External, _) => {
            tasks.spawn_local(lead(Rc::clone(worker), part, ended.clone()));
        }
    }
}

impl<F: VuFactory> Worker<F> {
    /// Whether this VU lives here.
    pub(crate) fn is_home_of(&self, id: VuId) -> bool {
        id.home(self.workers) == self.context.index
    }

    fn absorb(&self) {
        self.shared.absorb(self.lane.get(), &mut self.context.shard.borrow_mut());
    }

    /// Hands raw samples over if they have become many.
    fn hand_over_many(&self) {
        let mut shard = self.context.shard.borrow_mut();
        let is_many = shard.raw_samples() >= RAW_MANY;
        if let Some(samples) = self.shared.samples.as_ref().filter(|_| is_many) {
            shard.take_raw().into_iter().for_each(|batch| samples.send(batch));
        }
    }

    async fn make_vus(&self, ids: &[VuId], made: &mpsc::UnboundedSender<VuId>) {
        for id in ids {
            let leash = self.kennel.leash();
            if leash.interrupt().is_raised() {
                return;
            }
            match self.factory.create(&self.context, *id, leash.interrupt()).await {
                Ok(vu) => {
                    self.pool.add(*id, vu);
                    let _ = made.send(*id);
                    // Making a VU is mostly work, hardly waiting: let commands through.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    self.shared.control.stop(init_failure(error));
                    return;
                }
            }
        }
    }

    /// Borrows a VU from the pool; one that is not there yet is made. `None` when interrupted before it is
    /// there, or when it cannot be made, which stops the run.
    pub(crate) async fn obtain(&self, id: VuId, interrupt: &Interrupt) -> Option<Member<F::Vu>> {
        if !self.make_if_missing(id, interrupt).await {
            return None;
        }
        self.pool.take(id, interrupt).await
    }

    /// Makes a VU unless it is there; `false` when interrupted before it is, or when it cannot be made, which
    /// stops the run.
    pub(crate) async fn make_if_missing(&self, id: VuId, interrupt: &Interrupt) -> bool {
        if self.pool.is_made(id) {
            return true;
        }
        match self.factory.create(&self.context, id, interrupt.clone()).await {
            Ok(vu) => self.pool.add(id, vu),
            Err(VuInitError::Interrupted) => return false,
            Err(error) => {
                self.shared.control.stop(init_failure(error));
                return false;
            }
        }
        self.shared.state.initialised_vus.fetch_add(1, Relaxed);
        true
    }

    pub(crate) fn note_panic(&self, ended: Result<(), tokio::task::JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            self.shared.control.stop(RunEnd::WorkerLost);
        }
    }
}

/// What a VU that could not be made means for the run.
pub(crate) fn init_failure(error: VuInitError) -> RunEnd {
    match error {
        VuInitError::Aborted { reason } => RunEnd::ScriptAborted { reason },
        error => RunEnd::InitFailed(error),
    }
}
