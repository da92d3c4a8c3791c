//! A ratio of two sums over moments, and how sure it is.

use super::moment::{Moment, Tally, total};
use crate::statistics::{
    blocks::{self, Dependence},
    dice::Dice,
    student,
};

/// An objective over some moments, for resampling.
#[derive(Debug, Clone)]
pub(super) struct Ratio {
    tallies: Vec<Tally>,
    /// How much neighbouring moments resemble each other.
    pub(super) dependence: Dependence,
}

/// Fewer moments say nothing of how they vary.
pub(super) const FEWEST: usize = 8;

impl Ratio {
    pub(super) fn of(moments: &[Moment], objective: usize) -> Self {
        let tally = |moment: &Moment| moment.tallies.get(objective).copied().unwrap_or_default();
        let tallies: Vec<Tally> = moments.iter().map(tally).collect();
        let value = total(moments, objective).ratio();
        let influence: Vec<f64> = tallies.iter().map(|tally| tally.over - value * tally.of).collect();
        Self { dependence: Dependence::of(&influence), tallies }
    }

    pub(super) fn sums(&self) -> Tally {
        self.tallies.iter().fold(Tally::default(), |sum, tally| sum.plus(*tally))
    }

    /// The sums over a resample of the moments.
    pub(super) fn resample(&self, weights: &mut Vec<u32>, dice: &mut Dice) -> Tally {
        weights.resize(self.tallies.len(), 0);
        blocks::resample(weights, self.dependence.length, dice);
        let weighted = |(tally, weight): (&Tally, &u32)| {
            let weight = f64::from(*weight);
            Tally { over: tally.over * weight, near: tally.near * weight, of: tally.of * weight }
        };
        self.tallies.iter().zip(weights.iter()).map(weighted).fold(Tally::default(), Tally::plus)
    }

    /// From where to where the ratio may be, each end wrong in `1 − confidence` of all cases. `None` when
    /// there is too little to say.
    pub(super) fn interval(&self, confidence: f64, is_share: bool) -> Option<(f64, f64)> {
        const ROUNDS: usize = 200;
        let sums = self.sums();
        if self.tallies.len() < FEWEST || sums.of <= 0.0 {
            return None;
        }
        let (mut dice, mut weights) = (Dice::new(1), Vec::new());
        let mut variance = 0.0;
        for _ in 0..ROUNDS {
            let drawn = self.resample(&mut weights, &mut dice);
            if drawn.of > 0.0 {
                variance += (drawn.ratio() - sums.ratio()).powi(2) / ROUNDS as f64;
            }
        }
        // Two-sided confidence of which one end is asked for.
        let two_sided = 2.0 * confidence - 1.0;
        let Dependence { scale, freedom, .. } = self.dependence;
        let half = student::critical(two_sided, freedom) * variance.sqrt() * scale;
        let (mut low, mut high) = (sums.ratio() - half, sums.ratio() + half);
        if is_share {
            // A share is never surer than that of independent samples (Wilson 1927).
            let z = student::critical(two_sided, f64::INFINITY);
            let (share, z2) = (sums.ratio(), z * z / sums.of);
            let middle = (share + 0.5 * z2) / (1.0 + z2);
            let half = z / (1.0 + z2) * (share * (1.0 - share) / sums.of + 0.25 * z2 / sums.of).sqrt();
            (low, high) = (low.min(middle - half).max(0.0), high.max(middle + half).min(1.0));
        }
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(tallies: impl Iterator<Item = (f64, f64)>) -> Vec<Moment> {
        let moment =
            |(over, of)| Moment { tallies: vec![Tally { over, near: over, of }], ..Moment::default() };
        tallies.map(moment).collect()
    }

    #[test]
    fn without_a_single_miss_the_number_of_samples_decides() {
        let none = |samples: f64| {
            Ratio::of(&moments((0..10).map(|_| (0.0, samples / 10.0))), 0).interval(0.95, true)
        };
        let (_, high) = none(40.0).expect("ten moments");
        assert!(high > 0.05, "{high}");
        let (low, high) = none(100.0).expect("ten moments");
        assert!(high < 0.05 && low <= 0.0, "{high}");
        assert_eq!(Ratio::of(&moments((0..3).map(|_| (0.0, 9.0))), 0).interval(0.95, true), None);
    }

    #[test]
    fn what_comes_in_bursts_is_less_sure() {
        let width = |burst: usize| {
            let over = |i: usize| if (i / burst).is_multiple_of(2) { 10.0 } else { 0.0 };
            let ratio = Ratio::of(&moments((0..80).map(|i| (over(i), 100.0))), 0);
            let (low, high) = ratio.interval(0.95, true).expect("enough");
            high - low
        };
        assert!(width(10) > 1.5 * width(1), "{} {}", width(10), width(1));
    }
}
