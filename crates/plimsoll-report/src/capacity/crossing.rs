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
//! jackknife, Tukey 1958).

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
    let (low, high) = interval(&points, bound, load)?;
    let apart = apart(&points, &sums, bound, load);
    Some(Crossing { load, low: low.min(load - apart).max(0.0), high: high.max(load + apart) })
}

/// Half the width of the interval that leaving out plateaus leads to.
fn apart(points: &[Point], sums: &[Tally], bound: Bound, load: f64) -> f64 {
    let near: Vec<bool> = points.iter().map(|point| nearness(point.load, load) > 0.3).collect();
    let without = |left_out: usize| {
        let kept = |at: &usize| *at != left_out;
        let points: Vec<&Point> = (0..points.len()).filter(kept).map(|at| &points[at]).collect();
        let sums: Vec<Tally> = (0..sums.len()).filter(kept).map(|at| sums[at]).collect();
        fit(&points, &sums, bound, load)?.reaches(bound)
    };
    let loads: Vec<f64> = (0..points.len()).filter(|at| near[*at]).filter_map(without).collect();
    let n = loads.len() as f64;
    if loads.len() < 3 {
        return 0.0;
    }
    let mean = loads.iter().sum::<f64>() / n;
    let squares: f64 = loads.iter().map(|load| (load - mean).powi(2)).sum();
    student::critical(CONFIDENCE, n - 1.0) * ((n - 1.0) / n * squares).sqrt()
}

fn interval(points: &[Point], bound: Bound, load: f64) -> Option<(f64, f64)> {
    let (mut dice, mut weights) = (Dice::new(7), Vec::new());
    let mut drawn: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let resample = |point: &Point| point.ratio.resample(&mut weights, &mut dice);
            let sums: Vec<Tally> = points.iter().map(resample).collect();
            fit(points, &sums, bound, load).and_then(|line| line.reaches(bound))
        })
        .collect();
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
