//! A value that goes up and down.

use crate::time::Timestamp;

/// The last value by timestamp, with the smallest and the largest ever seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gauge {
    /// The value with the latest timestamp; of equal timestamps the one recorded or merged last.
    pub last: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// When `last` was taken.
    pub at: Timestamp,
    /// How many samples there were; without any the other fields mean nothing.
    pub count: u64,
}

impl Gauge {
    #[inline]
    pub(crate) fn record(&mut self, value: f64, at: Timestamp) {
        self.merge(&Self { last: value, min: value, max: value, at, count: 1 });
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        if other.at >= self.at {
            (self.last, self.at) = (other.last, other.at);
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
    }

    /// A single new sample is known exactly; of more, no more than the last, and the bounds of all.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let count = self.count.saturating_sub(earlier.count);
        let (min, max) = if count == 1 { (self.last, self.last) } else { (self.min, self.max) };
        Self { min, max, count, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_timestamp_wins_whatever_the_order() {
        let mut gauge = Gauge::default();
        gauge.record(7.0, Timestamp(20));
        gauge.record(-1.0, Timestamp(10));
        assert_eq!(gauge, Gauge { last: 7.0, min: -1.0, max: 7.0, at: Timestamp(20), count: 2 });

        let mut early = Gauge::default();
        early.record(100.0, Timestamp(1));
        early.merge(&gauge);
        gauge.merge(&Gauge::default());
        assert_eq!((early.last, early.max, early.count), (7.0, 100.0, 3));
        assert_eq!(gauge.count, 2);
    }

    #[test]
    fn of_equal_timestamps_the_last_recorded_wins() {
        let mut gauge = Gauge::default();
        gauge.record(1.0, Timestamp(5));
        gauge.record(2.0, Timestamp(5));
        assert!((gauge.last - 2.0).abs() < 1e-12);
    }
}
