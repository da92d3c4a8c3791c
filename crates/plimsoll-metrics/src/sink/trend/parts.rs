//! A trend taken apart and put together again, for whoever keeps it elsewhere: in a file, in another process.

use super::layout::{BUCKETS, midpoint};
use super::{Buckets, FEW, Trend};

/// Everything that a [`Trend`] knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrendParts {
    /// The sum of all samples.
    pub sum: f64,
    /// The smallest sample.
    pub min: f64,
    /// The largest sample.
    pub max: f64,
    /// Samples that were zero, or too near to it to be told apart.
    pub zeros: u64,
    /// Non-empty buckets of positive values: number and count, numbers ascending.
    pub positive: Vec<(u32, u64)>,
    /// The same of negative values, by their distance from zero.
    pub negative: Vec<(u32, u64)>,
    /// The samples themselves, where they are known.
    pub few: Vec<f64>,
    /// Whether any sample had a fraction.
    pub fractional: bool,
}

impl TrendParts {
    /// Numbers of buckets are below this one.
    pub const BUCKETS: u32 = BUCKETS;

    /// How many samples there are; `None` when they are more than can be counted.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        let buckets = self.positive.iter().chain(&self.negative);
        buckets.map(|(_, count)| *count).try_fold(self.zeros, u64::checked_add)
    }

    /// The middles of the lowest and the highest bucket: smallest and largest sample as far as the buckets
    /// know.
    #[must_use]
    pub fn likely_range(&self) -> Option<(f64, f64)> {
        let existing = |buckets: &[(u32, u64)]| buckets.iter().all(|(number, _)| *number < BUCKETS);
        if !existing(&self.positive) || !existing(&self.negative) {
            return None;
        }
        let ends = |buckets: &[(u32, u64)]| {
            let middle = |bucket: Option<&(u32, u64)>| bucket.map(|(number, _)| midpoint(*number));
            (middle(buckets.first()), middle(buckets.last()))
        };
        let (nearest, furthest) = ends(&self.negative);
        let (first, last) = ends(&self.positive);
        let zero = (self.zeros > 0).then_some(0.0);
        let low = furthest.map(|middle| -middle).or(zero).or(first)?;
        let high = last.or(zero).or(nearest.map(|middle| -middle))?;
        Some((low, high))
    }
}

impl Trend {
    /// Takes it apart.
    #[must_use]
    pub fn parts(&self) -> TrendParts {
        TrendParts {
            sum: self.sum,
            min: self.min,
            max: self.max,
            zeros: self.zeros,
            positive: self.positive.ascending().collect(),
            negative: self.negative.iter().flat_map(|buckets| buckets.ascending()).collect(),
            few: if self.knows_samples() { self.few.clone() } else { Vec::new() },
            fractional: self.fractional,
        }
    }

    /// Puts it together again. Samples that are not given and would be known are those of their buckets.
    /// `None`
    /// when the parts are not those of a trend.
    #[must_use]
    pub fn from_parts(parts: TrendParts) -> Option<Self> {
        let count = parts.count()?;
        let TrendParts { sum, min, max, zeros, positive, negative, few, fractional } = parts;
        // A sum may be no number: that of both infinities is none.
        let is_range = min <= max;
        if !is_range || (!few.is_empty() && count > FEW) {
            return None;
        }
        let negative = if negative.is_empty() { None } else { Some(Box::new(Buckets::of(&negative)?)) };
        let positive = Buckets::of(&positive)?;
        let mut trend = Self { count, sum, min, max, zeros, positive, negative, few, fractional };
        if trend.few.is_empty() {
            trend.few = trend.likely_samples();
        }
        let is_whole = trend.few.len() as u64 == if count <= FEW { count } else { 0 };
        (is_whole && trend.few.iter().all(|sample| (min..=max).contains(sample))).then_some(trend)
    }

    /// Whether every sample is kept as it was.
    pub(super) fn knows_samples(&self) -> bool {
        self.few.len() as u64 == self.count
    }

    /// The best knowledge of all samples from their buckets, while there are few.
    pub(super) fn likely_samples(&self) -> Vec<f64> {
        if self.count > FEW {
            return Vec::new();
        }
        let middles = self.ascending().flat_map(|(middle, count)| (0..count).map(move |_| middle));
        middles.zip(0..).map(|(middle, rank)| self.sample(rank, middle)).collect()
    }
}

impl Buckets {
    /// `None` when numbers do not ascend, or a bucket does not exist or is empty.
    fn of(pairs: &[(u32, u64)]) -> Option<Self> {
        let mut buckets = Self::default();
        let mut previous = None;
        for &(number, count) in pairs {
            if count == 0 || number >= BUCKETS || previous.is_some_and(|previous| previous >= number) {
                return None;
            }
            buckets.add_many(number, count);
            previous = Some(number);
        }
        Some(buckets)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{shapes, trend};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_taken_apart_can_be_put_together(values in shapes()) {
            let whole = trend(&values);
            let again = Trend::from_parts(whole.parts()).expect("the parts of a trend");
            prop_assert_eq!(again.parts(), whole.parts());
            for q in [0.0, 0.3, 0.5, 0.95, 1.0] {
                prop_assert_eq!(again.quantile(q), whole.quantile(q));
            }
        }
    }

    #[test]
    fn what_is_no_trend_is_refused() {
        let sound = trend(&[1.0, 2.0, 3.0]).parts();
        let broken = |change: &dyn Fn(&mut TrendParts)| {
            let mut parts = sound.clone();
            change(&mut parts);
            Trend::from_parts(parts)
        };
        assert!(broken(&|_| ()).is_some());
        assert!(broken(&|parts| parts.positive.reverse()).is_none());
        assert!(broken(&|parts| parts.positive[2].0 = BUCKETS).is_none());
        assert!(broken(&|parts| parts.positive[2].1 = u64::MAX).is_none());
        assert!(broken(&|parts| parts.max = f64::NAN).is_none());
        assert!(broken(&|parts| parts.min = 4.0).is_none());
        assert!(broken(&|parts| parts.few[0] = 7.0).is_none());
        assert!(broken(&|parts| parts.few.truncate(2)).is_none());
    }
}
