//! A histogram of durations that needs no memory per value: 32 buckets an octave, so at most 3 % off.

use std::cell::RefCell;
use std::time::Duration;

/// Linear steps in each power of two, as a power of two.
const STEPS_LOG2: u32 = 5;
/// Enough for every number of nanoseconds that a `u64` holds.
const BUCKETS: usize = 64 << STEPS_LOG2;

/// How long answers took.
pub(crate) struct Times {
    counts: RefCell<Vec<u64>>,
}

impl Default for Times {
    fn default() -> Self {
        Self { counts: RefCell::new(vec![0; BUCKETS]) }
    }
}

impl Times {
    /// Counts `count` answers that took so long.
    pub(crate) fn add(&self, took: Duration, count: u64) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.counts.borrow_mut()[bucket(nanos)] += count;
    }

    /// The time that so many of a hundred answers were not slower than, in nanoseconds; 0 without answers.
    pub(crate) fn percentile(&self, percent: u64) -> u64 {
        let counts = self.counts.borrow();
        let total: u64 = counts.iter().sum();
        let wanted = (total * percent).div_ceil(100);
        let mut seen = 0;
        let reaches = |count: &u64| {
            seen += count;
            total > 0 && seen >= wanted
        };
        counts.iter().position(reaches).map_or(0, lower_edge)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.counts.borrow_mut().fill(0);
    }
}

/// Small numbers have a bucket each; above them the leading bits choose it.
fn bucket(nanos: u64) -> usize {
    let octave = nanos.checked_ilog2().unwrap_or(0);
    if octave < STEPS_LOG2 {
        return nanos as usize;
    }
    let step = (nanos >> (octave - STEPS_LOG2)) as usize - (1 << STEPS_LOG2);
    (((octave - STEPS_LOG2 + 1) as usize) << STEPS_LOG2) + step
}

fn lower_edge(bucket: usize) -> u64 {
    let (row, step) = (bucket >> STEPS_LOG2, (bucket & ((1 << STEPS_LOG2) - 1)) as u64);
    match row {
        0 => step,
        _ => (step + (1 << STEPS_LOG2)) << (row - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_at_most_three_percent_above_its_bucket() {
        for nanos in
            (0..64).flat_map(|shift| [1_u64 << shift, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift])
        {
            let edge = lower_edge(bucket(nanos));
            assert!(edge <= nanos && nanos - edge <= nanos / 32, "{nanos}: {edge}");
        }
    }

    #[test]
    fn percentiles_count_answers() {
        let times = Times::default();
        assert_eq!(times.percentile(99), 0);
        times.add(Duration::from_nanos(10), 99);
        times.add(Duration::from_millis(1), 1);
        assert_eq!((times.percentile(50), times.percentile(99)), (10, 10));
        assert!(times.percentile(100) > 900_000);
        times.clear();
        assert_eq!(times.percentile(50), 0);
    }
}
