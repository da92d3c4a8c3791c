//! The conductor: leads a run through its phases and, in one function, to its end.
//!
//! Start with [`Conductor::conduct`], which is the stop protocol.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use plimsoll_metrics::Shard;
use plimsoll_plan::{IterationBudget, Plan, Schedule};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::Instant,
};

use crate::{
    crew::Crew,
    event::{Phase, RunEvent},
    exchange::{Post, posts},
    executor::Activity,
    housekeeping::keep_house,
    once::{OnceCall, OnceEnd},
    outcome::{RunEnd, RunOutcome, WarmUp},
    recorder::DropRecorder,
    run::RunConfig,
    vu::{CallKind, CallOutcome},
    warm_up::Lane,
    worker::{Command, Shared, init_failure},
};

/// Leads one run.
pub(crate) struct Conductor {
    pub(crate) plan: Arc<Plan>,
    pub(crate) config: RunConfig,
    pub(crate) shared: Shared,
    pub(crate) crew: Crew,
    /// What the conductor records itself.
    pub(crate) shard: RefCell<Shard>,
    /// Tells the housekeeping that scenarios have their starts.
    pub(crate) scenarios_begun: Notify,
    /// Tells the housekeeping that the warm-up has begun.
    pub(crate) warm_up_begun: Notify,
    /// Where the conductor's own shard goes.
    pub(crate) lane: Cell<Lane>,
    /// Subscribers know that the run is being stopped.
    announced: Cell<bool>,
}

/// What a stop does to a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnStop {
    Interrupt,
    LetFinish,
}

/// How far a run came before it was stopped; it decides whether there is anything to tear down.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reached {
    /// `setup` did not come to its end, or was never begun.
    NotSetUp,
    /// `setup` is done, or there is none.
    SetUp { data: Option<Arc<str>> },
}

impl Conductor {
    pub(crate) fn new(plan: Arc<Plan>, config: RunConfig, shared: Shared, crew: Crew) -> Self {
        let shard = RefCell::new(Shard::new(config.shard.clone()));
        Self {
            plan,
            config,
            shared,
            crew,
            shard,
            scenarios_begun: Notify::new(),
            warm_up_begun: Notify::new(),
            lane: Cell::default(),
            announced: Cell::new(false),
        }
    }

    /// Runs everything and stops it: **the stop protocol**.
    ///
    /// A run comes to its end in these steps, whatever made it end:
    ///
    /// 1. *Stop starting.* A scenario starts no iteration after its end, and no phase begins once the run is
    ///    stopped.
    /// 2. *Drain.* Iterations in progress get their scenario's grace. A stopped run skips this step.
    /// 3. *Interrupt.* What still runs has its interrupt raised, and its end is awaited: a call is never
    ///    dropped. A VU that is being made and `setup` are interrupted like any iteration.
    /// 4. *Tear down*, if the run was ever set up. Only `teardownTimeout` interrupts this; a stop during it
    ///    is remembered as the reason of the end and changes nothing else.
    /// 5. *Absorb*: every worker merges what it recorded last, drops its VUs and goes.
    /// 6. *Judge* the thresholds a last time.
    ///
    /// Outputs and summary are the caller's; it has the [`RunOutcome`]. Whoever wants to stop the run calls
    /// [`RunControl::stop`](crate::RunControl::stop): signals, scripts, thresholds, failures. The first
    /// reason counts.
    pub(crate) async fn conduct(self) -> RunOutcome {
        let reached = {
            let mut phases = pin!(self.run_phases());
            let housekeeping = keep_house(&self);
            tokio::select! {
                // The phases hold calls, so they are polled to their end; housekeeping holds nothing.
                reached = phases.as_mut() => reached,
                never = housekeeping => match never {},
            }
        };
        self.shared.state.end_test(Instant::now());
        let test_duration = self.shared.state.test_elapsed();
        self.begin(Phase::Ended);
        self.judge(reached, test_duration).await
    }

    /// Steps 1 to 4: each phase is settled before the next begins.
    async fn run_phases(&self) -> Reached {
        self.begin(Phase::Init);
        self.settle(self.make_vus(), OnStop::Interrupt).await;
        self.settle(self.wait_to_be_resumed(), OnStop::LetFinish).await;
        if self.is_stopped() {
            return Reached::NotSetUp;
        }
        self.shared.state.begin_test(Instant::now());
        let reached = self.settle(self.set_up(), OnStop::Interrupt).await;
        if let Reached::SetUp { data } = &reached {
            if !self.is_stopped() {
                self.begin(Phase::Scenarios);
                self.begin_warm_up().await;
                self.begin_windows().await;
                self.settle(self.run_scenarios(data.clone()), OnStop::Interrupt).await;
                self.end_warm_up().await;
                self.end_windows().await;
            }
            self.settle(self.tear_down(data.clone()), OnStop::LetFinish).await;
        }
        reached
    }

    /// Waits for a phase to end by itself. If the run is stopped before that, the phase is interrupted or
    /// not, and its end is awaited all the same.
    async fn settle<T>(&self, phase: impl Future<Output = T>, on_stop: OnStop) -> T {
        let mut phase = pin!(phase);
        let ended = tokio::select! {
            biased;
            end = phase.as_mut() => Some(end),
            _ = self.shared.control.stopped() => None,
        };
        self.announce_stop();
        if let Some(end) = ended {
            return end;
        }
        if on_stop == OnStop::Interrupt {
            self.crew.tell_all(|| Command::Interrupt);
        }
        phase.await
    }

    async fn make_vus(&self) {
        let mut made = self.crew.make_vus(self.plan.planned_vus);
        let mut done = 0;
        while made.recv().await.is_some() {
            done += 1;
            let counter = &self.shared.state.initialised_vus;
            counter.store(done, Relaxed);
            self.shared.events.send(RunEvent::VusInitialised { done, planned: self.plan.planned_vus });
        }
        if done < self.plan.planned_vus {
            // Nobody said why: the workers are gone.
            self.shared.control.stop(RunEnd::WorkerLost);
        }
    }

    /// The place where a paused run waits. A stop ends the wait.
    async fn wait_to_be_resumed(&self) {
        if self.shared.control.is_paused() && !self.is_stopped() {
            self.begin(Phase::Paused);
        }
        self.shared.control.begun().await;
    }

    async fn set_up(&self) -> Reached {
        if !self.config.phases.setup || self.plan.options.no_setup {
            return Reached::SetUp { data: self.shared.control.setup_data() };
        }
        self.begin(Phase::Setup);
        let timeout = self.plan.options.setup_timeout;
        let call = OnceCall { kind: CallKind::Setup, setup_data: None, timeout, interruptible: true };
        let failure = match self.call_once(call).await {
            Some(OnceEnd::Ended(end)) => match end.outcome {
                CallOutcome::Completed => {
                    let data: Option<Arc<str>> = end.returned.map(Arc::from);
                    self.shared.control.note_setup_data(data.clone());
                    return Reached::SetUp { data };
                }
                CallOutcome::Threw(error) => RunEnd::SetupFailed(error),
                CallOutcome::Aborted { reason } => RunEnd::ScriptAborted { reason },
                CallOutcome::Interrupted => return Reached::NotSetUp,
            },
            Some(OnceEnd::TimedOut) => RunEnd::SetupTimedOut { timeout },
            Some(OnceEnd::NotMade(error)) => init_failure(error),
            None => RunEnd::WorkerLost,
        };
        self.shared.control.stop(failure);
        Reached::NotSetUp
    }

    async fn run_scenarios(&self, setup_data: Option<Arc<str>>) {
        self.warm_up_begun.notify_one();
        let mut left = vec![0; self.plan.scenarios.len()];
        let mut next = self.plan.scenarios_after(None);
        while !next.is_empty() {
            let (ended, mut endings) = mpsc::unbounded_channel();
            let while_others_run = ended.downgrade();
            self.begin_scenarios(std::mem::take(&mut next), &setup_data, &ended, &mut left);
            drop(ended);
            while let Some(scenario) = endings.recv().await {
                left[scenario] -= 1;
                if left[scenario] > 0 {
                    continue;
                }
                self.end_scenario(scenario);
                let followers = self.plan.scenarios_after(Some(scenario));
                if followers.is_empty() || self.is_stopped() {
                    continue;
                }
                match while_others_run.upgrade() {
                    Some(ended) => self.begin_scenarios(followers, &setup_data, &ended, &mut left),
                    // Nothing runs any more, so that this channel is about to close.
                    None => next.extend(followers),
                }
            }
        }
    }

    /// Has all workers begin some scenarios now, and notes in `left` how many endings to expect of each.
    fn begin_scenarios(
        &self,
        scenarios: Vec<usize>,
        setup_data: &Option<Arc<str>>,
        ended: &mpsc::UnboundedSender<usize>,
        left: &mut [usize],
    ) {
        let begun = Instant::now();
        for index in &scenarios {
            let start = begun + self.plan.scenarios[*index].start_time;
            self.shared.state.scenarios()[*index].progress.start(start);
        }
        self.scenarios_begun.notify_one();
        let posts = self.posts(&scenarios, left);
        let (plan, setup_data) = (Arc::clone(&self.plan), setup_data.clone());
        let activity = Activity { plan, scenarios: scenarios.into(), begun, setup_data };
        for (worker, posts) in posts.into_iter().enumerate() {
            let (activity, ended) = (activity.clone(), ended.clone());
            self.crew.tell(worker, Command::RunScenarios { activity, posts, ended });
        }
    }

    /// For each worker its posts in these scenarios.
    fn posts(&self, scenarios: &[usize], left: &mut [usize]) -> Vec<Vec<Option<Post>>> {
        let mut by_worker: Vec<Vec<Option<Post>>> = (0..self.crew.len()).map(|_| Vec::new()).collect();
        for index in scenarios {
            let scenario = &self.plan.scenarios[*index];
            let workers = self.crew.len();
            let nowhere = || (0..workers).map(|_| None).collect();
            let (parts, posts): (usize, Vec<Option<Post>>) = match scenario.schedule() {
                Schedule::Vus(_) => (scenario.vu_ids.len(), nowhere()),
                Schedule::Arrivals(_) | Schedule::Steered => {
                    let posts = posts(&scenario.vu_ids, scenario.planned_vus(), workers);
                    (posts.iter().flatten().count(), posts)
                }
                // Its VUs may become more, so that each worker has a part.
                Schedule::External => (workers, nowhere()),
            };
            left[*index] = parts;
            by_worker.iter_mut().zip(posts).for_each(|(own, post)| own.push(post));
        }
        by_worker
    }

    /// Counts the iterations of a shared budget that time did not allow, unless the run was stopped.
    fn end_scenario(&self, index: usize) {
        let (scenario, context) = (&self.plan.scenarios[index], &self.shared.state.scenarios()[index]);
        if let IterationBudget::Shared(total) = scenario.budget() {
            let dropped = total - context.progress.started_iterations();
            if dropped > 0 && !self.is_stopped() {
                context.progress.dropped.fetch_add(dropped, Relaxed);
                let now = self.shared.clock.timestamp(self.shared.clock.now());
                let mut shard = self.shard.borrow_mut();
                DropRecorder::default().record(&mut shard, &self.plan.options, context, dropped, now);
            }
        }
        context.progress.end(Instant::now());
        self.shared.events.send(RunEvent::ScenarioEnded { scenario: index });
    }

    async fn tear_down(&self, setup_data: Option<Arc<str>>) {
        if !self.config.phases.teardown || self.plan.options.no_teardown {
            return;
        }
        self.begin(Phase::Teardown);
        let timeout = self.plan.options.teardown_timeout;
        let call = OnceCall { kind: CallKind::Teardown, setup_data, timeout, interruptible: false };
        let failure = match self.call_once(call).await {
            Some(OnceEnd::Ended(end)) => match end.outcome {
                CallOutcome::Completed | CallOutcome::Interrupted => return,
                CallOutcome::Threw(error) => RunEnd::TeardownFailed(error),
                CallOutcome::Aborted { reason } => RunEnd::ScriptAborted { reason },
            },
            Some(OnceEnd::TimedOut) => RunEnd::TeardownTimedOut { timeout },
            Some(OnceEnd::NotMade(error)) => init_failure(error),
            None => RunEnd::WorkerLost,
        };
        if !self.shared.control.stop(failure.clone()) {
            self.shared.events.send(RunEvent::AlsoFailed(failure));
        }
    }

    /// Steps 5 and 6.
    async fn judge(self, reached: Reached, test_duration: Duration) -> RunOutcome {
        let Self { config, shared, crew, shard, lane, .. } = self;
        if !crew.dismiss().await {
            shared.control.stop(RunEnd::WorkerLost);
        }
        shared.absorb(lane.get(), &mut shard.into_inner());
        let aggregate = shared.measurements.close();
        let judged = !config.thresholds.rules().is_empty();
        let warm_up = WarmUp { duration: shared.state.warm_up_elapsed(), aggregate: shared.warm_up.close() };
        let measured = test_duration.saturating_sub(warm_up.duration);
        let thresholds = judged.then(|| shared.watch.conclude(&aggregate, measured));
        let started = shared.state.test_started().unwrap_or_else(Instant::now);
        RunOutcome {
            end: shared.control.reason().unwrap_or(RunEnd::Completed),
            failed: shared.state.failed().map(str::to_owned),
            thresholds,
            aggregate,
            warm_up: (!warm_up.duration.is_zero()).then_some(warm_up),
            started_at: shared.clock.timestamp(started),
            test_duration,
            setup_data: match reached {
                Reached::SetUp { data } => data,
                Reached::NotSetUp => None,
            },
            state: Arc::clone(&shared.state),
        }
    }

    /// Has the first worker make a call; `None` when that worker is gone.
    async fn call_once(&self, call: OnceCall) -> Option<OnceEnd> {
        let (end, ended) = oneshot::channel();
        self.crew.tell(0, Command::CallOnce { call, end });
        ended.await.ok()
    }

    fn begin(&self, phase: Phase) {
        self.shared.state.enter(phase);
        self.shared.events.send(RunEvent::PhaseBegan(phase));
    }

    /// Says once that the run is being stopped, if it is.
    fn announce_stop(&self) {
        if let Some(reason) = self.shared.control.reason()
            && !self.announced.replace(true)
        {
            self.shared.events.send(RunEvent::Stopping(reason));
        }
    }

    fn is_stopped(&self) -> bool {
        self.shared.control.reason().is_some()
    }
}
