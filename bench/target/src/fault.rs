//! What the target does wrong when it is asked to: it lets every answer wait, or all of them until one
//! instant.
//!
//! Requests are read while answers wait, so that the ledger knows when each came.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// The faults of the moment; none from the start.
#[derive(Default)]
pub(crate) struct Faults {
    delay: Cell<Duration>,
    stalled_until: Cell<Option<Instant>>,
}

impl Faults {
    /// From now on every answer waits for so long.
    pub(crate) fn delay(&self, delay: Duration) {
        self.delay.set(delay);
    }

    /// No answer leaves for so long.
    pub(crate) fn stall(&self, now: Instant, stall: Duration) {
        self.stalled_until.set(Some(now + stall));
    }

    /// When the answer to what was read now may leave; `None` at once.
    pub(crate) fn release(&self, now: Instant) -> Option<Instant> {
        let delay = self.delay.get();
        let delayed = (!delay.is_zero()).then_some(now + delay);
        delayed.max(self.stalled_until.get().filter(|&until| until > now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_ends_at_one_instant_and_a_delay_never() {
        let (faults, now) = (Faults::default(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        assert_eq!(faults.release(now), None);
        faults.stall(now, Duration::from_millis(1400));
        assert_eq!(faults.release(after(1000)), Some(after(1400)));
        assert_eq!(faults.release(after(1400)), None);
        faults.delay(Duration::from_millis(200));
        assert_eq!(faults.release(after(1300)), Some(after(1500)), "the later one counts");
        assert_eq!(faults.release(after(5000)), Some(after(5200)));
    }
}
