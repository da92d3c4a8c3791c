//! What the machine was like while it generated load: sums and one histogram, so that any part of a run is
//! the difference of two readings, and a run the sum of its parts.

use plimsoll_metrics::Trend;
use serde::{Deserialize, Serialize};

/// Readings since some moment. All times are in seconds.
///
/// What a system does not tell stays zero, and no rule is made of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Vitals {
    /// How long it was, by the clock that stands still while the machine is suspended.
    pub elapsed: f64,
    /// CPU time that this process used.
    pub cpu_used: f64,
    /// CPU time that it might have used, by its affinity and its control group's quota.
    pub cpu_allowed: f64,
    /// How much of `elapsed` it used 95 % or more of the CPU time that it may have.
    pub cpu_exhausted: f64,
    /// How long worker threads were ready to run and had no CPU, all of them together.
    pub workers_waited: f64,
    /// How long there were worker threads, all of them together.
    pub workers_lived: f64,
    /// CPU time of this machine that its hypervisor gave to others.
    pub stolen: f64,
    /// CPU time of all of this machine's processors.
    pub machine_cpu: f64,
    /// Periods in which the control group might use CPU.
    pub quota_periods: u64,
    /// Those of them in which it was stopped, because its quota was used up.
    pub throttled_periods: u64,
    /// How long the machine was suspended.
    pub suspended: f64,
    /// By how much the wall clock was set, forwards or backwards, all steps together.
    pub clock_stepped: f64,
    /// The most descriptors that were open. Of a part of a run: the most up to its end.
    pub descriptors: u64,
    /// How many may be open.
    pub descriptor_limit: u64,
    /// How late timers of the workers were that should fire a hundred times a second.
    pub loop_delay: Delays,
}

impl Vitals {
    /// What came in since an earlier reading of the same run.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let seconds = |read: fn(&Self) -> f64| (read(self) - read(earlier)).max(0.0);
        let count = |read: fn(&Self) -> u64| read(self).saturating_sub(read(earlier));
        Self {
            elapsed: seconds(|vitals| vitals.elapsed),
            cpu_used: seconds(|vitals| vitals.cpu_used),
            cpu_allowed: seconds(|vitals| vitals.cpu_allowed),
            cpu_exhausted: seconds(|vitals| vitals.cpu_exhausted),
            workers_waited: seconds(|vitals| vitals.workers_waited),
            workers_lived: seconds(|vitals| vitals.workers_lived),
            stolen: seconds(|vitals| vitals.stolen),
            machine_cpu: seconds(|vitals| vitals.machine_cpu),
            quota_periods: count(|vitals| vitals.quota_periods),
            throttled_periods: count(|vitals| vitals.throttled_periods),
            suspended: seconds(|vitals| vitals.suspended),
            clock_stepped: seconds(|vitals| vitals.clock_stepped),
            descriptors: self.descriptors,
            descriptor_limit: self.descriptor_limit,
            loop_delay: self.loop_delay.since(&earlier.loop_delay),
        }
    }

    /// Adds another part: of the same run, or of another instance of the same test.
    pub fn add(&mut self, other: &Self) {
        self.elapsed += other.elapsed;
        self.cpu_used += other.cpu_used;
        self.cpu_allowed += other.cpu_allowed;
        self.cpu_exhausted += other.cpu_exhausted;
        self.workers_waited += other.workers_waited;
        self.workers_lived += other.workers_lived;
        self.stolen += other.stolen;
        self.machine_cpu += other.machine_cpu;
        self.quota_periods += other.quota_periods;
        self.throttled_periods += other.throttled_periods;
        self.suspended += other.suspended;
        self.clock_stepped += other.clock_stepped;
        self.descriptors = self.descriptors.max(other.descriptors);
        self.descriptor_limit = self.descriptor_limit.max(other.descriptor_limit);
        self.loop_delay.add(&other.loop_delay);
    }
}

/// How late something was, as counts by power of 2^¼ ms. Small, exact to merge, and coarse: delays matter by
/// their magnitude.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delays {
    /// `counts[i]` were late by at most `Self::bound(i)`, and by more than the bound before. The last one
    /// has no bound.
    counts: Vec<u64>,
}

/// Up to some 16 seconds.
const LAST: usize = 64;

impl Delays {
    /// Delays that were recorded in milliseconds.
    #[must_use]
    pub fn of(trend: &Trend) -> Self {
        let mut delays = Self::default();
        delays.record(0.0, trend.zeros());
        trend.positive_buckets().for_each(|bucket| delays.record(bucket.upper, bucket.count));
        delays
    }

    fn record(&mut self, ms: f64, count: u64) {
        // The middle of a step belongs to it whatever the last digit of a bound is.
        let place = (0..LAST).find(|place| ms <= Self::bound(*place) * 1.001).unwrap_or(LAST);
        if count > 0 {
            if self.counts.len() <= place {
                self.counts.resize(place + 1, 0);
            }
            self.counts[place] += count;
        }
    }

    /// In milliseconds, from a quarter of one on.
    fn bound(place: usize) -> f64 {
        0.25 * f64::powf(2.0, place as f64 / 4.0)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many were late by more than so many milliseconds, to within a step of 19 %.
    #[must_use]
    pub fn beyond(&self, ms: f64) -> u64 {
        let late = self.counts.iter().enumerate().filter(|(place, _)| Self::lower(*place) >= ms * 0.999);
        late.map(|(_, count)| count).sum()
    }

    fn lower(place: usize) -> f64 {
        place.checked_sub(1).map_or(0.0, Self::bound)
    }

    /// The delay that the share `q` does not exceed, in milliseconds, to within a step of 19 %.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        let rank = (self.count() as f64 * q.clamp(0.0, 1.0)).ceil() as u64;
        let mut seen = 0;
        let reaches = |count: &u64| {
            seen += count;
            seen >= rank.max(1)
        };
        self.counts.iter().position(reaches).map_or(0.0, Self::bound)
    }

    /// What was added since an earlier state.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |place| earlier.counts.get(place).copied().unwrap_or(0);
        let counts = self.counts.iter().enumerate();
        Self { counts: counts.map(|(place, count)| count.saturating_sub(before(place))).collect() }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{MetricKind, Sink, Timestamp};

    use super::*;

    fn delays(ms: &[f64]) -> Delays {
        let mut sink = Sink::new(MetricKind::Trend);
        ms.iter().for_each(|ms| sink.record(*ms, Timestamp(0)));
        match &sink {
            Sink::Trend(trend) => Delays::of(trend),
            _ => unreachable!("it was made as one"),
        }
    }

    #[test]
    fn delays_are_known_to_within_a_step() {
        let all = delays(&[0.0, 0.1, 3.0, 4.9, 5.5, 80.0, 1e6]);
        assert_eq!((all.count(), all.beyond(4.0), all.beyond(5.7), all.beyond(50.0)), (7, 4, 2, 2));
        assert_eq!(all.beyond(0.0), 7);
        let (median, high) = (all.quantile(0.5), all.quantile(0.8));
        assert!((4.9..4.9 * 1.2).contains(&median), "{median}");
        assert!((80.0..80.0 * 1.2).contains(&high), "{high}");
        assert_eq!(Delays::default().quantile(0.99), 0.0);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let (first, whole) = (delays(&[1.0, 2.0]), delays(&[1.0, 2.0, 40.0, 0.0]));
        let mut sum = whole.since(&first);
        assert_eq!(sum.count(), 2);
        sum.add(&first);
        assert_eq!(sum, whole);
        let reading =
            |elapsed, loop_delay| Vitals { elapsed, descriptors: 7, loop_delay, ..Vitals::default() };
        let (earlier, later) = (reading(1.0, first), reading(3.5, whole));
        let mut sum = later.since(&earlier);
        assert_eq!(sum.elapsed, 2.5);
        sum.add(&earlier);
        assert_eq!(sum, later);
    }
}
