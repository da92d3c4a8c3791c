//! What of a plateau is not steady: its beginning, and growth that does not end.

use crate::statistics::transient::settled_after;

/// How many of the first values belong to the transient: at least `least`, at most half. A cut behind the
/// middle would say that nothing is steady yet.
#[must_use]
pub fn cut(values: &[f64], least: usize) -> usize {
    let most = values.len() / 2;
    settled_after(values, least.min(most)..=most)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Whether values still rise: their last third is above the first by more than chance, and by a quarter.
#[must_use]
pub fn rises(values: &[f64]) -> bool {
    let third = values.len() / 3;
    if third < 2 {
        return false;
    }
    let (first, last) = (&values[..third], &values[values.len() - third..]);
    let (before, after) = (mean(first), mean(last));
    let spread = |part: &[f64], mean: f64| {
        part.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (part.len() - 1) as f64
    };
    let error = ((spread(first, before) + spread(last, after)) / third as f64).sqrt();
    after > 1.25 * before && after - before > 3.0 * error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::dice::Dice;

    #[test]
    fn an_exponential_approach_is_cut_near_its_end() {
        let mut dice = Dice::new(3);
        let mut total = 0;
        for _ in 0..50 {
            // Three time constants are 12 values; what is left of the approach is then 5 %.
            let value = |i: u32| 100.0 * (1.0 - (-f64::from(i) / 4.0).exp());
            let values: Vec<f64> = (0..80).map(|i| value(i) + 5.0 * dice.normal()).collect();
            total += cut(&values, 0);
        }
        let mean = f64::from(u32::try_from(total).expect("small")) / 50.0;
        assert!((6.0..20.0).contains(&mean), "{mean}");
    }

    #[test]
    fn what_is_steady_is_hardly_cut() {
        let mut dice = Dice::new(5);
        let steady = |dice: &mut Dice| (0..80).map(|_| 100.0 + dice.normal()).collect::<Vec<_>>();
        let cuts: usize = (0..50).map(|_| cut(&steady(&mut dice), 4)).sum();
        assert!(cuts < 50 * 8, "{cuts}");
    }

    #[test]
    fn a_burst_at_the_beginning_stays_if_there_are_others() {
        let burst = |i: usize| if i % 20 < 5 { 30.0 } else { 1.0 };
        assert_eq!(cut(&(0..80).map(burst).collect::<Vec<_>>(), 0), 0);
    }

    #[test]
    fn growth_is_told_from_noise() {
        let mut dice = Dice::new(8);
        let steady: Vec<f64> = (0..30).map(|_| 10.0 + 3.0 * dice.normal()).collect();
        let growing: Vec<f64> = (0..30).map(|i| f64::from(i) + 3.0 * dice.normal()).collect();
        assert!(!rises(&steady) && rises(&growing));
        assert!(!rises(&[1.0, 9.0]));
    }
}
