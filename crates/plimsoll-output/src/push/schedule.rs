//! When totals are pushed: at intervals, and between the batches of two ticks.
//!
//! Workers hand in their samples once a second, all at about the same time. Totals that hold the last second
//! of some workers and not of others would make rates jump, so a push waits until the next second's first
//! batch is there, and goes before it.

use std::time::Duration;

use tokio::time::Instant;

/// Batches that are further apart than this belong to different ticks.
const GAP: Duration = Duration::from_millis(250);
/// A push that is due for so long does not wait for a gap any more.
const OVERDUE: Duration = Duration::from_millis(1_500);

/// When the next push is due.
pub(crate) struct Schedule {
    interval: Duration,
    due: Instant,
    last_batch: Instant,
}

impl Schedule {
    pub(crate) fn new(interval: Duration) -> Self {
        let now = Instant::now();
        Self { interval, due: now + interval, last_batch: now }
    }

    /// Called when a batch arrives: whether to push before it is added.
    pub(crate) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let gap = now - std::mem::replace(&mut self.last_batch, now);
        // Ticks are not exact: one that comes a little early is the one that was meant.
        now + GAP >= self.due && (gap >= GAP || now >= self.due + OVERDUE)
    }

    /// Called with each push.
    pub(crate) fn pushed(&mut self) {
        self.due = (self.due + self.interval).max(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn pushes_go_between_ticks() {
        let mut schedule = Schedule::new(Duration::from_secs(2));
        let mut pushes = Vec::new();
        for tick in 0..7 {
            after(990).await;
            for worker in 0..2 {
                if schedule.is_due() {
                    schedule.pushed();
                    pushes.push((tick, worker));
                }
                after(5).await;
            }
        }
        assert_eq!(pushes, [(1, 0), (3, 0), (5, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn batches_without_a_gap_do_not_put_it_off_for_ever() {
        let mut schedule = Schedule::new(Duration::from_secs(1));
        let mut pushes = 0;
        for _ in 0..100 {
            after(100).await;
            if schedule.is_due() {
                schedule.pushed();
                pushes += 1;
            }
        }
        assert!(pushes >= 3, "{pushes} pushes in ten seconds");
    }
}
