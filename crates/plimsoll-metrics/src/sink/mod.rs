//! The state of one series: what is kept of its samples.
//!
//! Every sink can be merged with another of its kind without loss, and cleared for reuse without giving
//! memory back. Start from [`Sink`].

mod counter;
mod gauge;
mod rate;
mod trend;

pub use counter::Counter;
pub use gauge::Gauge;
pub use rate::Rate;
pub use trend::{Bucket, Trend, TrendParts};

use crate::registry::MetricKind;
use crate::time::Timestamp;

/// The state of one series, of the kind that its metric has.
#[derive(Debug, Clone, PartialEq)]
pub enum Sink {
    /// A running sum.
    Counter(Counter),
    /// The last value.
    Gauge(Gauge),
    /// A share.
    Rate(Rate),
    /// A distribution.
    Trend(Trend),
}

impl Sink {
    /// An empty sink of that kind.
    #[must_use]
    pub fn new(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(Counter::default()),
            MetricKind::Gauge => Self::Gauge(Gauge::default()),
            MetricKind::Rate => Self::Rate(Rate::default()),
            MetricKind::Trend => Self::Trend(Trend::default()),
        }
    }

    /// Adds one sample. NaN is no measurement: the script layer refuses it, and a sink ignores it.
    #[inline]
    pub fn record(&mut self, value: f64, at: Timestamp) {
        if value.is_nan() {
            return;
        }
        match self {
            Self::Counter(counter) => counter.record(value),
            Self::Gauge(gauge) => gauge.record(value, at),
            Self::Rate(rate) => rate.record(value),
            Self::Trend(trend) => trend.record(value),
        }
    }

    /// Adds everything that `other` holds.
    ///
    /// # Panics
    /// If the kinds differ; sinks of one metric never do.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Counter(mine), Self::Counter(theirs)) => mine.merge(theirs),
            (Self::Gauge(mine), Self::Gauge(theirs)) => mine.merge(theirs),
            (Self::Rate(mine), Self::Rate(theirs)) => mine.merge(theirs),
            (Self::Trend(mine), Self::Trend(theirs)) => mine.merge(theirs),
            (mine, theirs) => panic!("cannot merge a {} into a {}", theirs.kind(), mine.kind()),
        }
    }

    /// Forgets all samples, keeping allocated memory for the next ones.
    pub fn clear(&mut self) {
        match self {
            Self::Counter(counter) => *counter = Counter::default(),
            Self::Gauge(gauge) => *gauge = Gauge::default(),
            Self::Rate(rate) => *rate = Rate::default(),
            Self::Trend(trend) => trend.clear(),
        }
    }

    /// How many samples it has seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Counter(counter) => counter.count,
            Self::Gauge(gauge) => gauge.count,
            Self::Rate(rate) => rate.total,
            Self::Trend(trend) => trend.count(),
        }
    }

    /// Whether it has seen no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> MetricKind {
        match self {
            Self::Counter(_) => MetricKind::Counter,
            Self::Gauge(_) => MetricKind::Gauge,
            Self::Rate(_) => MetricKind::Rate,
            Self::Trend(_) => MetricKind::Trend,
        }
    }
}
