//! Estimates with intervals.
//!
//! The interval is the *expanded percentile interval* of a block bootstrap: the percentiles of the resampled
//! values, moved away from the estimate by what Student's t is wider than the normal distribution for the
//! number of blocks (Hesterberg, "What teachers should know about the bootstrap", The American Statistician
//! 69, 2015). Plain percentiles are too narrow when there are few blocks. How often such intervals hold the
//! truth is measured on simulated runs: `cargo bench -p plimsoll-report --bench statistics -- coverage`.

use super::blocks::{self, Dependence};
use super::dice::Dice;
use super::row::{Row, Statistic};
use super::student;

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// The share of intervals that hold the truth, such as 0.95.
    pub confidence: f64,
    /// How many resamples.
    pub rounds: usize,
    /// Decides which.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { confidence: 0.95, rounds: 1_000, seed: 1 }
    }
}

/// A number, and from where to where it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The statistic over the whole row.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many blocks the row was cut into.
    pub blocks: f64,
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Too few parts to say how they vary.
    #[error("{has} parts of a run are too few for an interval, expected at least {needs}")]
    FewParts {
        /// Parts there are.
        has: usize,
        /// Parts it takes.
        needs: usize,
    },
    /// Too few samples beyond the quantile.
    #[error("{has} samples are too few for this statistic, expected at least {needs}")]
    FewSamples {
        /// Samples there are.
        has: u64,
        /// Samples it takes.
        needs: u64,
    },
}

/// Fewer parts say nothing of how they vary.
pub const FEWEST_PARTS: usize = 8;

/// Samples that must lie beyond a quantile: of the 95th percentile of 100 requests, five do.
const FEWEST_BEYOND: f64 = 10.0;

/// The statistic of a row with its interval.
///
/// # Errors
/// The row is too short, or holds too few samples.
pub fn interval(row: &Row, statistic: Statistic, how: &Resampling) -> Result<Estimate, Refusal> {
    enough(row, statistic)?;
    let value = row.value(statistic).ok_or(Refusal::FewSamples { has: 0, needs: 1 })?;
    let dependence = Dependence::of(&row.influence(statistic));
    let mut resampled =
        resampled(row.len(), dependence.length, how, |weights| row.weighted(statistic, weights));
    let (low, high) = percentiles(value, &mut resampled, how.confidence);
    let stretch = dependence.stretch(how.confidence);
    let (low, high) = (value - stretch * (value - low).max(0.0), value + stretch * (high - value).max(0.0));
    let (low, high) = match statistic {
        Statistic::Share => widen_share(value, row.samples(), (low, high), how.confidence),
        _ => (low.max(row.smallest().min(value)), high),
    };
    Ok(Estimate { value, low, high, blocks: dependence.blocks })
}

/// Whether a row is long and full enough for that statistic.
///
/// # Errors
/// It is not.
pub fn enough(row: &Row, statistic: Statistic) -> Result<(), Refusal> {
    if row.len() < FEWEST_PARTS {
        return Err(Refusal::FewParts { has: row.len(), needs: FEWEST_PARTS });
    }
    let needs = match statistic {
        Statistic::Quantile(q) => FEWEST_BEYOND / q.min(1.0 - q).max(1e-9),
        Statistic::Mean | Statistic::Share => 2.0 * FEWEST_BEYOND,
        Statistic::PerSecond => 0.0,
    };
    // What rounding adds to 10 / (1 − 0.95) must not ask for a 201st sample.
    let needs = (needs - 1e-6).ceil();
    if row.samples() < needs {
        return Err(Refusal::FewSamples { has: row.samples() as u64, needs: needs as u64 });
    }
    Ok(())
}

/// The values of `statistic` over resamples of that many parts.
pub(super) fn resampled(
    parts: usize,
    length: usize,
    how: &Resampling,
    mut statistic: impl FnMut(&[u32]) -> Option<f64>,
) -> Vec<f64> {
    let mut dice = Dice::new(how.seed);
    let mut weights = vec![0; parts];
    let rounds = 0..how.rounds;
    let values = rounds.filter_map(|_| {
        blocks::resample(&mut weights, length, &mut dice);
        statistic(&weights)
    });
    values.collect()
}

/// The range that holds the middle `confidence` of the resampled values; it need not hold the value itself.
fn percentiles(value: f64, resampled: &mut [f64], confidence: f64) -> (f64, f64) {
    if resampled.is_empty() {
        return (value, value);
    }
    resampled.sort_by(f64::total_cmp);
    let outside = 0.5 * (1.0 - confidence);
    (percentile(resampled, outside), percentile(resampled, 1.0 - outside))
}

fn percentile(sorted: &[f64], q: f64) -> f64 {
    let rank = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    below + (above - below) * (rank - rank.floor())
}

/// A share is never less sure than that of independent samples (Wilson 1927): without a single failure all
/// resamples agree on zero, but twenty requests do not show that there are none.
fn widen_share(share: f64, samples: f64, (low, high): (f64, f64), confidence: f64) -> (f64, f64) {
    let z = student::critical(confidence, f64::INFINITY);
    let z2 = z * z / samples;
    let middle = (share + 0.5 * z2) / (1.0 + z2);
    let half = z / (1.0 + z2) * (share * (1.0 - share) / samples + 0.25 * z2 / samples).sqrt();
    (low.min(middle - half).max(0.0), high.max(middle + half).min(1.0))
}
