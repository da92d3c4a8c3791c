//! Limits of time: waiting for an instant, cutting work off at one, and how long a task may run at a stretch.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use crate::interrupt::Interrupt;

/// How long a VU may run iterations that never wait before it lets others run: long enough that a yield (0.1
/// µs to 0.2 µs) costs next to nothing, short enough that a hundred such VUs delay a timer by 5 ms.
const SLICE: Duration = Duration::from_micros(50);

/// Waits for an instant; `false` when interrupted before it.
pub(crate) async fn reaches(at: Instant, interrupt: &Interrupt) -> bool {
    tokio::select! {
        biased;
        () = interrupt.raised() => false,
        () = sleep_until(at) => true,
    }
}

/// Polls `work` to its end and raises `interrupt` when the cut-off comes first. Says whether it did.
///
/// This is where calls are kept from being dropped: nothing but their own end ends this future.
pub(crate) async fn with_cut_off<T>(
    work: impl Future<Output = T>,
    cut_off: Instant,
    interrupt: &Interrupt,
    slice: &Slice,
) -> (T, bool) {
    let mut work = pin!(work);
    let mut deadline = pin!(sleep_until(cut_off));
    let mut cut = false;
    poll_fn(|cx| {
        slice.begin();
        if let Poll::Ready(end) = work.as_mut().poll(cx) {
            return Poll::Ready((end, cut));
        }
        if !interrupt.is_raised() && deadline.as_mut().poll(cx).is_ready() {
            cut = true;
            // Wakes this very task, if the work waits for the interrupt.
            interrupt.raise();
        }
        Poll::Pending
    })
    .await
}

/// Since when a task has been running without suspending.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slice(Rc<Cell<Option<Instant>>>);

impl Slice {
    /// The task was just resumed.
    #[inline]
    pub(crate) fn begin(&self) {
        self.0.set(None);
    }

    /// Whether it has run long enough. The slice begins at the first question after the task was resumed.
    #[inline]
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        match self.0.get() {
            Some(since) => now.duration_since(since) >= SLICE,
            None => {
                self.0.set(Some(now));
                false
            }
        }
    }
}
