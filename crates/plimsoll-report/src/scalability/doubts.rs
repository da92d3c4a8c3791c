//! What speaks against a fit: residuals that follow a pattern.
//!
//! Noise has none. Two statistics are compared with what they are for the same law with noise alone, simulated at
//! the same plateaus, so that their levels are right for any number of them:
//!
//! - *neighbours* (von Neumann 1941): squared differences of neighbouring residuals over their squares, small when
//!   residuals come in waves;
//! - *break*: how much better two straight lines, one on each side of some concurrency, describe the residuals:
//!   cliffs, steps and hard ceilings.

use super::{Law, Plateau};
use crate::statistics::dice::Dice;

/// How often pure noise looks at least as patterned; of each statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pattern {
    pub(super) neighbours: f64,
    pub(super) broken: f64,
}

impl Pattern {
    /// The plateaus are in the order of their concurrency.
    pub(super) fn of(plateaus: &[Plateau], law: &Law, seed: u64) -> Self {
        let residuals = law.residuals(plateaus);
        let seen = (neighbours(&residuals), broken(plateaus, &residuals));
        let mut dice = Dice::new(seed);
        let mut as_patterned = (0.0, 0.0);
        let noise = spread(&residuals);
        for _ in 0..ROUNDS {
            let noisy = with_noise(plateaus, law, || noise * dice.normal());
            let Some(law) = Law::nearest(&noisy) else { continue };
            let residuals = law.residuals(&noisy);
            as_patterned.0 += f64::from(u8::from(neighbours(&residuals) <= seen.0)) / f64::from(ROUNDS);
            as_patterned.1 += f64::from(u8::from(broken(&noisy, &residuals) >= seen.1)) / f64::from(ROUNDS);
        }
        Self { neighbours: as_patterned.0, broken: as_patterned.1 }
    }
}

const ROUNDS: u16 = 400;

/// The standard deviation of residuals of a law with three parameters.
pub(super) fn spread(residuals: &[f64]) -> f64 {
    let freedom = residuals.len().saturating_sub(3).max(1) as f64;
    (residuals.iter().map(|r| r * r).sum::<f64>() / freedom).sqrt()
}

/// The plateaus as the law has them, with errors of throughput in relative terms. Latency goes with it: what is
/// fixed is how many requests are under way.
pub(super) fn with_noise(plateaus: &[Plateau], law: &Law, mut noise: impl FnMut() -> f64) -> Vec<Plateau> {
    let noisy = |plateau: &Plateau| {
        let concurrency = plateau.concurrency;
        let throughput = law.throughput(concurrency) * noise().exp();
        Plateau { concurrency, throughput, latency: concurrency / throughput }
    };
    plateaus.iter().map(noisy).collect()
}

fn neighbours(residuals: &[f64]) -> f64 {
    let differences: f64 = residuals.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    differences / residuals.iter().map(|r| r * r).sum::<f64>().max(f64::MIN_POSITIVE)
}

/// The share of the squares that the best break explains.
fn broken(plateaus: &[Plateau], residuals: &[f64]) -> f64 {
    let at: Vec<f64> = plateaus.iter().map(|plateau| plateau.concurrency.ln()).collect();
    let all: f64 = residuals.iter().map(|r| r * r).sum::<f64>().max(f64::MIN_POSITIVE);
    let splits = 2..residuals.len().saturating_sub(1);
    let left = splits.map(|split| {
        line_error(&at[..split], &residuals[..split]) + line_error(&at[split..], &residuals[split..])
    });
    1.0 - left.fold(all, f64::min) / all
}

/// Squares that a straight line leaves.
fn line_error(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let pairs = || x.iter().zip(y).map(|(x, y)| (x - mx, y - my));
    let (xx, xy): (f64, f64) = pairs().fold((0.0, 0.0), |(xx, xy), (x, y)| (xx + x * x, xy + x * y));
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    pairs().map(|(x, y)| (y - slope * x).powi(2)).sum()
}
