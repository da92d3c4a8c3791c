//! Where curves bend. Several definitions disagree, and some depend on the scale of the axes; these do not.
//!
//! - *Throughput*: the load up to which the target keeps up. Of an arrival rate, at least 95 % of what starts
//!   ends; of VUs, twice as many still bring half as much again.
//! - *Latency*: the load from which on the median is twice that of the lowest load.

use serde::{Deserialize, Serialize};

use super::{
    figures::Figures,
    plateau::{Plateau, Purpose, Verdict},
    search::Model,
};

/// Between which loads a curve bends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// The highest load before it.
    pub low: f64,
    /// The lowest load behind it.
    pub high: f64,
}

/// A load with what was reached; plateaus of the same load together.
type Row = (f64, f64);

/// Up to where the target keeps up.
#[must_use]
pub fn throughput(model: Model, plateaus: &[(&Plateau, &Figures)]) -> Option<Knee> {
    // Errors that come back fast are no throughput.
    let rows = rows(plateaus, |figures| Some(figures.throughput * (1.0 - figures.failed)));
    let keeps_up = |at: usize| match model {
        Model::Open => rows[at].1 >= 0.95 * rows[at].0,
        Model::Closed if at == 0 => true,
        Model::Closed => {
            let ((load, reached), (before, had)) = (rows[at], rows[at - 1]);
            // Of the throughput that it would bring if nothing were shared.
            let gain = (reached / had.max(f64::MIN_POSITIVE)).ln() / (load / before).ln();
            gain >= 0.5
        }
    };
    // Counts of few arrivals scatter, so that the last load that is reached is meant, not the first that is
    // not.
    let last = (0..rows.len()).rfind(|at| keeps_up(*at))?;
    Some(Knee { low: rows[last].0, high: rows.get(last + 1)?.0 })
}

/// From where on requests take twice as long.
#[must_use]
pub fn latency(plateaus: &[(&Plateau, &Figures)]) -> Option<Knee> {
    let rows = rows(plateaus, |figures| figures.p50);
    let idle = rows.first()?.1;
    let first = (0..rows.len()).find(|at| rows[*at].1 >= 2.0 * idle)?;
    Some(Knee { low: rows.get(first.checked_sub(1)?)?.0, high: rows[first].0 })
}

fn rows(plateaus: &[(&Plateau, &Figures)], value: impl Fn(&Figures) -> Option<f64>) -> Vec<Row> {
    let counts = |plateau: &Plateau| {
        let searched = !matches!(plateau.purpose, Purpose::Overload | Purpose::Return);
        let meaningful = !matches!(
            plateau.verdict,
            Verdict::GeneratorLimited { .. } | Verdict::NoVus | Verdict::NoData { .. } | Verdict::Ended
        );
        searched && meaningful
    };
    let some = plateaus.iter().filter(|(plateau, _)| counts(plateau));
    let mut all: Vec<(f64, f64, f64)> = some
        .filter_map(|(plateau, figures)| Some((plateau.load, value(figures)?, plateau.seconds())))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rows: Vec<(Row, f64)> = Vec::new();
    for (load, value, seconds) in all {
        match rows.last_mut() {
            // Plateaus this near to each other would turn chance into bends.
            Some(((last, mean), weight)) if load < *last * 1.02 => {
                *mean = (*mean * *weight + value * seconds) / (*weight + seconds);
                *weight += seconds;
            }
            _ => rows.push(((load, value), seconds)),
        }
    }
    rows.into_iter().map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plateaus(rows: &[(f64, f64, f64)]) -> Vec<(Plateau, Figures)> {
        let one = |&(load, throughput, p50): &(f64, f64, f64)| {
            let mut plateau = Plateau::new(load, Purpose::Climb);
            plateau.verdict = Verdict::Held;
            plateau.moments = vec![super::super::Moment { seconds: 1.0, ..Default::default() }];
            (plateau, Figures { throughput, p50: Some(p50), ..Figures::default() })
        };
        rows.iter().map(one).collect()
    }

    fn borrowed(all: &[(Plateau, Figures)]) -> Vec<(&Plateau, &Figures)> {
        all.iter().map(|(plateau, figures)| (plateau, figures)).collect()
    }

    #[test]
    fn a_rate_bends_where_it_is_not_reached() {
        let all = plateaus(&[
            (400.0, 310.0, 90.0),
            (100.0, 100.0, 10.0),
            (200.0, 199.0, 12.0),
            (300.0, 297.0, 25.0),
        ]);
        let all = borrowed(&all);
        assert_eq!(throughput(Model::Open, &all), Some(Knee { low: 300.0, high: 400.0 }));
        assert_eq!(latency(&all), Some(Knee { low: 200.0, high: 300.0 }));
    }

    #[test]
    fn users_bend_it_where_they_bring_nothing() {
        let all = plateaus(&[(1.0, 50.0, 20.0), (2.0, 99.0, 20.0), (4.0, 190.0, 21.0), (8.0, 200.0, 40.0)]);
        assert_eq!(throughput(Model::Closed, &borrowed(&all)), Some(Knee { low: 4.0, high: 8.0 }));
        assert_eq!(throughput(Model::Closed, &borrowed(&all[..2])), None);
    }
}
