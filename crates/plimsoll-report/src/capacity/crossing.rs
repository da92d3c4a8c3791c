//! The load at which an objective is just met: a line through the plateaus around it.
//!
//! The share of samples above a bound has a logit, and where a queue forms that logit goes with the load
//! nearly in a straight line: in a queue with c servers the share of waits above t is C·exp(−(cμ − λ)t),
//! whose logarithm is linear in λ. So shares are fitted by logistic regression over the load (means by a
//! line through their logarithms), each plateau weighted by its samples and by how near it lies. The
//! equations are linear in what was counted (quasi-likelihood, McCullagh and Nelder 1989): taking logits of
//! each plateau first would make short plateaus, which mostly miss the rare bursts, pull the line down. All
//! plateaus count that were judged, also those that could not be decided: they lie nearest.
//!
//! The interval comes from resampling the moments of each plateau in blocks. Where the crossing depends
//! more on which plateaus there are than that explains, because the line is bent or a target's speed
//! changes from minute to minute, it is as wide as leaving out one plateau after the other says (the
//! jackknife, Tukey 1958). Where some of all this leads to no crossing at all, the plateaus do not tell where
//! it is, and the interval is as wide as they lie apart.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::{
    moment::Tally,
    plateau::{Plateau, Purpose, Verdict},
    ratio::{FEWEST, Ratio},
};
use crate::statistics::{dice::Dice, student};

/// Where an objective is just met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The load.
    pub load: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Crossing {
    /// Half the width of the interval in relation to the load.
    #[must_use]
    pub fn relative(&self) -> f64 {
        (self.high - self.low) / (2.0 * self.load)
    }
}

const CONFIDENCE: f64 = 0.95;
const ROUNDS: usize = 400;
/// With a greater share of resamples without a crossing one end of the interval is among those.
const MISSES: f64 = 0.025;
/// Plateaus whose load is farther away than by this factor say nothing of the crossing.
const NEAR: f64 = 1.45;

/// A plateau as a point.
struct Point {
    load: f64,
    ratio: Ratio,
}

/// An objective's bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) objective: usize,
    pub(super) limit: f64,
    pub(super) is_share: bool,
}

impl Bound {
    /// The height of the line that means this ratio.
    fn height(self, ratio: f64) -> f64 {
        let ratio = ratio.max(1e-9);
        if self.is_share { (ratio / (1.0 - ratio).max(1e-9)).ln() } else { ratio.ln() }
    }

    /// The ratio that a height of the line means, and how fast it changes there.
    fn ratio(self, height: f64) -> (f64, f64) {
        if self.is_share {
            let share = 1.0 / (1.0 + (-height).exp());
            (share, (share * (1.0 - share)).max(1e-9))
        } else {
            let mean = height.clamp(-60.0, 60.0).exp();
            (mean, mean)
        }
    }
}

/// Where the objective is just met, near `about`. `None` when the plateaus do not say.
pub(super) fn crossing(plateaus: &[&Plateau], bound: Bound, about: f64) -> Option<Crossing> {
    let usable = plateaus.iter().filter(|plateau| is_usable(plateau, about));
    let point = |plateau: &&&Plateau| {
        let ratio = Ratio::of(plateau.steady(), bound.objective);
        (ratio.sums().of > 0.0).then_some(Point { load: plateau.load, ratio })
    };
    let points: Vec<Point> = usable.filter_map(|plateau| point(&plateau)).collect();
    let lowest = points.iter().map(|point| point.load).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|point| point.load).fold(0.0, f64::max);
    if points.len() < 3 || highest < lowest * 1.02 {
        return None;
    }
    let sums: Vec<Tally> = points.iter().map(|point| point.ratio.sums()).collect();
    let load = settle(&points, &sums, bound, about)?;
    // Beyond the plateaus the line is a guess.
    if load < lowest * 0.9 || load > highest * 1.1 {
        return None;
    }
    let ends = interval(&points, bound, load).zip(apart(&points, &sums, bound, load));
    let Some(((low, high), apart)) = ends else {
        return Some(Crossing { load, low: load.min(lowest), high: load.max(highest) });
    };
    Some(Crossing { load, low: low.min(load - apart).max(0.0), high: high.max(load + apart) })
}

/// Half the width of the interval that leaving out plateaus leads to. `None` when one of them is all that
/// there is to say where the crossing is.
fn apart(points: &[Point], sums: &[Tally], bound: Bound, load: f64) -> Option<f64> {
    let near: Vec<bool> = points.iter().map(|point| nearness(point.load, load) > 0.3).collect();
    let without = |left_out: usize| {
        let kept = |at: &usize| *at != left_out;
        let points: Vec<&Point> = (0..points.len()).filter(kept).map(|at| &points[at]).collect();
        let sums: Vec<Tally> = (0..sums.len()).filter(kept).map(|at| sums[at]).collect();
        fit(&points, &sums, bound, load)?.reaches(bound)
    };
    let loads: Option<Vec<f64>> = (0..points.len()).filter(|at| near[*at]).map(without).collect();
    let loads = loads?;
    let n = loads.len() as f64;
    if loads.len() < 3 {
        return Some(0.0);
    }
    let mean = loads.iter().sum::<f64>() / n;
    let squares: f64 = loads.iter().map(|load| (load - mean).powi(2)).sum();
    Some(student::critical(CONFIDENCE, n - 1.0) * ((n - 1.0) / n * squares).sqrt())
}

/// What resampling leads to. `None` when too many resamples have no crossing: leaving those out would make
/// the interval the narrower the less is known.
fn interval(points: &[Point], bound: Bound, load: f64) -> Option<(f64, f64)> {
    let (mut dice, mut weights) = (Dice::new(7), Vec::new());
    let mut drawn: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let resample = |point: &Point| point.ratio.resample(&mut weights, &mut dice);
            let sums: Vec<Tally> = points.iter().map(resample).collect();
            fit(points, &sums, bound, load).and_then(|line| line.reaches(bound))
        })
        .collect();
    if (ROUNDS - drawn.len()) as f64 > MISSES * ROUNDS as f64 {
        return None;
    }
    drawn.sort_by(f64::total_cmp);
    let stretches = points.iter().map(|point| point.ratio.dependence.stretch(CONFIDENCE));
    let stretch = stretches.sum::<f64>() / points.len() as f64;
    let end = |q: f64| {
        let at = drawn.get(((drawn.len().saturating_sub(1)) as f64 * q).round() as usize).copied();
        at.map(|at| load + stretch * (at - load))
    };
    Some((end(0.025)?.clamp(0.0, load), end(0.975)?.max(load)))
}

/// Whether a plateau says something of where the objectives are just met.
fn is_usable(plateau: &Plateau, about: f64) -> bool {
    let searched = !matches!(plateau.purpose, Purpose::Overload | Purpose::Return);
    let judged =
        matches!(plateau.verdict, Verdict::Held | Verdict::Failed { .. } | Verdict::CannotTell { .. });
    let near = plateau.load <= about * NEAR && plateau.load >= about / NEAR;
    searched && judged && near && plateau.steady().len() >= FEWEST
}

/// The crossing, found by moving the middle of the weights to where the line meets the bound.
fn settle(points: &[Point], sums: &[Tally], bound: Bound, about: f64) -> Option<f64> {
    let mut load = about;
    for _ in 0..8 {
        load = fit(points, sums, bound, load)?.reaches(bound)?.clamp(load / 1.2, load * 1.2);
    }
    Some(load)
}

/// The line through the points, weighted by their samples and by how near they are (Newton's method). `None`
/// unless it rises.
fn fit(points: &[impl Borrow<Point>], sums: &[Tally], bound: Bound, about: f64) -> Option<Line> {
    let mut line = Line { about, height: bound.height(bound.limit), slope: 10.0 };
    for _ in 0..30 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for (point, tally) in points.iter().map(Borrow::borrow).zip(sums) {
            let (at, near) = (point.load / about - 1.0, nearness(point.load, about));
            let (ratio, change) = bound.ratio(line.height + line.slope * at);
            // For means the variance goes with the square, so that the terms are relative.
            let scale = if bound.is_share { near } else { near / ratio.max(1e-12).powi(2) };
            let pull = scale * (tally.over - tally.of * ratio) * if bound.is_share { 1.0 } else { change };
            let curve = scale * tally.of * change * if bound.is_share { 1.0 } else { change };
            g0 += pull;
            g1 += pull * at;
            h00 += curve;
            h01 += curve * at;
            h11 += curve * at * at;
        }
        let determinant = h00 * h11 - h01 * h01;
        let step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        if !step.0.is_finite() || !step.1.is_finite() {
            return None;
        }
        // Newton's steps are too long where the curve is flat.
        let shorter = (1.0 / step.0.abs().max(step.1.abs() / 20.0)).min(1.0);
        (line.height, line.slope) = (line.height + shorter * step.0, line.slope + shorter * step.1);
        if step.0.abs() + step.1.abs() < 1e-6 {
            break;
        }
    }
    (line.slope > 0.0 && line.slope.is_finite()).then_some(line)
}

/// Tukey's tricube: one here, zero at the edge of what counts.
fn nearness(load: f64, about: f64) -> f64 {
    let distance = ((load / about).ln() / NEAR.ln()).abs().min(1.0);
    (1.0 - distance.powi(3)).powi(3).max(1e-6)
}

struct Line {
    about: f64,
    /// At `about`.
    height: f64,
    /// For a load that is once more `about`.
    slope: f64,
}

impl Line {
    /// The load at which the line meets the bound.
    fn reaches(&self, bound: Bound) -> Option<f64> {
        let load = self.about * (1.0 + (bound.height(bound.limit) - self.height) / self.slope);
        (load > 0.0 && load < 4.0 * self.about).then_some(load)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Moment;

    /// Plateaus of which a share of 400 samples misses, each the same in all moments.
    fn plateaus(rows: &[(f64, f64)]) -> Vec<Plateau> {
        let one = |&(load, share): &(f64, f64)| {
            let mut plateau = Plateau::new(load, Purpose::Refine);
            plateau.verdict = Verdict::Held;
            let tally = |at: u32| {
                // Misses come by the dozen, as in a queue.
                let over = if at.is_multiple_of(4) { 40.0 * share } else { 0.0 };
                Tally { over, near: over, of: 10.0 }
            };
            plateau.moments =
                (0..40).map(|at| Moment { tallies: vec![tally(at)], ..Moment::default() }).collect();
            plateau
        };
        rows.iter().map(one).collect()
    }

    fn of(rows: &[(f64, f64)]) -> Option<Crossing> {
        let all = plateaus(rows);
        let bound = Bound { objective: 0, limit: 0.05, is_share: true };
        crossing(&all.iter().collect::<Vec<_>>(), bound, 100.0)
    }

    #[test]
    fn a_clear_crossing_has_a_narrow_interval() {
        let rows = [(80.0, 0.005), (90.0, 0.018), (97.0, 0.037), (103.0, 0.067), (110.0, 0.13), (120.0, 0.3)];
        let found = of(&rows).expect("it is crossed");
        assert!((found.load - 100.0).abs() < 2.0, "{found:?}");
        assert!(found.low > 90.0 && found.high < 110.0, "{found:?}");
    }

    #[test]
    fn where_the_plateaus_do_not_tell_the_interval_is_as_wide_as_they_are_apart() {
        // Nearly level: what little it rises is chance, and many resamples fall.
        let found = of(&[(85.0, 0.048), (95.0, 0.046), (105.0, 0.052), (115.0, 0.051)]).expect("it rises");
        assert!(found.low <= 85.0 && found.high >= 115.0, "{found:?}");
    }
}
