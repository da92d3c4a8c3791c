//! A distribution of values in fixed memory.
//!
//! A base-2 exponential histogram of scale 8, the layout of OTLP exponential histograms and Prometheus native
//! ones. Bucket boundaries are the powers of 2^(1/256), and buckets are upper-inclusive:
//!
//! ```text
//!        2^0                      2^1                      2^2
//!         ┊ 256 buckets, each      ┊ 256 buckets, each      ┊
//!  ───────┼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┼──►
//!            0.27 % wide              0.27 % wide
//!         └ chunk of 32 buckets ┘ … allocated when the first value falls into it
//! ```
//!
//! Beyond a few samples a value is reported as the middle of its bucket, so its relative error is at most
//! (g−1)/(g+1) = 0.135 % with g = 2^(1/256). Count, sum, minimum and maximum are exact. Positive values keep
//! that bound from 2^-1022 up to the largest double; what is smaller counts as zero. Negative values go to a
//! mirrored set of buckets.

mod layout;
mod parts;

pub use self::parts::TrendParts;

use self::layout::{CHUNK_BUCKETS, bucket_of, midpoint, upper_bound};

/// A distribution: exact count, sum, minimum and maximum; quantiles within 0.135 %.
#[derive(Debug, Clone, Default)]
pub struct Trend {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    zeros: u64,
    positive: Buckets,
    negative: Option<Box<Buckets>>,
    /// The samples themselves while there are at most [`FEW`] of them: complete exactly then.
    few: Vec<f64>,
    /// Whether any sample had a fraction. Until then small quantiles are whole numbers, and so exact.
    fractional: bool,
}

/// Below this a bucket is narrower than one, so a whole number is known from the bucket it is in. Scripts
/// record many: differences of `Date.now()`, counts, sizes.
const WHOLE_BELOW: f64 = 360.0;

/// Up to so many samples are also kept as they are, so that the quantiles of a short run are exact, as in k6.
/// More would cost more memory than the narrow distributions of most series.
const FEW: u64 = 32;

/// One non-empty bucket of a [`Trend`], for exporters and curves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The largest value that falls into it.
    pub upper: f64,
    /// How many samples it holds.
    pub count: u64,
}

impl Trend {
    /// The scale of the bucket layout in OTLP's sense; Prometheus calls it schema.
    pub const SCALE: u32 = layout::SCALE;

    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        if self.count < FEW {
            self.record_few(value);
        }
        // True with the first sample of nearly every time that is measured, and then free.
        if !self.fractional && (value as i64) as f64 != value {
            self.fractional = true;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.count += 1;
        self.sum += value;
        if value >= f64::MIN_POSITIVE {
            self.positive.add(bucket_of(value));
        } else if value > -f64::MIN_POSITIVE {
            // Common: connecting and TLS take no time on a connection that is reused.
            self.zeros += 1;
        } else {
            self.record_negative(value);
        }
    }

    /// The part that only the first samples need, out of the way of the others.
    #[cold]
    fn record_few(&mut self, value: f64) {
        if self.count == 0 {
            (self.min, self.max) = (value, value);
        }
        self.few.push(value);
    }

    #[cold]
    fn record_negative(&mut self, value: f64) {
        self.negative.get_or_insert_default().add(bucket_of(-value));
    }

    /// Adds everything that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            (self.min, self.max) = (other.min, other.max);
        } else {
            self.min = self.min.min(other.min);
            self.max = self.max.max(other.max);
        }
        self.count += other.count;
        self.fractional |= other.fractional;
        if self.count <= FEW {
            self.few.extend_from_slice(&other.few);
        } else {
            self.few = Vec::new();
        }
        self.sum += other.sum;
        self.zeros += other.zeros;
        self.positive.merge(&other.positive);
        if let Some(negative) = &other.negative {
            self.negative.get_or_insert_default().merge(negative);
        }
    }

    /// What was added since `earlier`, a former state of the same trend. Count and sum are exact; the samples
    /// are known to within their buckets, the smallest and the largest too unless they set a record. As long
    /// as
    /// the trend still has every sample of its own, they are exact.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let negative = match (&self.negative, &earlier.negative) {
            (Some(mine), Some(theirs)) => Some(Box::new(mine.since(theirs))),
            (mine, _) => mine.clone(),
        };
        let mut part = Self {
            count: self.count.saturating_sub(earlier.count),
            sum: self.sum - earlier.sum,
            min: 0.0,
            max: 0.0,
            zeros: self.zeros.saturating_sub(earlier.zeros),
            positive: self.positive.since(&earlier.positive),
            negative,
            few: Vec::new(),
            fractional: self.fractional,
        };
        if self.knows_samples() && earlier.knows_samples() {
            // Samples are kept in the order in which they came.
            part.few = self.few[earlier.few.len().min(self.few.len())..].to_vec();
            part.min = part.few.iter().copied().reduce(f64::min).unwrap_or_default();
            part.max = part.few.iter().copied().reduce(f64::max).unwrap_or_default();
            if !part.sum.is_finite() {
                part.sum = part.few.iter().sum();
            }
            return part;
        }
        if part.sum.is_nan() && self.sum == earlier.sum {
            // Both are infinite, and what was added is only known by its buckets.
            part.sum = part.ascending().map(|(middle, count)| middle * count as f64).sum();
        }
        let known = |middle: f64| middle.clamp(self.min, self.max);
        let (first, last) = (part.ascending().next(), part.ascending().last());
        let is_first = earlier.count == 0;
        part.min =
            if is_first || self.min < earlier.min { self.min } else { first.map_or(0.0, |(m, _)| known(m)) };
        part.max =
            if is_first || self.max > earlier.max { self.max } else { last.map_or(0.0, |(m, _)| known(m)) };
        part.few = part.likely_samples();
        part
    }

    pub(crate) fn clear(&mut self) {
        (self.count, self.sum, self.min, self.max, self.zeros) = (0, 0.0, 0.0, 0.0, 0);
        self.few.clear();
        self.fractional = false;
        self.positive.clear();
        if let Some(negative) = &mut self.negative {
            negative.clear();
        }
    }

    /// How many samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all samples.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The smallest sample; zero without samples, as in k6.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.min
    }

    /// The largest sample; zero without samples, as in k6.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The mean; zero without samples, as in k6.
    #[must_use]
    pub fn avg(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// The median.
    #[must_use]
    pub fn med(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value below which the share `q` (0 to 1) of the samples lies; zero without samples, as in k6.
    ///
    /// k6's definition: linear interpolation between the two samples next to rank `q · (count − 1)`. Both are
    /// known to within their bucket; the smallest and the largest are known exactly.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        let Some(last) = self.count.checked_sub(1) else { return 0.0 };
        let rank = q.clamp(0.0, 1.0) * last as f64;
        let below = rank.floor();
        let (low, high) = self.neighbours(below as u64);
        // An infinite neighbour must not turn a weight of zero into NaN, nor must two of them.
        if rank > below && low < high { low + (high - low) * (rank - below) } else { low }
    }

    /// The samples of rank `rank` and `rank + 1` in sorted order.
    fn neighbours(&self, rank: u64) -> (f64, f64) {
        let next = (rank + 1).min(self.count - 1);
        if self.count <= FEW {
            let mut sorted = self.few.clone();
            sorted.sort_by(f64::total_cmp);
            return (sorted[rank as usize], sorted[next as usize]);
        }
        let mut low = None;
        let mut seen = 0;
        for (value, count) in self.ascending() {
            seen += count;
            if low.is_none() && rank < seen {
                low = Some(value);
            }
            if next < seen {
                let low = self.sample(rank, low.unwrap_or(value));
                return (low, self.sample(next, value));
            }
        }
        (self.max, self.max)
    }

    /// The best knowledge of the sample at `rank`, given the middle of its bucket.
    fn sample(&self, rank: u64, middle: f64) -> f64 {
        if rank == 0 {
            self.min
        } else if rank == self.count - 1 {
            self.max
        } else {
            let whole = !self.fractional && middle.abs() < WHOLE_BELOW;
            let best = if whole { middle.round() } else { middle };
            best.clamp(self.min, self.max)
        }
    }

    /// Bucket middles with their counts, smallest first.
    fn ascending(&self) -> impl Iterator<Item = (f64, u64)> {
        let negative = self.negative.iter().flat_map(|buckets| buckets.descending());
        let zero = (self.zeros > 0).then_some((0.0, self.zeros));
        let positive = self.positive.ascending();
        negative
            .map(|(bucket, count)| (-midpoint(bucket), count))
            .chain(zero)
            .chain(positive.map(|(bucket, count)| (midpoint(bucket), count)))
    }

    /// All non-empty buckets, smallest first: the middle of each, and how many samples it holds.
    pub fn middles(&self) -> impl Iterator<Item = (f64, u64)> {
        self.ascending()
    }

    /// Samples that were zero, or too near to it to be told apart.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        self.zeros
    }

    /// The non-empty buckets of positive values, smallest first. Bucket boundaries are exactly those of an
    /// OTLP exponential histogram of [`Self::SCALE`].
    pub fn positive_buckets(&self) -> impl Iterator<Item = Bucket> {
        self.positive.ascending().map(|(bucket, count)| Bucket { upper: upper_bound(bucket), count })
    }

    /// How many samples are at most `bound`, to within the bucket that `bound` falls into.
    #[must_use]
    pub fn count_at_most(&self, bound: f64) -> u64 {
        self.ascending().take_while(|(middle, _)| *middle <= bound).map(|(_, count)| count).sum()
    }
}

/// Two trends are equal when they hold the same samples as far as they can tell; allocated memory does not
/// matter.
impl PartialEq for Trend {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.zeros) == (other.count, other.zeros)
            && (self.sum, self.min, self.max) == (other.sum, other.min, other.max)
            && self.ascending().eq(other.ascending())
    }
}

/// Counts by bucket number, in chunks that exist once a value has fallen into them.
#[derive(Debug, Clone, Default)]
struct Buckets {
    /// Chunk number of `chunks[0]`.
    first: u32,
    chunks: Vec<Option<Box<Chunk>>>,
}

#[derive(Debug, Clone)]
struct Chunk {
    /// Sum of `counts`, so that merges and quantiles pass over what is empty.
    total: u64,
    counts: [u64; CHUNK_BUCKETS as usize],
}

impl Chunk {
    const EMPTY: Self = Self { total: 0, counts: [0; CHUNK_BUCKETS as usize] };
}

impl Buckets {
    #[inline]
    fn add(&mut self, bucket: u32) {
        self.add_many(bucket, 1);
    }

    #[inline]
    fn add_many(&mut self, bucket: u32, count: u64) {
        let place = (bucket / CHUNK_BUCKETS).wrapping_sub(self.first) as usize;
        let chunk = match self.chunks.get_mut(place) {
            Some(Some(chunk)) => chunk,
            _ => self.allocate(bucket / CHUNK_BUCKETS),
        };
        chunk.total += count;
        chunk.counts[(bucket % CHUNK_BUCKETS) as usize] += count;
    }

    /// The chunk of that number, made if need be; the directory grows at the end where it is too short.
    #[cold]
    fn allocate(&mut self, number: u32) -> &mut Chunk {
        if self.chunks.is_empty() {
            self.first = number;
        }
        if number < self.first {
            let missing = (self.first - number) as usize;
            self.chunks.splice(0..0, std::iter::repeat_with(|| None).take(missing));
            self.first = number;
        }
        let place = (number - self.first) as usize;
        if place >= self.chunks.len() {
            self.chunks.resize_with(place + 1, || None);
        }
        self.chunks[place].get_or_insert_with(|| Box::new(Chunk::EMPTY))
    }

    fn merge(&mut self, other: &Self) {
        for (number, theirs) in other.filled() {
            let mine = self.allocate(number);
            mine.total += theirs.total;
            for (mine, theirs) in mine.counts.iter_mut().zip(&theirs.counts) {
                *mine += theirs;
            }
        }
    }

    /// These counts less those of a former state.
    fn since(&self, earlier: &Self) -> Self {
        let mut part = self.clone();
        for (number, former) in earlier.filled() {
            let chunk = part.allocate(number);
            chunk.total = chunk.total.saturating_sub(former.total);
            for (count, former) in chunk.counts.iter_mut().zip(&former.counts) {
                *count = count.saturating_sub(*former);
            }
        }
        part
    }

    fn clear(&mut self) {
        for chunk in self.chunks.iter_mut().flatten().filter(|chunk| chunk.total > 0) {
            **chunk = Chunk::EMPTY;
        }
    }

    /// Chunks that hold something, with their numbers, in ascending order.
    fn filled(&self) -> impl DoubleEndedIterator<Item = (u32, &Chunk)> {
        let chunks = self.chunks.iter().enumerate();
        chunks
            .filter_map(|(place, chunk)| Some((self.first + place as u32, chunk.as_deref()?)))
            .filter(|(_, chunk)| chunk.total > 0)
    }

    fn ascending(&self) -> impl Iterator<Item = (u32, u64)> {
        self.filled().flat_map(|(number, chunk)| entries(number, chunk))
    }

    fn descending(&self) -> impl Iterator<Item = (u32, u64)> {
        self.filled().rev().flat_map(|(number, chunk)| entries(number, chunk).rev())
    }
}

/// Bucket numbers and counts of one chunk, empty ones left out.
fn entries(number: u32, chunk: &Chunk) -> impl DoubleEndedIterator<Item = (u32, u64)> {
    let buckets = number * CHUNK_BUCKETS..(number + 1) * CHUNK_BUCKETS;
    buckets.zip(chunk.counts).filter(|(_, count)| *count > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn trend(values: &[f64]) -> Trend {
        let mut trend = Trend::default();
        for value in values {
            trend.record(*value);
        }
        trend
    }

    /// k6's definition on the sorted samples themselves.
    fn exact(sorted: &[f64], q: f64) -> f64 {
        let rank = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        low + (high - low) * (rank - rank.floor())
    }

    fn assert_quantiles(mut values: Vec<f64>) {
        let trend = trend(&values);
        values.sort_by(f64::total_cmp);
        for q in [0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let (got, want) = (trend.quantile(q), exact(&values, q));
            // Interpolation between samples of opposite sign can come near zero, where a relative bound is
            // meaningless: there the bound is relative to the samples interpolated.
            let rank = q * (values.len() - 1) as f64;
            let scale = values[rank.floor() as usize].abs().max(values[rank.ceil() as usize].abs());
            let scale = if scale > want.abs() && values[0] < 0.0 { scale } else { want.abs() };
            assert!((got - want).abs() <= 0.002 * scale + 1e-300, "q={q}: {got}, exactly {want}");
        }
        assert_eq!(trend.count(), values.len() as u64);
        assert!((trend.min() - values[0]).abs() <= 0.0);
        assert!((trend.max() - values[values.len() - 1]).abs() <= 0.0);
    }

    pub(super) fn shapes() -> impl Strategy<Value = Vec<f64>> {
        let uniform = prop::collection::vec(0.0..1000.0f64, 1..400);
        let log_normal = prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64), 1..400)
            .prop_map(|pairs| pairs.into_iter().map(|(a, b)| (1.5 + a + b).exp()).collect());
        let bimodal = prop::collection::vec((any::<bool>(), 0.9..1.1f64), 1..400)
            .prop_map(|v| v.into_iter().map(|(slow, x)| if slow { 3000.0 * x } else { 2.0 * x }).collect());
        let constant = (1e-6..1e9f64, 1..50usize).prop_map(|(value, n)| vec![value; n]);
        let huge = prop::collection::vec(-300.0..300.0f64, 1..100)
            .prop_map(|v| v.into_iter().map(|exponent| 10f64.powf(exponent)).collect());
        let signed = prop::collection::vec(-100.0..100.0f64, 1..200)
            .prop_map(|v| v.into_iter().map(|x| if x.abs() < 10.0 { 0.0 } else { x }).collect());
        prop_oneof![uniform, log_normal, bimodal, constant, huge, signed]
    }

    proptest! {
        #[test]
        fn quantiles_are_within_their_bound(values in shapes()) {
            assert_quantiles(values);
        }

        #[test]
        fn merged_trends_equal_one(values in shapes(), shards in 1..6usize) {
            let mut merged = Trend::default();
            for shard in 0..shards {
                let part: Vec<f64> = values.iter().copied().skip(shard).step_by(shards).collect();
                merged.merge(&trend(&part));
            }
            let whole = trend(&values);
            prop_assert!(merged.ascending().eq(whole.ascending()), "bucket for bucket");
            let exact = |trend: &Trend| (trend.count(), trend.min(), trend.max());
            prop_assert_eq!(exact(&merged), exact(&whole));
            prop_assert!((merged.sum() - whole.sum()).abs() <= 1e-9 * whole.sum().abs().max(1.0));
        }

        #[test]
        fn what_was_added_is_what_came_later(before in shapes(), after in shapes()) {
            let earlier = trend(&before);
            let added = trend(&after);
            let mut whole = earlier.clone();
            whole.merge(&added);
            let part = whole.since(&earlier);
            prop_assert_eq!(part.count(), added.count());
            prop_assert!(part.ascending().eq(added.ascending()), "bucket for bucket");
            for q in [0.0, 0.5, 0.95, 1.0] {
                let (is, should) = (part.quantile(q), added.quantile(q));
                let bound = 0.005 * should.abs().max(1e-300);
                prop_assert!((is - should).abs() <= bound, "{} for {}", is, should);
            }
        }

        #[test]
        fn every_value_lies_in_its_bucket(value in f64::MIN_POSITIVE.next_up()..f64::MAX) {
            let bucket = bucket_of(value);
            prop_assert!(value <= upper_bound(bucket));
            prop_assert!(bucket == 0 || value > upper_bound(bucket - 1));
            let error = (midpoint(bucket) - value).abs() / value;
            prop_assert!(error <= 0.001_36, "relative error {}", error);
        }
    }

    #[test]
    fn small_whole_numbers_stay_whole() {
        let values: Vec<f64> = (0..7_200).map(|i| f64::from(i % 360) - 20.0).collect();
        let mut whole = trend(&values);
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        for q in [0.0, 0.013, 0.1, 0.5, 0.77, 0.9, 0.999, 1.0] {
            assert_eq!(whole.quantile(q), exact(&sorted, q), "{q}");
        }
        whole.merge(&trend(&[0.5]));
        assert_ne!(whole.quantile(0.9), exact(&sorted, 0.9), "one fraction, and middles are the best guess");
    }

    #[test]
    fn an_empty_trend_is_all_zero_as_in_k6() {
        let trend = Trend::default();
        for stat in [trend.avg(), trend.min(), trend.max(), trend.med(), trend.quantile(0.95), trend.sum()] {
            assert!(stat.abs() <= 0.0);
        }
    }

    #[test]
    fn few_samples_interpolate_as_in_k6() {
        let two = trend(&[1.0, 2.0]);
        assert!((two.med() - 1.5).abs() < 1e-12);
        assert!((two.quantile(0.9) - 1.9).abs() < 1e-12);
        assert!((trend(&[3.0, 0.0, 1.5]).med() - 1.5).abs() <= 0.0, "a few samples are known exactly");
        assert!((trend(&[7.25]).quantile(0.33) - 7.25).abs() <= 0.0);
    }

    #[test]
    fn clearing_forgets_everything_but_the_memory() {
        let mut reused = trend(&[-2.0, 0.0, 3.0, 1e12]);
        reused.clear();
        assert_eq!(reused, Trend::default());
        reused.record(5.0);
        assert_eq!(reused, trend(&[5.0]));
    }

    #[test]
    fn infinities_do_no_harm() {
        let trend = trend(&[f64::INFINITY, 1.0, f64::NEG_INFINITY]);
        assert_eq!(trend.count(), 3);
        assert!((trend.med() - 1.0).abs() < 0.002);
        let all = self::trend(&[f64::INFINITY; 4]);
        assert_eq!((all.avg(), all.med(), all.quantile(0.95)), (f64::INFINITY, f64::INFINITY, f64::INFINITY));
    }

    #[test]
    fn what_is_added_to_an_infinite_sum_is_known() {
        for former in [1, 100] {
            let mut earlier = trend(&vec![5.0; former]);
            earlier.record(f64::INFINITY);
            let mut now = earlier.clone();
            now.merge(&trend(&[1.0, 3.0]));
            let part = now.since(&earlier);
            assert!((part.avg() - 2.0).abs() < 0.01, "{} after {former}", part.avg());
            earlier.merge(&part);
            assert_eq!(earlier.sum(), f64::INFINITY);
        }
    }

    #[test]
    fn counts_below_a_bound() {
        let trend = trend(&[1.0, 2.0, 3.0, 400.0]);
        assert_eq!(trend.count_at_most(3.5), 3);
        assert_eq!(trend.positive_buckets().map(|bucket| bucket.count).sum::<u64>(), 4);
    }
}
