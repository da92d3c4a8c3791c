//! The load at which an objective is just met: a straight line through the plateaus around it.
//!
//! The share of samples above a bound has a logit, and where a queue forms that logit goes with the load nearly
//! in a straight line: in a queue with c servers the share of waits above t is C·exp(−(cμ − λ)t), whose
//! logarithm is linear in λ. So the line is fitted to logits (of a mean, to its logarithm), weighted by how sure
//! each plateau is and how near it lies, and the crossing is where it meets the bound. All plateaus count that
//! were judged, also those that could not be decided: they lie nearest.
//!
//! The interval comes from resampling the moments of each plateau in blocks, and is widened where the plateaus
//! scatter more about the line than their moments explain.

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
/// Plateaus whose load is farther away than by this factor say nothing of the crossing.
const NEAR: f64 = 1.45;

/// A plateau as a point.
struct Point {
    load: f64,
    ratio: Ratio,
    /// Of the logit less the bound's.
    variance: f64,
}

/// An objective's bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) objective: usize,
    pub(super) limit: f64,
    pub(super) is_share: bool,
}

impl Bound {
    /// Zero where the objective is just met.
    fn height(self, tally: Tally) -> f64 {
        if self.is_share {
            let odds = |over: f64, under: f64| ((over + 0.5) / (under + 0.5)).ln();
            odds(tally.over, tally.of - tally.over) - (self.limit / (1.0 - self.limit)).ln()
        } else {
            (tally.ratio().max(f64::MIN_POSITIVE) / self.limit).ln()
        }
    }
}

/// Where the objective is just met, near `about`. `None` when the plateaus do not say.
pub(super) fn crossing(plateaus: &[&Plateau], bound: Bound, about: f64) -> Option<Crossing> {
    let points: Vec<Point> =
        plateaus.iter().filter(|plateau| is_usable(plateau, about)).filter_map(|p| point(p, bound)).collect();
    let loads = |points: &[Point]| {
        let low = points.iter().map(|point| point.load).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point.load).fold(0.0, f64::max);
        (low, high)
    };
    let (lowest, highest) = loads(&points);
    if points.len() < 3 || highest < lowest * 1.02 {
        return None;
    }
    let heights: Vec<f64> = points.iter().map(|point| bound.height(point.ratio.sums())).collect();
    let (load, misfit) = settle(&points, &heights, about)?;
    // Beyond the plateaus the line is a guess.
    if load < lowest * 0.9 || load > highest * 1.1 {
        return None;
    }
    let mut dice = Dice::new(7);
    let mut weights = Vec::new();
    let mut drawn: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let resample = |point: &Point| bound.height(point.ratio.resample(&mut weights, &mut dice));
            let heights: Vec<f64> = points.iter().map(resample).collect();
            fit(&points, &heights, load).and_then(|line| line.root())
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let blocks: f64 = points.iter().map(|point| point.ratio.blocks()).sum();
    let freedom = (blocks - 2.0).max(1.0);
    let stretch = student::critical(CONFIDENCE, freedom) / student::critical(CONFIDENCE, f64::INFINITY);
    let stretch = stretch * misfit.sqrt().clamp(1.0, 3.0);
    let end = |q: f64| {
        let at = drawn.get(((drawn.len().saturating_sub(1)) as f64 * q).round() as usize).copied();
        at.map(|at| load + stretch * (at - load))
    };
    Some(Crossing { load, low: end(0.025)?.clamp(0.0, load), high: end(0.975)?.max(load) })
}

/// Whether a plateau says something of where the objectives are just met.
fn is_usable(plateau: &Plateau, about: f64) -> bool {
    let searched = !matches!(plateau.purpose, Purpose::Overload | Purpose::Return);
    let judged =
        matches!(plateau.verdict, Verdict::Held | Verdict::Failed { .. } | Verdict::CannotTell { .. });
    let near = plateau.load <= about * NEAR && plateau.load >= about / NEAR;
    searched && judged && near && plateau.steady().len() >= FEWEST
}

fn point(plateau: &Plateau, bound: Bound) -> Option<Point> {
    const ROUNDS: usize = 100;
    let ratio = Ratio::of(plateau.steady(), bound.objective);
    let sums = ratio.sums();
    if sums.of <= 0.0 {
        return None;
    }
    let (height, mut dice, mut weights) = (bound.height(sums), Dice::new(3), Vec::new());
    let variance = (0..ROUNDS)
        .map(|_| (bound.height(ratio.resample(&mut weights, &mut dice)) - height).powi(2))
        .sum::<f64>()
        / ROUNDS as f64;
    // What independent samples would have, at least.
    let least = if bound.is_share {
        1.0 / (sums.over + 0.5) + 1.0 / (sums.of - sums.over + 0.5)
    } else {
        1.0 / sums.of
    };
    Some(Point { load: plateau.load, ratio, variance: variance.max(least) })
}

/// The crossing, found by moving the middle of the weights to where the line meets the bound; and how much more
/// the points scatter than they should, as a ratio of variances.
fn settle(points: &[Point], heights: &[f64], about: f64) -> Option<(f64, f64)> {
    let mut load = about;
    for _ in 0..8 {
        load = fit(points, heights, load)?.root()?.clamp(load / 1.2, load * 1.2);
    }
    let line = fit(points, heights, load)?;
    let terms: Vec<(f64, f64)> = points
        .iter()
        .zip(heights)
        .map(|(point, height)| {
            let nearness = nearness(point.load, load);
            (nearness, nearness * (height - line.at(point.load)).powi(2) / (point.variance + LEAST_VARIANCE))
        })
        .collect();
    let effective: f64 = terms.iter().map(|(nearness, _)| nearness).sum();
    let scatter: f64 = terms.iter().map(|(_, scatter)| scatter).sum();
    Some((load, if effective > 2.5 { scatter / (effective - 2.0) } else { 1.0 }))
}

/// The line through the points, weighted by how sure and how near each is. `None` unless it rises.
fn fit(points: &[Point], heights: &[f64], about: f64) -> Option<Line> {
    let weighted = points.iter().zip(heights).map(|(point, height)| {
        let weight = nearness(point.load, about) / (point.variance + LEAST_VARIANCE);
        (weight, point.load / about - 1.0, *height)
    });
    let (mut w, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (weight, at, height) in weighted {
        w += weight;
        x += weight * at;
        y += weight * height;
        xx += weight * at * at;
        xy += weight * at * height;
    }
    let slope = (w * xy - x * y) / (w * xx - x * x);
    let height = (y - slope * x) / w;
    (slope > 0.0 && slope.is_finite()).then_some(Line { about, height, slope })
}

/// No plateau is so sure that it alone decides: the logit is not quite a straight line.
const LEAST_VARIANCE: f64 = 0.01;

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
    fn at(&self, load: f64) -> f64 {
        self.height + self.slope * (load / self.about - 1.0)
    }

    fn root(&self) -> Option<f64> {
        let load = self.about * (1.0 - self.height / self.slope);
        (load > 0.0).then_some(load)
    }
}
