//! The workers as the conductor sees them: a way to command each, and a way to see them off.

use std::{future::Future, thread};

use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
    task::{JoinHandle, LocalSet, spawn_local},
};

use crate::{
    pacer::Timers,
    run::Run,
    vu::{VuFactory, VuId},
    warm_up::Lane,
    worker::{Command, Outfit, Shared, serve},
};

/// All workers of a run.
pub(crate) struct Crew {
    workers: Vec<Hand>,
}

struct Hand {
    commands: mpsc::UnboundedSender<Command>,
    home: Home,
}

/// Where a worker lives.
enum Home {
    /// On a thread of its own. The channel closes when it has left the thread's work behind.
    Thread { left: oneshot::Receiver<()>, thread: Option<thread::JoinHandle<()>> },
    /// On the conductor's own thread.
    Here(JoinHandle<()>),
}

impl Crew {
    /// One thread for each worker. A thread that the system refuses leaves a worker that answers nothing.
    pub(crate) fn on_threads<F: VuFactory>(run: &Run<F>, shared: &Shared) -> Self {
        Self::hire(run, shared, Timers::Kernel, |outfit, commands| {
            let (gone, left) = oneshot::channel();
            let name = format!("worker-{}", outfit.index);
            let thread = thread::Builder::new().name(name).spawn(move || {
                block_on_worker(serve(outfit, commands));
                drop(gone);
            });
            Home::Thread { left, thread: thread.ok() }
        })
    }

    /// One worker on the current thread, which must be inside a `LocalSet`.
    pub(crate) fn on_this_thread<F: VuFactory>(run: &Run<F>, shared: &Shared) -> Self {
        // The caller's time may be paused, which kernel timers know nothing of.
        Self::hire(run, shared, Timers::Tokio, |outfit, commands| {
            Home::Here(spawn_local(serve(outfit, commands)))
        })
    }

    fn hire<F: VuFactory>(
        run: &Run<F>,
        shared: &Shared,
        timers: Timers,
        mut settle: impl FnMut(Outfit<F>, mpsc::UnboundedReceiver<Command>) -> Home,
    ) -> Self {
        let workers = run.config.workers.get();
        let hand = |index| {
            let (factory, shard, shared) = (run.factory.clone(), run.config.shard.clone(), shared.clone());
            let (commands, inbox) = mpsc::unbounded_channel();
            Hand { commands, home: settle(Outfit { factory, index, workers, shard, timers, shared }, inbox) }
        };
        Self { workers: (0..workers).map(hand).collect() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.workers.len()
    }

    /// Sends every worker a command. A dead worker is skipped: dropping the command is its answer.
    pub(crate) fn tell_all(&self, command: impl Fn() -> Command) {
        for worker in &self.workers {
            let _ = worker.commands.send(command());
        }
    }

    /// Sends one worker a command.
    pub(crate) fn tell(&self, index: usize, command: Command) {
        let _ = self.workers[index].commands.send(command);
    }

    /// Has the VUs 1 to `planned` made, each on its own worker. The channel closes when all that can be made
    /// are.
    pub(crate) fn make_vus(&self, planned: u32) -> mpsc::UnboundedReceiver<VuId> {
        let (made, receiver) = mpsc::unbounded_channel();
        for index in 0..self.workers.len() {
            let ids = (1..=planned).skip(index).step_by(self.workers.len()).map(VuId).collect();
            self.tell(index, Command::MakeVus { ids, made: made.clone() });
        }
        receiver
    }

    /// Has every worker merge what it recorded, and waits for it.
    pub(crate) async fn absorb(&self) {
        let (done, mut all_done) = mpsc::unbounded_channel();
        self.tell_all(|| Command::Absorb { done: done.clone() });
        drop(done);
        all_done.recv().await;
    }

    /// Has every worker merge what it recorded and record into this lane from then on, and waits for it.
    pub(crate) async fn change_lane(&self, lane: Lane) {
        let (done, mut all_done) = mpsc::unbounded_channel();
        self.tell_all(|| Command::ChangeLane { lane, done: done.clone() });
        drop(done);
        all_done.recv().await;
    }

    /// Lets all workers go: each merges what is left and drops its VUs, all at the same time. `false` when
    /// one of them did not live to do so.
    pub(crate) async fn dismiss(self) -> bool {
        // Without senders, the workers' inboxes close.
        let homes: Vec<Home> = self.workers.into_iter().map(|worker| worker.home).collect();
        let mut all_left = true;
        for home in homes {
            all_left &= home.left().await;
        }
        all_left
    }
}

impl Home {
    /// Waits until the worker is gone; `false` when it did not go in peace.
    async fn left(self) -> bool {
        match self {
            Self::Here(task) => task.await.is_ok(),
            Self::Thread { left, thread } => {
                // Nothing is ever sent: the channel closes when the thread is about to end.
                let _ = left.await;
                thread.is_some_and(|thread| thread.join().is_ok())
            }
        }
    }
}

/// Runs a worker's work on the current thread, in a runtime of its own.
pub(crate) fn block_on_worker(work: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    // Without file descriptors for an event queue nothing can run at all; the conductor sees a worker that is
    // gone.
    if let Ok(runtime) = runtime {
        LocalSet::new().block_on(&runtime, work);
    }
}
