//! Where a worker's arrivals meet its VUs: due iterations that wait for a VU, VUs that wait for an iteration.
//!
//! VUs are served in turn, as k6 does it: the one that has been idle for longest gets the next iteration.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use tokio::time::Instant;

/// The queue of one worker's part of a scenario. At any time one of its two sides is all but empty.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: RefCell<VecDeque<Instant>>,
    idle: RefCell<VecDeque<Rc<Seat>>>,
    closed: Cell<bool>,
}

/// Where one VU waits.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    /// It is among the idle ones. Who takes it from there wakes it.
    is_idle: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Queue {
    /// Adds an iteration that is due, and wakes a VU for it if one is idle.
    pub(crate) fn push(&self, due_at: Instant) {
        self.waiting.borrow_mut().push_back(due_at);
        let seat = self.idle.borrow_mut().pop_front();
        seat.into_iter().for_each(|seat| seat.call_up());
    }

    /// Nothing more will come: VUs without an iteration may go.
    pub(crate) fn close(&self) {
        self.closed.set(true);
        let idle = std::mem::take(&mut *self.idle.borrow_mut());
        idle.iter().for_each(|seat| seat.call_up());
    }

    /// Gives a VU its next iteration; `None` when nothing more will come.
    ///
    /// A VU that was just woken may find that one that became free in between was quicker; it then waits
    /// again.
    pub(crate) fn poll_next(&self, seat: &Rc<Seat>, cx: &Context<'_>) -> Poll<Option<Instant>> {
        if !seat.is_idle.get() {
            if let Some(due_at) = self.waiting.borrow_mut().pop_front() {
                return Poll::Ready(Some(due_at));
            }
            if self.closed.get() {
                return Poll::Ready(None);
            }
            seat.is_idle.set(true);
            self.idle.borrow_mut().push_back(Rc::clone(seat));
        }
        seat.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// How many iterations still wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.borrow().len() as u64
    }
}

impl Seat {
    fn call_up(&self) {
        self.is_idle.set(false);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(queue: &Queue, seat: &Rc<Seat>) -> Poll<Option<Instant>> {
        queue.poll_next(seat, &Context::from_waker(Waker::noop()))
    }

    #[test]
    fn idle_vus_are_served_in_turn() {
        let (queue, first, second) = (Queue::default(), Rc::<Seat>::default(), Rc::<Seat>::default());
        let due_at = Instant::now();
        assert!(poll(&queue, &first).is_pending() && poll(&queue, &second).is_pending());
        queue.push(due_at);
        assert!(poll(&queue, &second).is_pending(), "it is not its turn");
        assert_eq!(poll(&queue, &first), Poll::Ready(Some(due_at)));
        assert!(poll(&queue, &first).is_pending());
        queue.push(due_at);
        assert_eq!(poll(&queue, &second), Poll::Ready(Some(due_at)));
    }

    #[test]
    fn a_vu_that_was_overtaken_waits_again() {
        let (queue, idle, busy) = (Queue::default(), Rc::<Seat>::default(), Rc::<Seat>::default());
        assert!(poll(&queue, &idle).is_pending());
        queue.push(Instant::now());
        assert!(poll(&queue, &busy).is_ready(), "it became free before the other one woke up");
        assert!(poll(&queue, &idle).is_pending());
        queue.push(Instant::now());
        assert!(poll(&queue, &idle).is_ready());
    }

    #[test]
    fn what_waits_is_served_after_the_close() {
        let (queue, seat) = (Queue::default(), Rc::<Seat>::default());
        queue.push(Instant::now());
        queue.close();
        assert_eq!(queue.waiting(), 1);
        assert!(matches!(poll(&queue, &seat), Poll::Ready(Some(_))));
        assert_eq!(poll(&queue, &seat), Poll::Ready(None));
    }
}
