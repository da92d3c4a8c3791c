//! How a call in progress is asked to end.

use std::{
    cell::{Cell, RefCell},
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

/// A request to end a call as soon as possible. Clones share one state; it never leaves its worker thread.
///
/// Once raised it stays raised. Whoever holds a call polls [`raised`](Self::raised) beside everything it
/// waits for, and looks at [`is_raised`](Self::is_raised) where it does not wait.
#[derive(Clone, Default)]
pub struct Interrupt(Rc<State>);

#[derive(Default)]
struct State {
    raised: Cell<bool>,
    /// One per task that waits; nearly always one, because a VU is one task.
    waiting: RefCell<Vec<Waker>>,
}

impl Interrupt {
    /// An interrupt that has not been raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it and wakes everybody who waits for it.
    pub fn raise(&self) {
        self.0.raised.set(true);
        let waiting = std::mem::take(&mut *self.0.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether it has been raised.
    #[inline]
    pub fn is_raised(&self) -> bool {
        self.0.raised.get()
    }

    /// Completes when it is raised.
    pub fn raised(&self) -> Raised<'_> {
        Raised(self)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interrupt").field(&self.is_raised()).finish()
    }
}

/// The future of [`Interrupt::raised`]. It may be dropped at any time.
#[derive(Debug)]
pub struct Raised<'a>(&'a Interrupt);

impl Future for Raised<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.is_raised() {
            return Poll::Ready(());
        }
        let mut waiting = self.0.0.waiting.borrow_mut();
        // A waker stays registered when its future is dropped: a spurious wake-up later is cheaper than
        // taking it out.
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn raising_wakes_those_who_wait() {
        let interrupt = Interrupt::new();
        let other = interrupt.clone();
        let raise = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            other.raise();
        };
        tokio::join!(raise, interrupt.raised(), interrupt.raised());
        assert!(interrupt.is_raised());
        interrupt.raised().await;
    }

    #[tokio::test]
    async fn a_task_registers_once() {
        let interrupt = Interrupt::new();
        for _ in 0..100 {
            let polled =
                std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut interrupt.raised()).poll(cx))).await;
            assert!(polled.is_pending());
        }
        assert_eq!(interrupt.0.waiting.borrow().len(), 1);
    }
}
