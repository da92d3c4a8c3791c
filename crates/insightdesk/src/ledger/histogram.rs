//! A lock-free latency histogram of fixed size.
//!
//! Microseconds, 32 buckets for each power of two: a bucket is at most 1/32 of its value wide, so quantiles
//! are at most 3.2 % too high. Deliberately not the load generator's histogram: the two sides must not share
//! a bug.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets per power of two.
const STEPS: u64 = 32;
const STEPS_LOG2: u32 = STEPS.trailing_zeros();
/// Longer than 2^32 µs (over an hour) is counted as 2^32 µs.
const MAX_LOG2: u32 = 32;
const BUCKETS: usize = ((MAX_LOG2 - STEPS_LOG2 + 1) as usize) * STEPS as usize;

/// Durations, counted in buckets.
pub(super) struct Histogram {
    buckets: Box<[AtomicU64]>,
    sum_us: AtomicU64,
    max_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            sum_us: AtomicU64::new(0),
            max_us: AtomicU64::new(0),
        }
    }
}

/// The state of a histogram at one moment.
pub(super) struct Reading {
    /// Upper bound (inclusive, in µs) and count of each bucket that is not empty, in order.
    pub buckets: Vec<(u64, u64)>,
    pub count: u64,
    pub sum_us: u64,
    pub max_us: u64,
}

impl Histogram {
    pub(super) fn record(&self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(us)].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
        self.max_us.fetch_max(us, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Reading {
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<_> =
            counts.enumerate().filter(|&(_, n)| n > 0).map(|(index, n)| (upper_bound(index), n)).collect();
        Reading {
            count: buckets.iter().map(|(_, n)| n).sum(),
            buckets,
            sum_us: self.sum_us.load(Ordering::Relaxed),
            max_us: self.max_us.load(Ordering::Relaxed),
        }
    }
}

impl Reading {
    /// The upper bound of the bucket that holds the quantile; 0 when there is nothing.
    pub(super) fn quantile_us(&self, q: f64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let rank = (q * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for &(upper, n) in &self.buckets {
            seen += n;
            if seen >= rank {
                return upper.min(self.max_us);
            }
        }
        0
    }

    /// How many durations were at most `2^log2` µs: exact, since these are bucket bounds.
    pub(super) fn count_up_to(&self, log2: u32) -> u64 {
        self.buckets.iter().take_while(|&&(upper, _)| upper <= 1 << log2).map(|(_, n)| n).sum()
    }
}

/// The bucket that holds `us`: bounds are inclusive above, so 2^k belongs below the bound 2^k.
fn bucket(us: u64) -> usize {
    let below = us.saturating_sub(1).min((1 << MAX_LOG2) - 1);
    let shift = (u64::BITS - below.leading_zeros()).saturating_sub(STEPS_LOG2 + 1);
    let index = u64::from(shift) * STEPS + (below >> shift);
    usize::try_from(index).expect("there are fewer than 2^16 buckets")
}

fn upper_bound(index: usize) -> u64 {
    let index = index as u64;
    let shift = (index / STEPS).saturating_sub(1);
    (index - shift * STEPS + 1) << shift
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_holds_what_is_put_in_and_is_narrow(us in 1_u64..(1 << MAX_LOG2)) {
            let index = bucket(us);
            let upper = upper_bound(index);
            let lower = if index == 0 { 0 } else { upper_bound(index - 1) };
            prop_assert!(lower < us && us <= upper, "{lower} < {us} <= {upper}");
            prop_assert!(upper - lower <= (us / STEPS).max(1));
        }
    }

    #[test]
    fn the_extremes_fit() {
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_close() {
        let histogram = Histogram::default();
        for us in 1..=10_000 {
            histogram.record(Duration::from_micros(us));
        }
        let reading = histogram.read();
        assert_eq!((reading.count, reading.max_us), (10_000, 10_000));
        let median = reading.quantile_us(0.5);
        assert!((5_000..=5_160).contains(&median), "{median}");
        assert_eq!(reading.quantile_us(1.0), 10_000);
        assert_eq!(reading.count_up_to(12), 4096);
    }
}
