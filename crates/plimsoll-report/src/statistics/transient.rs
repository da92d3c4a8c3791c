//! Where a row settles: its first parts may be those of a service that is still warming up.
//!
//! The rule is MSER (White, "An effective truncation heuristic for bias reduction in simulation output",
//! Simulation 69, 1997): cut where the rest is known best, which is where the squared standard error of its
//! mean is smallest. By itself the rule also cuts bursts off, of which a queue near its limit has many, and
//! what is left then looks better than the truth. So a cut must be worth it: the parts that are cut have to
//! differ from the rest by more than the rest differs within itself.

use std::ops::RangeInclusive;

use super::student;

/// With so many means their variance is known well enough to see a transient of a few times the noise.
const MEANS: usize = 5;

/// How many of the first values do not belong to the rest, which is one of `places`: the first of them unless
/// a later one is worth it. Places lie within the row.
#[must_use]
pub fn settled_after(values: &[f64], places: RangeInclusive<usize>) -> usize {
    let least = *places.start();
    let error = |cut: usize| {
        let rest = &values[cut..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        rest.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n * n)
    };
    let cut = places.min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap_or(least);
    if cut > least && stands_out(&values[least..cut], &values[cut..]) { cut } else { least }
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

    fn settled(values: &[f64]) -> usize {
        settled_after(values, 0..=values.len() / 3)
    }

    fn row(seconds: usize, warm_up: f64, dice: &mut Dice) -> Vec<f64> {
        let slower =
            |second: usize| if warm_up > 0.0 { 100.0 * (-(second as f64) / warm_up).exp() } else { 0.0 };
        (0..seconds).map(|second| 100.0 + slower(second) + 5.0 * dice.normal()).collect()
    }

    #[test]
    fn a_warm_up_is_cut_and_nothing_else() {
        let mut dice = Dice::new(3);
        let cuts: Vec<usize> = (0..200).map(|_| settled(&row(60, 3.0, &mut dice))).collect();
        // After ten seconds 3.6 of 100 are left, which is less than the noise.
        assert!(cuts.iter().all(|cut| (3..=20).contains(cut)), "{cuts:?}");
        // Now and then the noise behind it makes a longer cut look better.
        let near = cuts.iter().filter(|cut| (5..=13).contains(*cut)).count();
        assert!(near >= 170, "{near} of 200: {cuts:?}");
        let cut = (0..200).filter(|_| settled(&row(60, 0.0, &mut dice)) > 0).count();
        assert!(cut <= 10, "{cut} of 200 rows without a warm-up were cut");
    }

    /// Neighbours are alike, as the lengths of a queue are; the logarithm's spread is one.
    fn queue(values: usize, memory: f64, dice: &mut Dice) -> Vec<f64> {
        let mut level = dice.normal();
        let mut next = || {
            level = memory * level + (1.0 - memory * memory).sqrt() * dice.normal();
            level.exp()
        };
        (0..values).map(|_| next()).collect()
    }

    #[test]
    fn bursts_of_a_queue_stay() {
        let truth = 0.5f64.exp();
        // Where a burst lasts for a quarter of the row, one at its beginning cannot be told from a transient.
        for (memory, bias) in [(0.0, 0.03), (0.8, 0.08), (0.95, 0.13)] {
            let mut dice = Dice::new(9);
            let rests = (0..300).map(|_| {
                let row = queue(80, memory, &mut dice);
                let rest = &row[settled_after(&row, 8..=40)..];
                rest.iter().sum::<f64>() / rest.len() as f64
            });
            let mean = rests.sum::<f64>() / 300.0;
            assert!(mean > truth * (1.0 - bias), "memory {memory}: {mean}, expected about {truth}");
        }
    }

    #[test]
    fn rows_that_say_nothing_are_left_alone() {
        assert_eq!(settled(&[]), 0);
        assert_eq!(settled(&[1.0, 2.0]), 0);
        assert_eq!(settled(&[7.0; 30]), 0);
    }
}
