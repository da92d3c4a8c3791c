//! The arrival loop: the one loop behind every executor that starts iterations at given times.
//!
//! Executors differ in their [schedule](plimsoll_plan::Arrivals) only. Each worker takes part with its
//! share of the VUs and goes through its own stripe of the schedule: arrival `i` belongs to part
//! `i mod parts`. When an arrival is due, the first of these that applies decides:
//!
//! 1. A VU of this worker is free: it starts the iteration.
//! 2. A VU of another worker is free: the arrival goes there.
//! 3. A VU becomes free while everybody on this worker gets a turn: as 1 and 2.
//! 4. There may be more VUs: one is made, here if possible. The arrival waits for it, or for any VU that is
//!    free before. Any number of VUs may be in the making.
//! 5. It is dropped, and counted. The first time, subscribers hear that the maximum is reached.
//!
//! So an arrival is never queued behind running iterations, and every one is started or dropped, unless the
//! run is stopped. One that starts late has its lateness recorded. What was due before the end of the
//! schedule may start after it, as long as that is before the cut-off.
//!
//! # The end
//!
//! When a part has gone through its stripe it hangs up on its peers. When all peers have hung up, nothing can
//! come any more: the part closes its queue, its VUs finish what they have, and the part is over.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::atomic::Ordering::Relaxed,
    task::Poll,
    time::Duration,
    vec,
};

use plimsoll_plan::Arrivals;
use tokio::{
    sync::mpsc,
    task::{JoinSet, yield_now},
    time::Instant,
};

use crate::{
    control::RunControl,
    cut_off::{Slice, with_cut_off},
    event::RunEvent,
    exchange::{Order, Peer, Post, SupplyView},
    interrupt::Interrupt,
    iteration::{Active, Iterations, Part, Start},
    leash::Leash,
    pacer::Pacer,
    queue::{Queue, Seat},
    recorder::DropRecorder,
    vu::{VuFactory, VuId},
    worker::Worker,
};

/// One worker's part of an arrival-rate scenario.
struct Floor<F: VuFactory> {
    worker: Rc<Worker<F>>,
    part: Rc<Part>,
    queue: Queue,
    supply: SupplyView,
    /// When the last iteration is interrupted.
    cut_off: Instant,
}

/// Where arrivals come from.
pub(crate) enum Timetable {
    /// From the plan.
    Planned(Arrivals),
    /// From whoever steers the scenario.
    Steered,
}

/// Goes through a part of the schedule. `ended` gets the scenario's index when it is over.
pub(crate) async fn run_part<F: VuFactory>(
    worker: Rc<Worker<F>>,
    part: Rc<Part>,
    timetable: Timetable,
    post: Post,
    ended: mpsc::UnboundedSender<usize>,
) {
    let index = part.index;
    let leash = worker.kennel.leash();
    let (pacer, interrupt) = (Pacer::new(worker.timers), leash.interrupt());
    if pacer.reaches(part.started, &interrupt).await {
        let cut_off = part.started + part.grace_end();
        let queue = Queue::default();
        let floor = Rc::new(Floor { worker, part, queue, supply: post.supply, cut_off });
        let usher = Usher::new(Rc::clone(&floor), &post.planned, post.on_demand);
        let dispatching = async {
            match timetable {
                Timetable::Planned(arrivals) => {
                    let stripe = arrivals.skip(post.number).step_by(post.peers.len()).map(|due| due.at);
                    usher.dispatch(stripe, post.peers, &pacer, &interrupt).await;
                }
                Timetable::Steered => usher.follow(post.number, post.peers, &pacer, &interrupt).await,
            }
        };
        let arriving = async { tokio::join!(dispatching, usher.receive(post.inbox, &interrupt)) };
        tokio::select! {
            // The watch comes second, so that it sees the tasks that the others have just spawned.
            biased;
            _ = arriving => {}
            never = usher.watch() => match never {},
        }
        floor.queue.close();
        usher.see_off(&leash).await;
    }
    let _ = ended.send(index);
}

/// Leads arrivals to VUs.
pub(crate) struct Usher<F: VuFactory> {
    floor: Rc<Floor<F>>,
    /// The VUs of this worker that may still be made.
    unmade: RefCell<vec::IntoIter<VuId>>,
    /// The tasks of the VUs.
    tasks: RefCell<JoinSet<()>>,
    dropped: RefCell<DropRecorder>,
}

impl<F: VuFactory> Usher<F> {
    /// Puts the VUs that are there from the start to work.
    fn new(floor: Rc<Floor<F>>, planned: &[VuId], on_demand: Vec<VuId>) -> Self {
        let unmade = RefCell::new(on_demand.into_iter());
        let usher = Self { floor, unmade, tasks: RefCell::default(), dropped: RefCell::default() };
        planned.iter().for_each(|id| usher.employ(*id));
        usher
    }

    fn employ(&self, id: VuId) {
        self.tasks.borrow_mut().spawn_local(attend(Rc::clone(&self.floor), id));
    }

    /// Waits for each arrival of a stripe and finds it a VU; then waits for the end of the schedule.
    async fn dispatch(
        &self,
        stripe: impl Iterator<Item = Duration>,
        peers: Vec<Peer>,
        pacer: &Pacer,
        interrupt: &Interrupt,
    ) {
        for at in stripe {
            let due_at = self.floor.part.started + at;
            if !pacer.reaches(due_at, interrupt).await {
                return;
            }
            self.place(due_at, &peers).await;
        }
        // The last arrival may be long before the end, and a scenario lasts as long as it says.
        pacer.reaches(self.end(), interrupt).await;
    }

    /// Where the courses of a steered scenario come from.
    pub(crate) fn control(&self) -> &RunControl {
        &self.floor.worker.shared.control
    }

    /// The scenario's place in the plan.
    pub(crate) fn scenario(&self) -> usize {
        self.floor.part.index
    }

    /// When the scenario's time is up.
    pub(crate) fn end(&self) -> Instant {
        self.floor.part.started + self.floor.part.plan_of().duration()
    }

    /// The five rules.
    #[inline]
    pub(crate) async fn place(&self, due_at: Instant, peers: &[Peer]) {
        if self.serve(due_at, peers) {
            return;
        }
        yield_now().await;
        if !self.serve(due_at, peers) && !self.make(due_at, peers) {
            self.drop_one();
        }
    }

    #[inline]
    fn serve(&self, due_at: Instant, peers: &[Peer]) -> bool {
        let Some(part) = self.floor.supply.take_free() else { return false };
        self.order(Order::Serve { due_at }, &peers[part]);
        true
    }

    fn make(&self, due_at: Instant, peers: &[Peer]) -> bool {
        let Some(part) = self.floor.supply.take_unmade() else { return false };
        self.order(Order::Make { due_at }, &peers[part]);
        true
    }

    /// Gives an order to a peer, or carries it out.
    #[inline]
    fn order(&self, order: Order, peer: &Peer) {
        match peer {
            // A peer that is gone was interrupted, and so is this part about to be.
            Some(peer) => drop(peer.send(order)),
            None => self.carry_out(order),
        }
    }

    #[inline]
    fn carry_out(&self, order: Order) {
        match order {
            Order::Serve { due_at } => self.floor.queue.push(due_at),
            Order::Make { due_at } => {
                self.floor.queue.push(due_at);
                self.floor.part.scenario.progress.made_on_demand.fetch_add(1, Relaxed);
                let id = self.unmade.borrow_mut().next();
                self.employ(id.expect("whoever took an unmade VU from the supply took it once"));
            }
        }
    }

    fn drop_one(&self) {
        self.count_dropped(1);
        if self.floor.supply.exhaust() {
            let part = &self.floor.part;
            let max = part.scenario.progress.max_vus;
            self.floor.worker.shared.events.send(RunEvent::VusExhausted { scenario: part.index, max });
        }
    }

    fn count_dropped(&self, count: u64) {
        let (worker, part) = (&self.floor.worker, &self.floor.part);
        part.scenario.progress.dropped.fetch_add(count, Relaxed);
        let context = &worker.context;
        let now = context.clock.timestamp(context.clock.now());
        let mut shard = context.shard.borrow_mut();
        self.dropped.borrow_mut().record(&mut shard, &part.plan.options, &part.scenario, count, now);
    }

    /// Carries out what peers pass on.
    async fn receive(&self, mut inbox: mpsc::UnboundedReceiver<Order>, interrupt: &Interrupt) {
        loop {
            tokio::select! {
                biased;
                () = interrupt.raised() => return,
                order = inbox.recv() => match order {
                    Some(order) => self.carry_out(order),
                    None => return,
                },
            }
        }
    }

    /// Reports VUs that panicked. Others end only after the queue was closed.
    async fn watch(&self) -> Infallible {
        poll_fn(|cx| {
            let mut tasks = self.tasks.borrow_mut();
            while let Poll::Ready(Some(ended)) = tasks.poll_join_next(cx) {
                self.floor.worker.note_panic(ended);
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for the VUs, and counts the arrivals that no VU was free for until the cut-off. Not when the run
    /// was stopped: then nobody expected them.
    async fn see_off(self, leash: &Leash) {
        let mut tasks = self.tasks.take();
        while let Some(ended) = tasks.join_next().await {
            self.floor.worker.note_panic(ended);
        }
        let waiting = self.floor.queue.waiting();
        if waiting > 0 && !leash.is_for_good() {
            self.count_dropped(waiting);
        }
    }
}

/// Has one VU run what arrives, until nothing more comes or its time is up.
async fn attend<F: VuFactory>(floor: Rc<Floor<F>>, id: VuId) {
    let leash = floor.worker.kennel.leash();
    let (interrupt, slice) = (leash.interrupt(), Slice::default());
    let work = floor.attend(id, &interrupt, &slice);
    with_cut_off(work, floor.cut_off, &interrupt, &slice).await;
}

impl<F: VuFactory> Floor<F> {
    async fn attend(&self, id: VuId, interrupt: &Interrupt, slice: &Slice) {
        let Some(mut member) = self.worker.obtain(id, interrupt).await else { return };
        let progress = &self.part.scenario.progress;
        let _active = Active::new(&progress.active_vus);
        member.activations += 1;
        let (clock, seat) = (self.worker.context.clock, Rc::default());
        let mut iterations = Iterations::new(&self.worker, Rc::clone(&self.part), id);
        while let Some(due_at) = self.next(&seat, interrupt).await {
            let number = progress.started.fetch_add(1, Relaxed);
            let start = Start { number, due_at: Some(due_at), at: clock.now() };
            let ended_at = iterations.run(&mut member, start, interrupt).await;
            iterations.pause(start.at, ended_at, self.cut_off, interrupt).await;
            self.supply.give_free();
            if slice.is_over(ended_at) {
                yield_now().await;
            }
        }
        self.worker.pool.put_back(member);
    }

    /// Waits for an iteration; `None` when there will be none, or none for this VU.
    #[inline]
    async fn next(&self, seat: &Rc<Seat>, interrupt: &Interrupt) -> Option<Instant> {
        let mut raised = interrupt.raised();
        poll_fn(|cx| match Pin::new(&mut raised).poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => self.queue.poll_next(seat, cx),
        })
        .await
    }
}
