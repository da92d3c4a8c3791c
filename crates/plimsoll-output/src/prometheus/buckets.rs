//! Histograms for Prometheus: classic ones, with a series for each bucket, and native ones.
//!
//! A trend has buckets of 0.27 % in milliseconds; Prometheus wants seconds. So each bucket of a trend is put,
//! by its middle, into a bucket of a grid whose boundaries are powers of a root of two in the unit that is
//! pushed.

use std::collections::BTreeMap;

use plimsoll_metrics::Trend;

use super::message::{BucketSpan, Histogram};

/// Counts by the number of their bucket in a grid: bucket n ends at 2^(n / steps).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Grid {
    pub(super) buckets: BTreeMap<i32, u64>,
    /// What is not positive, and so is below every boundary.
    pub(super) below: u64,
}

impl Grid {
    /// `scale` turns the unit of the trend into the one that is pushed.
    pub(super) fn of(trend: &Trend, steps: f64, scale: f64) -> Self {
        // The upper end of a bucket of the trend, times this, is its middle.
        let middle = 2.0 / (1.0 + (1.0 / f64::from(1 << Trend::SCALE)).exp2());
        let mut grid = Self::default();
        let mut positive = 0;
        for bucket in trend.positive_buckets() {
            let value = bucket.upper.min(f64::MAX) * middle * scale;
            *grid.buckets.entry((value.log2() * steps).ceil() as i32).or_default() += bucket.count;
            positive += bucket.count;
        }
        grid.below = trend.count() - positive;
        grid
    }
}

/// Buckets of a classic histogram in an octave. One is 1.45 % wide, which bounds the error of a quantile.
const STEPS: i32 = 48;
/// Of these boundaries every twelfth is there from the beginning, so that a sudden shift meets buckets.
const COARSE: i32 = 12;

/// The buckets of one classic histogram, by their number, and what each held: in the last push that the
/// server has judged, and in the last push.
///
/// Only boundaries next to a sample become series, besides a coarse few. Prometheus knows nothing of a bucket
/// before its series begins; [`Step::before`] tells it.
#[derive(Debug, Default)]
pub(super) struct Classic {
    judged: BTreeMap<i32, u64>,
    pushed: BTreeMap<i32, u64>,
}

/// One bucket of a push.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    /// Its upper boundary, as the label `le` has it.
    pub(super) le: String,
    /// Samples up to that boundary.
    pub(super) count: u64,
    /// What it held at the last push that was judged, if it was not in that one but others were.
    pub(super) before: Option<u64>,
}

impl Classic {
    /// The server has judged the last push.
    pub(super) fn judged(&mut self) {
        self.judged.clone_from(&self.pushed);
    }

    /// The buckets of a trend, all but the infinite one, smallest first.
    pub(super) fn steps(&mut self, trend: &Trend, is_time: bool) -> Vec<Step> {
        let scale = if is_time { 1e-3 } else { 1.0 };
        let grid = Grid::of(trend, f64::from(STEPS), scale);
        let is_new = self.judged.is_empty();
        self.pushed.clone_from(&self.judged);
        // From 61 µs to 128 s; from 1 to 2^30 of whatever else it is.
        let octaves = if is_time { -14..=7 } else { 0..=30 };
        let coarse = (octaves.start() * STEPS..=octaves.end() * STEPS).step_by(COARSE as usize);
        let fine = grid.buckets.keys().flat_map(|bucket| [bucket - 1, *bucket]);
        let mut fresh = BTreeMap::new();
        for bucket in coarse.chain(fine).filter(|bucket| !self.pushed.contains_key(bucket)) {
            fresh.insert(bucket, self.pushed.range(..bucket).next_back().map_or(0, |(_, count)| *count));
        }
        for (bucket, before) in &fresh {
            self.pushed.insert(*bucket, *before);
        }
        let mut counts = grid.buckets.iter().peekable();
        let mut count = grid.below;
        let mut steps = Vec::with_capacity(self.pushed.len());
        for (bucket, pushed) in &mut self.pushed {
            while let Some((_, more)) = counts.next_if(|(number, _)| *number <= bucket) {
                count += more;
            }
            let before = fresh.get(bucket).copied().filter(|_| !is_new);
            *pushed = count;
            steps.push(Step { le: boundary(*bucket), count, before });
        }
        steps
    }
}

/// Six digits, which keep neighbours apart and are the same in each push.
fn boundary(bucket: i32) -> String {
    let exact = (f64::from(bucket) / f64::from(STEPS)).exp2();
    let digits = 10f64.powi(5 - exact.log10().floor() as i32);
    format!("{}", (exact * digits).round() / digits)
}

/// The schema of native histograms: 64 buckets in an octave, each 1.09 % wide.
const SCHEMA: i32 = 6;
/// What Prometheus' own client has; nothing here is that small.
const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// A trend as a native histogram.
pub(super) fn native(trend: &Trend, scale: f64, timestamp: i64) -> Histogram {
    let grid = Grid::of(trend, f64::from(1 << SCHEMA), scale);
    let mut histogram = Histogram {
        count: trend.count(),
        sum: trend.sum() * scale,
        schema: SCHEMA,
        zero_threshold: ZERO_THRESHOLD,
        zero_count: grid.below,
        timestamp,
        ..Histogram::default()
    };
    let (mut end, mut last) = (0, 0);
    for (bucket, count) in grid.buckets {
        match histogram.positive_spans.last_mut() {
            Some(span) if bucket == end => span.length += 1,
            _ => histogram.positive_spans.push(BucketSpan { offset: bucket - end, length: 1 }),
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        histogram.positive_deltas.push(count - last);
        (end, last) = (bucket + 1, count);
    }
    histogram
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use plimsoll_metrics::{MetricKind, Sink, Timestamp};

    use super::*;

    fn trend(values: &[f64]) -> Trend {
        let mut sink = Sink::new(MetricKind::Trend);
        values.iter().for_each(|value| sink.record(*value, Timestamp(0)));
        match sink {
            Sink::Trend(trend) => trend,
            _ => unreachable!("it was made as one"),
        }
    }

    /// As Prometheus has it: linear within a bucket.
    fn histogram_quantile(q: f64, steps: &[Step]) -> f64 {
        let bound = |step: &Step| step.le.parse::<f64>().expect("a number");
        let rank = q * steps.last().expect("steps").count as f64;
        let at = steps.iter().position(|step| step.count as f64 >= rank).expect("within");
        let (low, below) = if at == 0 { (0.0, 0) } else { (bound(&steps[at - 1]), steps[at - 1].count) };
        let share = (rank - below as f64) / (steps[at].count - below) as f64;
        low + (bound(&steps[at]) - low) * share
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_bucket(values in prop::collection::vec(0.1..60_000.0f64, 200..400)) {
            let trend = trend(&values);
            let steps = Classic::default().steps(&trend, true);
            prop_assert_eq!(steps.last().expect("steps").count, trend.count());
            prop_assert!(steps.windows(2).all(|pair| pair[0].count <= pair[1].count));
            let mut sorted = values;
            sorted.sort_by(f64::total_cmp);
            for q in [0.5, 0.95, 0.99] {
                let got = histogram_quantile(q, &steps) * 1e3;
                // Between two samples every value is a right answer.
                let rank = q * sorted.len() as f64;
                let (low, high) = (sorted[rank.ceil() as usize - 1], sorted[rank.ceil() as usize - 1]);
                prop_assert!(got > low * 0.983 && got < high * 1.017, "q={}: {} of {}", q, got, low);
            }
        }

        #[test]
        fn native_buckets_hold_their_values(values in prop::collection::vec(0.001..1e6f64, 1..100)) {
            let histogram = native(&trend(&values), 1e-3, 0);
            let mut number = 0;
            let mut counts = histogram.positive_deltas.iter().scan(0, |last, delta| {
                *last += delta;
                Some(*last)
            });
            let mut at_most = BTreeMap::new();
            for span in &histogram.positive_spans {
                number += span.offset;
                for _ in 0..span.length {
                    at_most.insert(number, counts.next().expect("a count for each bucket"));
                    number += 1;
                }
            }
            prop_assert_eq!(at_most.values().sum::<i64>(), values.len() as i64);
            for value in &values {
                let exact = (value * 1e-3).log2() * 64.0;
                let near = at_most.range((exact - 0.2).ceil() as i32..=(exact + 1.2).ceil() as i32);
                prop_assert!(near.count() > 0, "{} is in no bucket", value);
            }
        }
    }

    #[test]
    fn a_new_bucket_says_what_it_would_have_held() {
        let mut classic = Classic::default();
        let first = classic.steps(&trend(&[10.0, 10.0, 10.0]), true);
        assert!(first.iter().all(|step| step.before.is_none()), "all are new");
        assert_eq!((first[0].count, first[first.len() - 1].count), (0, 3));
        assert_eq!(classic.steps(&trend(&[10.0, 10.0, 10.0]), true), first, "nobody has it yet");
        classic.judged();
        let more = trend(&[1.0, 10.0, 10.0, 10.0, 310.0, 310.0]);
        let second = classic.steps(&more, true);
        let fresh: Vec<_> = second.iter().filter_map(|step| Some((step.before?, step.count))).collect();
        assert_eq!(fresh, [(0, 0), (0, 1), (3, 4), (3, 6)]);
        assert_eq!(classic.steps(&more, true), second, "nobody has it yet");
        classic.judged();
        assert!(classic.steps(&trend(&[1.0]), true).iter().all(|step| step.before.is_none()));
    }

    #[test]
    fn what_is_not_positive_is_below_every_boundary() {
        let steps = Classic::default().steps(&trend(&[0.0, -5.0, 4.0]), false);
        assert_eq!(steps[0].count, 2);
        assert_eq!(native(&trend(&[0.0, -5.0, 4.0]), 1.0, 7).zero_count, 2);
    }

    #[test]
    fn boundaries_have_six_digits() {
        assert_eq!(boundary(0), "1");
        assert_eq!(boundary(-14 * STEPS), "0.0000610352");
        assert_eq!(boundary(1), "1.01455");
        assert_eq!(boundary(30 * STEPS), "1073740000");
    }
}
