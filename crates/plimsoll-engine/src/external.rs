//! Scenarios that are controlled from outside: whose VUs loop is told while the run goes on.
//!
//! Each worker has a foreman who watches the [wishes](crate::control) and passes them on to the VUs of this
//! worker, each by a cell on their own thread: what a VU looks at between two iterations is no more than
//! that. The VUs themselves go through the [loop](crate::executor) of all executors; their turns begin and
//! end as they are told to.
//!
//! | what happens | what a VU does |
//! |---|---|
//! | it is wanted | loops; one that is still at an iteration goes on with the next |
//! | it is wanted no more, or the run is paused | ends its iteration, then waits |
//! | there may be more VUs than before | the new ones are made, one after the other, and wait |
//! | the scenario's time is up, or the run is stopped | as with every executor |
//!
//! The first VUs are those that are wanted: with 3 of 10, the VUs 0 to 2 of the scenario loop.

use std::{cell::Cell, rc::Rc};

use tokio::{
    sync::{Mutex, Notify, mpsc, watch},
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until},
};

use crate::{
    control::Wishes,
    cut_off::reaches,
    executor::{Slot, Turn, Turns, drive},
    interrupt::Interrupt,
    iteration::Part,
    vu::{VuFactory, VuId},
    worker::Worker,
};

/// What one VU is told.
pub(crate) struct Orders {
    /// Until when it starts iterations. In the past while it is not wanted.
    until: Rc<Cell<Instant>>,
    wanted: Cell<bool>,
    over: Cell<bool>,
    cut_off: Instant,
    changed: Notify,
}

impl Orders {
    /// Waits to be wanted; `None` when the scenario is over or everything is interrupted.
    pub(crate) async fn next(&self, interrupt: &Interrupt) -> Option<Turn> {
        loop {
            if self.over.get() || interrupt.is_raised() {
                return None;
            }
            if self.wanted.get() {
                return Some(Turn { end: Rc::clone(&self.until), cut_off: self.cut_off });
            }
            tokio::select! {
                () = interrupt.raised() => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// Tells the VU to loop until `until`, or to stop after the iteration it is at.
    fn tell(&self, wanted: bool, until: Instant) {
        self.wanted.set(wanted);
        self.until.set(if wanted { until } else { Instant::now() });
        self.changed.notify_one();
    }

    fn end(&self) {
        self.over.set(true);
        self.changed.notify_one();
    }
}

/// One worker's part of a scenario that is controlled from outside.
struct Foreman<F: VuFactory> {
    worker: Rc<Worker<F>>,
    part: Rc<Part>,
    /// When the scenario's time is up.
    end: Instant,
    /// The scenario's VUs on this worker, by their place in the scenario.
    vus: Vec<(usize, Rc<Orders>)>,
    /// How many VUs of the scenario have been looked at, here or elsewhere.
    known: usize,
    tasks: JoinSet<()>,
    /// Making a VU takes the worker's time, so it is done one by one.
    making: Rc<Mutex<()>>,
}

/// Leads this worker's VUs through the scenario. `ended` gets the scenario's index when it is over.
pub(crate) async fn lead<F: VuFactory>(
    worker: Rc<Worker<F>>,
    part: Rc<Part>,
    ended: mpsc::UnboundedSender<usize>,
) {
    let index = part.index;
    let leash = worker.kennel.leash();
    let interrupt = leash.interrupt();
    if reaches(part.started, &interrupt).await {
        Foreman::new(worker, part).lead(&interrupt).await;
    }
    let _ = ended.send(index);
}

impl<F: VuFactory> Foreman<F> {
    fn new(worker: Rc<Worker<F>>, part: Rc<Part>) -> Self {
        let end = part.started + part.plan_of().duration();
        let (vus, tasks, making) = (Vec::new(), JoinSet::new(), Rc::default());
        Self { worker, part, end, vus, known: 0, tasks, making }
    }

    async fn lead(mut self, interrupt: &Interrupt) {
        let mut wishes = self.worker.shared.control.watch();
        loop {
            self.follow(&mut wishes);
            tokio::select! {
                biased;
                () = interrupt.raised() => break,
                () = sleep_until(self.end) => break,
                // The sender cannot be gone: the worker holds it.
                _ = wishes.changed() => {}
                Some(ended) = self.tasks.join_next() => self.worker.note_panic(ended),
            }
        }
        self.vus.iter().for_each(|(_, orders)| orders.end());
        while let Some(ended) = self.tasks.join_next().await {
            self.worker.note_panic(ended);
        }
    }

    /// Passes on what is wanted now.
    fn follow(&mut self, wishes: &mut watch::Receiver<Wishes>) {
        let (active, new) = {
            let wishes = wishes.borrow_and_update();
            (wishes.active_vus(self.part.index), wishes.vus_from(self.part.index, self.known))
        };
        for id in new {
            if self.worker.is_home_of(id) {
                self.employ(id);
            }
            self.known += 1;
        }
        for (place, orders) in &self.vus {
            let wanted = *place < active as usize;
            if wanted != orders.wanted.get() {
                orders.tell(wanted, self.end);
            }
        }
    }

    fn employ(&mut self, id: VuId) {
        let orders = Rc::new(Orders {
            until: Rc::new(Cell::new(self.end)),
            wanted: Cell::new(false),
            over: Cell::new(false),
            cut_off: self.part.started + self.part.grace_end(),
            changed: Notify::new(),
        });
        self.vus.push((self.known, Rc::clone(&orders)));
        let slot = Slot::new(&self.worker, &self.part, id);
        self.tasks.spawn_local(attend(Rc::clone(&self.worker), slot, orders, Rc::clone(&self.making)));
    }
}

/// Makes a VU unless it is there, and has it loop whenever it is wanted.
async fn attend<F: VuFactory>(worker: Rc<Worker<F>>, slot: Slot, orders: Rc<Orders>, making: Rc<Mutex<()>>) {
    let made = {
        let _turn = making.lock().await;
        let interrupt = slot.interrupt();
        // The scenario may be over before it is this VU's turn.
        let needed = !orders.over.get() && !interrupt.is_raised();
        needed && worker.make_if_missing(slot.vu(), &interrupt).await
    };
    if made {
        // Whoever makes the next one would otherwise do so before anybody else gets a turn.
        yield_now().await;
        drive(worker, slot, Turns::Told(orders)).await;
    }
}
