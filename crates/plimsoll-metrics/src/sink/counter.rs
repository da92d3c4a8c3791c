//! A running sum.

use std::time::Duration;

/// The sum of all samples. Exact while the sum is a whole number below 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counter {
    /// The sum.
    pub sum: f64,
    /// How many samples made it.
    pub count: u64,
}

impl Counter {
    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    /// Of a sum that was infinite before, nothing can be told of what was added; nothing keeps it what it is.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let stayed = self.sum == earlier.sum;
        let sum = if stayed { 0.0 } else { self.sum - earlier.sum };
        Self { sum, count: self.count.saturating_sub(earlier.count) }
    }

    /// The sum per second of the run so far; zero before any time has passed.
    #[must_use]
    pub fn per_second(&self, elapsed: Duration) -> f64 {
        if elapsed.is_zero() { 0.0 } else { self.sum / elapsed.as_secs_f64() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_rates() {
        let mut counter = Counter::default();
        counter.record(3.0);
        let mut other = Counter::default();
        other.record(2.0);
        counter.merge(&other);
        assert_eq!(counter, Counter { sum: 5.0, count: 2 });
        assert!((counter.per_second(Duration::from_secs(2)) - 2.5).abs() < 1e-12);
        assert!(counter.per_second(Duration::ZERO).abs() < 1e-12);
    }

    #[test]
    fn what_is_added_to_an_infinite_sum_leaves_it_infinite() {
        let mut earlier = Counter::default();
        earlier.record(f64::INFINITY);
        let mut now = earlier;
        now.record(3.0);
        let part = now.since(&earlier);
        assert_eq!(part, Counter { sum: 0.0, count: 1 });
        earlier.merge(&part);
        assert_eq!(earlier, now, "the parts are the whole");
    }
}
