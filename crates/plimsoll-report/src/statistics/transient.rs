//! Where a row settles: its first parts may be those of a service that is still warming up.
//!
//! The rule is MSER (White, "An effective truncation heuristic for bias reduction in simulation output",
//! Simulation 69, 1997): cut where the rest is known best, which is where the squared standard error of its
//! mean is smallest. A cut must be worth it, though: the parts that are cut have to differ from the rest by
//! more than the rest differs within itself, and no more than a third is ever cut.

use std::ops::RangeInclusive;

use super::student;

/// With so many means their variance is known well enough to see a transient of a few times the noise.
const MEANS: usize = 5;

/// Where to cut within `places`: where the squared standard error of the mean of the rest is smallest. By itself
/// that also cuts what is only noisy, so callers ask more of what is cut.
pub(crate) fn mser(values: &[f64], places: RangeInclusive<usize>) -> usize {
    let first = *places.start();
    let error = |cut: usize| {
        let rest = &values[cut..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        rest.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n * n)
    };
    places.min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap_or(first)
}

/// How many of the first values do not belong to the rest.
#[must_use]
pub fn settled_after(values: &[f64]) -> usize {
    let cut = mser(values, 0..=values.len() / 3);
    if cut > 0 && stands_out(&values[..cut], &values[cut..]) { cut } else { 0 }
}

/// Whether the mean of the first is beyond what means of as many of the rest may be. Of many first values the
/// earliest are taken, which are the farthest away, so that there are enough means to know how they vary.
fn stands_out(first: &[f64], rest: &[f64]) -> bool {
    let n = first.len().min(rest.len() / MEANS).max(1);
    let first = &first[..n.min(first.len())];
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = rest.chunks_exact(n).map(mean).collect();
    if means.len() < 2 {
        return false;
    }
    let centre = mean(&means);
    let freedom = (means.len() - 1) as f64;
    let variance = means.iter().map(|mean| (mean - centre).powi(2)).sum::<f64>() / freedom;
    let error = (variance * (1.0 + 1.0 / means.len() as f64)).sqrt();
    // One row in a hundred is cut without need.
    (mean(first) - centre).abs() > student::critical(0.99, freedom) * error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::dice::Dice;

    fn row(seconds: usize, warm_up: f64, dice: &mut Dice) -> Vec<f64> {
        let slower =
            |second: usize| if warm_up > 0.0 { 100.0 * (-(second as f64) / warm_up).exp() } else { 0.0 };
        (0..seconds).map(|second| 100.0 + slower(second) + 5.0 * dice.normal()).collect()
    }

    #[test]
    fn a_warm_up_is_cut_and_nothing_else() {
        let mut dice = Dice::new(3);
        let cuts: Vec<usize> = (0..200).map(|_| settled_after(&row(60, 3.0, &mut dice))).collect();
        // After ten seconds 3.6 of 100 are left, which is less than the noise.
        assert!(cuts.iter().all(|cut| (3..=20).contains(cut)), "{cuts:?}");
        // Now and then the noise behind it makes a longer cut look better.
        let near = cuts.iter().filter(|cut| (5..=13).contains(*cut)).count();
        assert!(near >= 170, "{near} of 200: {cuts:?}");
        let cut = (0..200).filter(|_| settled_after(&row(60, 0.0, &mut dice)) > 0).count();
        assert!(cut <= 10, "{cut} of 200 rows without a warm-up were cut");
    }

    #[test]
    fn rows_that_say_nothing_are_left_alone() {
        assert_eq!(settled_after(&[]), 0);
        assert_eq!(settled_after(&[1.0, 2.0]), 0);
        assert_eq!(settled_after(&[7.0; 30]), 0);
    }
}
