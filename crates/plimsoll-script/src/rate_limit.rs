//! The option `rps`: at most so many requests a second, over all VUs of all instances.
//!
//! Time is cut into slots, one for each request of a second. Of the slots of the whole test an instance has
//! its stripe, so that instances together keep the limit exactly; of those, whoever comes takes the next.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use plimsoll_plan::stripe::Stripe;
use tokio::time::Instant;

/// A slot can be taken this long after its time: tokio's timers are a millisecond coarse, and the slots that
/// pass until a VU wakes are not to be lost.
const GRACE: Duration = Duration::from_millis(3);

/// Hands out slots. Shared by all workers; takes no lock.
pub(crate) struct RateLimit {
    rate: u64,
    stripe: Stripe,
    began: OnceLock<Instant>,
    /// The first of this instance's slots that nobody has taken.
    next: AtomicU64,
}

impl RateLimit {
    /// `None` without a limit.
    pub(crate) fn new(rate: u64, stripe: &Stripe) -> Option<Self> {
        (rate > 0).then(|| RateLimit {
            rate,
            stripe: stripe.clone(),
            began: OnceLock::new(),
            next: AtomicU64::new(0),
        })
    }

    /// Takes a slot; returns when it is.
    pub(crate) fn take(&self, now: Instant) -> Instant {
        let began = *self.began.get_or_init(|| now);
        let late = now.saturating_duration_since(began).saturating_sub(GRACE);
        let passed = late.as_nanos() * u128::from(self.rate) / 1_000_000_000;
        // Slots that nobody took in time are lost: a pause makes no burst.
        let first = self.stripe.count(u64::try_from(passed).unwrap_or(u64::MAX));
        let taken = self.next.fetch_update(Relaxed, Relaxed, |next| Some(next.max(first) + 1));
        let slot = self.stripe.slot(taken.unwrap_or(0).max(first));
        let nanos = u128::from(slot) * 1_000_000_000 / u128::from(self.rate);
        // A part of the whole that has no slots waits for longer than any test lasts.
        let wait = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        began.checked_add(wait).unwrap_or_else(|| now + Duration::from_secs(u64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(limit: &RateLimit, start: Instant, asked: &[u64]) -> Vec<u128> {
        let taken = asked.iter().map(|ms| limit.take(start + Duration::from_millis(*ms)));
        taken.map(|at| (at - start).as_millis()).collect()
    }

    #[test]
    fn slots_are_taken_in_turn_and_those_that_passed_are_lost() {
        let limit = RateLimit::new(10, &Stripe::whole()).expect("a limit");
        let start = Instant::now();
        assert_eq!(milliseconds(&limit, start, &[0, 0, 0, 150]), [0, 100, 200, 300]);
        assert_eq!(milliseconds(&limit, start, &[1_050, 1_050]), [1_000, 1_100]);
        assert!(RateLimit::new(0, &Stripe::whole()).is_none());
    }

    #[test]
    fn instances_keep_the_limit_together() {
        use plimsoll_plan::segment::{ExecutionSegment, Fraction, SegmentSequence};
        use plimsoll_plan::stripe::Division;
        let bounds = [0, 1, 2, 3].map(|third| Fraction::new(third, 3));
        let mut slots = Vec::new();
        for ends in bounds.windows(2) {
            let segment = ExecutionSegment { from: ends[0], to: ends[1] };
            let division = Division::new(&segment, &SegmentSequence::default()).expect("valid");
            let limit = RateLimit::new(20, &division.stripe()).expect("a limit");
            let start = Instant::now();
            let mine = milliseconds(&limit, start, &[0; 20]);
            slots.extend(mine.into_iter().filter(|at| *at < 1_000));
        }
        slots.sort_unstable();
        assert_eq!(slots, (0..20).map(|slot| slot * 50).collect::<Vec<_>>());
    }
}
