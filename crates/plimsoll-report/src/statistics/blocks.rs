//! How long a block is, and resamples made of blocks.
//!
//! *Resamples*: the circular block bootstrap (Politis and Romano 1992): blocks of that many neighbouring parts,
//! each start equally likely, the end joined to the beginning so that no part is drawn less often than others;
//! after Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 17
//! (1989).
//!
//! *Length*: Politis and White, "Automatic block-length selection for the dependent bootstrap", Econometric
//! Reviews 23 (2004), with the correction by Patton, Politis and White (2009). The autocovariances up to where
//! they fade into noise are tapered by a flat-top window and balance the bias of short blocks against the noise
//! of long ones.

use super::dice::Dice;

/// Blocks that a row must have at least: below that the length is cut, and intervals get wider by Student's t.
const FEWEST_BLOCKS: f64 = 5.0;

/// The block length for a row whose parts pull at a statistic like that ([`Row::influence`](super::Row)).
#[must_use]
pub fn length(influence: &[f64]) -> f64 {
    let n = influence.len() as f64;
    let longest = (n / FEWEST_BLOCKS).floor().max(1.0);
    let correlation = Autocovariance::of(influence);
    let Some(bandwidth) = correlation.fades_after() else { return 1.0 };
    let (mut g, mut spectrum) = (0.0, correlation.at(0));
    for lag in 1..=2 * bandwidth {
        let weight = flat_top(lag as f64 / (2.0 * bandwidth as f64));
        g += 2.0 * weight * lag as f64 * correlation.at(lag);
        spectrum += 2.0 * weight * correlation.at(lag);
    }
    if spectrum <= 0.0 || g == 0.0 {
        return 1.0;
    }
    // D = 4/3 g²(0) for the circular bootstrap.
    let best = (2.0 * g * g / (4.0 / 3.0 * spectrum * spectrum)).cbrt() * n.cbrt();
    best.round().clamp(1.0, longest)
}

/// The window of Politis and Romano 1995: one up to the half, then falling to zero.
fn flat_top(x: f64) -> f64 {
    if x <= 0.5 { 1.0 } else { 2.0 * (1.0 - x).max(0.0) }
}

struct Autocovariance<'a> {
    series: &'a [f64],
    mean: f64,
}

impl<'a> Autocovariance<'a> {
    fn of(series: &'a [f64]) -> Self {
        Self { series, mean: series.iter().sum::<f64>() / series.len().max(1) as f64 }
    }

    fn at(&self, lag: usize) -> f64 {
        let later = self.series.iter().skip(lag);
        let products = self.series.iter().zip(later).map(|(a, b)| (a - self.mean) * (b - self.mean));
        products.sum::<f64>() / self.series.len() as f64
    }

    /// The last lag before several in a row are within noise; `None` without variance.
    fn fades_after(&self) -> Option<usize> {
        let n = self.series.len();
        let variance = self.at(0);
        if n < 4 || variance <= 0.0 {
            return None;
        }
        let log = (n as f64).log10();
        let noise = 2.0 * (log / n as f64).sqrt();
        let in_a_row = (log.sqrt().ceil() as usize).max(5);
        let most = ((n as f64).sqrt().ceil() as usize + in_a_row).min(n / 2);
        let within = |lag: usize| (self.at(lag) / variance).abs() < noise;
        let fades = (0..most).find(|lag| (1..=in_a_row).all(|next| lag + next >= n || within(lag + next)));
        Some(fades.unwrap_or(most).max(1))
    }
}

/// Fills `weights` with how often each part is drawn: blocks of that length until as many parts are drawn as
/// there are.
pub fn resample(weights: &mut [u32], length: usize, dice: &mut Dice) {
    weights.fill(0);
    let n = weights.len();
    let mut missing = n;
    while missing > 0 {
        let start = dice.below(n);
        let block = length.clamp(1, missing);
        for step in 0..block {
            weights[(start + step) % n] += 1;
        }
        missing -= block;
    }
}
