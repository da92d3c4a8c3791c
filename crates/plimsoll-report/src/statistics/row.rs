//! A metric's parts of a run in a row, packed for resampling.
//!
//! A resample gives each part a weight: how often it was drawn. The quantile of a weighted merge of
//! histograms needs no merge when each part knows how many of its samples lie below each bucket: a weighted
//! sum of those counts says on which side of a bucket the quantile lies, and bisection does the rest.
//!
//! ```text
//!            part 0  part 1  part 2 …
//! ≤ bucket 0    0       2       1       one column for each bucket that any part has, counts cumulated over
//! ≤ bucket 1    5       9       4       the buckets; weights · column = samples of the resample up to there
//!      ⋮
//! ```

use plimsoll_metrics::{Aggregate, Aggregation, MetricId, MetricKind, Sink, TagFilter, Trend};

use std::time::Duration;

/// What is asked of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// The value below which that share of a trend's samples lies, from 0 to 1.
    Quantile(f64),
    /// The mean of a trend's samples; of a gauge, that of its last values.
    Mean,
    /// The share of a rate's samples that were not zero.
    Share,
    /// A counter's sum per second; of any other kind, samples per second.
    PerSecond,
}

impl Statistic {
    /// What a threshold's left side asks of a metric of that kind; `None` where parts say too little about
    /// the whole (extremes, last values, totals).
    #[must_use]
    pub fn of(aggregation: Aggregation, kind: MetricKind) -> Option<Self> {
        match (aggregation, kind) {
            (Aggregation::Med, MetricKind::Trend) => Some(Self::Quantile(0.5)),
            (Aggregation::Percentile(p), MetricKind::Trend) => Some(Self::Quantile(p / 100.0)),
            (Aggregation::Avg, MetricKind::Trend) => Some(Self::Mean),
            (Aggregation::Rate, MetricKind::Rate) => Some(Self::Share),
            (Aggregation::Rate, MetricKind::Counter) => Some(Self::PerSecond),
            _ => None,
        }
    }
}

/// One metric, or a selection of its series, part by part.
#[derive(Debug, Clone)]
pub struct Row {
    /// How long a part is, in seconds.
    length: f64,
    /// Samples of each part.
    counts: Vec<f64>,
    /// Sum of the values of each part; of a rate, its samples that were not zero.
    sums: Vec<f64>,
    /// Bucket middles, smallest first; empty unless the metric is a trend.
    values: Vec<f64>,
    /// For each of `values`, how many samples of each part are at most that.
    below: Vec<Vec<u32>>,
    smallest: f64,
    largest: f64,
}

/// Longer rows are packed: neighbouring parts become one. A block of several minutes is still a small share
/// of an hour, and resampling does not take longer for a longer run.
const MOST: usize = 600;

impl Row {
    /// The row of a metric's samples that match a filter, out of parts of a run of equal length. Parts
    /// without such samples count as well: they were seconds, too.
    #[must_use]
    pub fn of(parts: &[Aggregate], length: Duration, metric: MetricId, filter: &TagFilter) -> Self {
        let sinks: Vec<_> = parts.iter().map(|part| part.select(metric, filter)).collect();
        Self::of_sinks(sinks.iter().map(Option::as_ref), length)
    }

    /// The row of one sink for each part; `None` where a part had no sample. All are of one kind.
    pub fn of_sinks<'a>(parts: impl IntoIterator<Item = Option<&'a Sink>>, length: Duration) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        let pack = parts.len().div_ceil(MOST).max(1);
        let packed: Vec<Option<Sink>> = parts.chunks(pack).map(merged).collect();
        let mut row = Self {
            length: length.as_secs_f64() * pack as f64,
            counts: packed.iter().map(|sink| sink.as_ref().map_or(0.0, |sink| sink.count() as f64)).collect(),
            sums: packed.iter().map(|sink| sink.as_ref().map_or(0.0, sum)).collect(),
            values: Vec::new(),
            below: Vec::new(),
            smallest: f64::INFINITY,
            largest: f64::NEG_INFINITY,
        };
        row.count_buckets(&packed);
        row
    }

    fn count_buckets(&mut self, parts: &[Option<Sink>]) {
        let trends: Vec<Option<&Trend>> = parts.iter().map(|sink| trend(sink.as_ref())).collect();
        for trend in trends.iter().flatten() {
            self.smallest = self.smallest.min(trend.min());
            self.largest = self.largest.max(trend.max());
            self.values.extend(trend.middles().map(|(value, _)| value));
        }
        self.values.sort_by(f64::total_cmp);
        self.values.dedup();
        self.below = vec![vec![0; parts.len()]; self.values.len()];
        for (part, trend) in trends.iter().enumerate() {
            let mut seen = 0;
            let mut buckets = trend.iter().flat_map(|trend| trend.middles()).peekable();
            for (value, column) in self.values.iter().zip(&mut self.below) {
                if let Some((_, count)) = buckets.next_if(|(middle, _)| middle <= value) {
                    seen += u32::try_from(count).unwrap_or(u32::MAX);
                }
                column[part] = seen;
            }
        }
    }

    /// How many parts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many samples.
    #[must_use]
    pub fn samples(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// The sum of all values; of a rate, its samples that were not zero.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sums.iter().sum()
    }

    /// No value can be below that: zero for counts, shares and sums.
    #[must_use]
    pub fn smallest(&self) -> f64 {
        if self.values.is_empty() { 0.0 } else { self.smallest }
    }

    /// The statistic over all parts; `None` without samples.
    #[must_use]
    pub fn value(&self, statistic: Statistic) -> Option<f64> {
        self.weighted(statistic, &vec![1; self.len()])
    }

    /// The statistic over the parts, each taken as often as its weight says; `None` without samples.
    #[must_use]
    pub fn weighted(&self, statistic: Statistic, weights: &[u32]) -> Option<f64> {
        let samples = dot(weights, &self.counts);
        let parts: u32 = weights.iter().sum();
        match statistic {
            Statistic::PerSecond => {
                (parts > 0).then(|| dot(weights, &self.sums) / (f64::from(parts) * self.length))
            }
            _ if samples <= 0.0 => None,
            Statistic::Mean | Statistic::Share => Some(dot(weights, &self.sums) / samples),
            Statistic::Quantile(q) => self.quantile(q, samples, weights),
        }
    }

    fn quantile(&self, q: f64, samples: f64, weights: &[u32]) -> Option<f64> {
        let rank = q.clamp(0.0, 1.0) * samples;
        let up_to = |bucket: usize| count(weights, &self.below[bucket]);
        let bucket = bisect(self.values.len(), |bucket| up_to(bucket) >= rank);
        let value = *self.values.get(bucket.min(self.values.len().checked_sub(1)?))?;
        // Samples lie evenly in their bucket, as far as anybody knows.
        let before = if bucket == 0 { 0.0 } else { up_to(bucket - 1) };
        let inside = up_to(bucket.min(self.values.len() - 1)) - before;
        let share = if inside > 0.0 { ((rank - before) / inside).clamp(0.0, 1.0) } else { 0.5 };
        let within = value + value.abs() * BUCKET_WIDTH * (share - 0.5);
        Some(within.clamp(self.smallest, self.largest))
    }

    /// How each part pulls at the statistic: sums to zero over the row, and its variance over blocks is, to
    /// first order, that of the statistic (its influence function, summed over the samples of a part).
    #[must_use]
    pub fn influence(&self, statistic: Statistic) -> Vec<f64> {
        let Some(value) = self.value(statistic) else { return vec![0.0; self.len()] };
        let parts = 0..self.len();
        match statistic {
            Statistic::PerSecond => parts.map(|part| self.sums[part] - value * self.length).collect(),
            Statistic::Mean | Statistic::Share => {
                parts.map(|part| self.sums[part] - value * self.counts[part]).collect()
            }
            Statistic::Quantile(q) => {
                let bucket = bisect(self.values.len(), |bucket| self.values[bucket] >= value);
                let column = &self.below[bucket.min(self.values.len() - 1)];
                let total: f64 = column.iter().map(|count| f64::from(*count)).sum();
                // The share that the bucket really cuts off, so that the sum is zero in wide buckets too.
                let share = if total > 0.0 { total / self.samples() } else { q };
                parts.map(|part| share * self.counts[part] - f64::from(column[part])).collect()
            }
        }
    }
}

/// How wide a trend's bucket is in relation to its middle.
const BUCKET_WIDTH: f64 = std::f64::consts::LN_2 / (1 << Trend::SCALE) as f64;

fn merged(parts: &[Option<&Sink>]) -> Option<Sink> {
    let mut sinks = parts.iter().copied().flatten();
    let mut merged = sinks.next()?.clone();
    sinks.for_each(|sink| merged.merge(sink));
    Some(merged)
}

fn sum(sink: &Sink) -> f64 {
    match sink {
        Sink::Counter(counter) => counter.sum,
        Sink::Gauge(gauge) => gauge.last * gauge.count as f64,
        Sink::Rate(rate) => rate.nonzero as f64,
        Sink::Trend(trend) => trend.sum(),
    }
}

fn trend(sink: Option<&Sink>) -> Option<&Trend> {
    match sink {
        Some(Sink::Trend(trend)) => Some(trend),
        _ => None,
    }
}

fn dot(weights: &[u32], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| f64::from(*weight) * value).sum()
}

fn count(weights: &[u32], column: &[u32]) -> f64 {
    let samples: u64 =
        weights.iter().zip(column).map(|(weight, count)| u64::from(*weight) * u64::from(*count)).sum();
    samples as f64
}

/// The first of `0..end` for which `holds`, which no longer changes once it does; `end` if there is none.
fn bisect(end: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}
