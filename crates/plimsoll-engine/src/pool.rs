//! The VUs of one worker, lent to scenarios.
//!
//! The plan gives a VU to one scenario at a time, but a scenario that was just cut off may need a moment to
//! let its VUs go: so [`Pool::take`] waits until the VU is back.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Poll, Waker},
};

use crate::{interrupt::Interrupt, vu::VuId};

/// A VU with what it carries from scenario to scenario.
#[derive(Debug)]
pub(crate) struct Member<V> {
    pub(crate) vu: V,
    pub(crate) id: VuId,
    /// Iterations it has started.
    pub(crate) iterations: u64,
    /// Activations it has had.
    pub(crate) activations: u64,
}

/// The VUs of one worker. VU `n` lives on worker `(n − 1) mod W`, at place `(n − 1) div W`.
#[derive(Debug)]
pub(crate) struct Pool<V> {
    workers: usize,
    places: RefCell<Vec<Place<V>>>,
}

#[derive(Debug)]
struct Place<V> {
    /// Absent while it is lent, and before it is made.
    member: Option<Member<V>>,
    made: bool,
    /// Who waits for it.
    waiting: Vec<Waker>,
}

impl<V> Pool<V> {
    /// An empty pool of one of `workers` workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers, places: RefCell::default() }
    }

    /// Adds a VU that was just made.
    pub(crate) fn add(&self, id: VuId, vu: V) {
        place(&mut self.places.borrow_mut(), self.index(id)).made = true;
        self.put_back(Member { vu, id, iterations: 0, activations: 0 });
    }

    /// Whether a VU has been made, lent out or not.
    pub(crate) fn is_made(&self, id: VuId) -> bool {
        self.places.borrow().get(self.index(id)).is_some_and(|place| place.made)
    }

    /// Takes a VU out as soon as it is there; `None` when interrupted before that.
    pub(crate) async fn take(&self, id: VuId, interrupt: &Interrupt) -> Option<Member<V>> {
        let index = self.index(id);
        let mut raised = interrupt.raised();
        poll_fn(|cx| {
            let mut places = self.places.borrow_mut();
            let place = place(&mut places, index);
            if let Some(member) = place.member.take() {
                return Poll::Ready(Some(member));
            }
            if Pin::new(&mut raised).poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            place.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Puts a VU back and wakes those who wait for it.
    pub(crate) fn put_back(&self, member: Member<V>) {
        let index = self.index(member.id);
        let mut places = self.places.borrow_mut();
        let place = place(&mut places, index);
        place.member = Some(member);
        place.waiting.drain(..).for_each(Waker::wake);
    }

    fn index(&self, id: VuId) -> usize {
        (id.0 as usize - 1) / self.workers
    }
}

fn place<V>(places: &mut Vec<Place<V>>, index: usize) -> &mut Place<V> {
    if places.len() <= index {
        places.resize_with(index + 1, || Place { member: None, made: false, waiting: Vec::new() });
    }
    &mut places[index]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn taking_waits_until_the_vu_is_back() {
        let pool = Pool::new(2);
        pool.add(VuId(3), "third");
        let interrupt = Interrupt::new();
        let mut member = pool.take(VuId(3), &interrupt).await.expect("it is there");
        member.iterations = 7;
        let give_back = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            pool.put_back(member);
        };
        let ((), again) = tokio::join!(give_back, pool.take(VuId(3), &interrupt));
        assert_eq!(again.map(|member| (member.vu, member.iterations)), Some(("third", 7)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_the_wait() {
        let pool: Pool<()> = Pool::new(1);
        let interrupt = Interrupt::new();
        let raise = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            interrupt.raise();
        };
        let ((), none) = tokio::join!(raise, pool.take(VuId(1), &interrupt));
        assert!(none.is_none());
    }
}
