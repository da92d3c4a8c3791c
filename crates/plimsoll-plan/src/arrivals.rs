//! When iterations are due: the schedule of every arrival-rate executor as a pure iterator.
//!
//! Arrivals know no clock and no VU. Times are offsets from the start of the scenario in whole nanoseconds,
//! rounded down; every one is computed from the start, so that nothing drifts. Start with [`Arrivals`].
//!
//! A constant rate of `r` per time unit `u` makes iteration `i` (from 0) due at `⌊i · u / r⌋`, as long as
//! that is before the end. A ramp makes iteration `i` due when the area under the rate reaches `i + 1`:
//!
//! ```text
//!  rate ┤          ·─    area after x of a stage from a to b that lasts D:
//!     b ┤       ·──│
//!       │    ·──   │         (2 a x + (b − a) x² / D) / 2u
//!     a ┤ ·──      │
//!       │ │  area  │     What a stage leaves of an arrival carries over into the next.
//!     0 ┼─┴────────┴──
//! ```
//!
//! Random arrivals are the points of a Poisson process of rate one (`poisson.rs`), each due when the area
//! reaches it. At a constant rate the gaps are then exponential; on a ramp the process follows the rate.
//!
//! Areas are counted in units of `1 / 2u` arrivals: in them every stage has a whole area, so that sums are
//! exact. Within a stage the solution is estimated in floating point and then corrected by exact comparisons.

use std::time::Duration;

use crate::{
    poisson::{BLOCK, PLACE_BITS, Points},
    stripe::Stripe,
    timeline::Stage,
};

/// An iteration that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When, from the start of the scenario.
    pub at: Duration,
    /// Its place in the schedule of the whole test, from 0.
    pub index: u64,
}

/// The due times of one scenario, in order.
///
/// Skipping costs nothing, or next to nothing where arrivals are random, so `skip` and `step_by` make stripes
/// of a schedule that add up to the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrivals {
    shape: Shape,
    /// The time unit of the rate, in nanoseconds, at least 1.
    unit: u64,
    /// Where on the area arrivals are, if that is left to chance.
    points: Option<Points>,
    /// Which of the arrivals are meant.
    part: Stripe,
    /// Among these, the number of the next one.
    next: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Constant {
        rate: u32,
        length: u64,
    },
    Ramp {
        slopes: Vec<Slope>,
        /// The slope of the arrival that was asked for last.
        current: usize,
    },
}

/// A stage of a ramp that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slope {
    begin: u64,
    length: u64,
    from: u32,
    to: u32,
    /// The area under all stages before it.
    area_before: u128,
}

impl Arrivals {
    /// `rate` iterations in every `unit`, the first at once, up to but not at `length`.
    pub fn constant(rate: u32, unit: Duration, length: Duration) -> Self {
        Self::new(Shape::Constant { rate, length: nanos(length) }, unit)
    }

    /// A rate that goes from `start_rate` in every `unit` through the targets of the stages.
    pub fn ramp(start_rate: u32, unit: Duration, stages: &[Stage]) -> Self {
        let mut slopes = Vec::with_capacity(stages.len());
        let (mut from, mut begin, mut area_before) = (start_rate, 0_u64, 0);
        for stage in stages {
            let slope = Slope { begin, length: nanos(stage.duration), from, to: stage.target, area_before };
            if slope.length > 0 {
                slopes.push(slope);
            }
            (from, begin) = (stage.target, begin.saturating_add(slope.length));
            area_before += slope.area();
        }
        Self::new(Shape::Ramp { slopes, current: 0 }, unit)
    }

    fn new(shape: Shape, unit: Duration) -> Self {
        Self { shape, unit: nanos(unit).max(1), points: None, part: Stripe::whole(), next: 0 }
    }

    /// The same rate, but at random: a Poisson process, which the seed decides.
    #[must_use]
    pub fn at_random(mut self, seed: u64) -> Self {
        self.points = Some(Points::new(seed));
        self
    }

    /// Some of the arrivals only. They keep their times and their indices.
    #[must_use]
    pub fn of_part(mut self, part: Stripe) -> Self {
        self.part = part;
        self
    }

    /// How many there are in all, those already taken included; at random, how many there are on average.
    pub fn total(&self) -> u64 {
        let one = 2 * u128::from(self.unit);
        let total = match (&self.shape, &self.points) {
            (_, Some(_)) => (self.area() + one / 2) / one,
            (Shape::Constant { .. }, None) => self.area().div_ceil(one),
            (Shape::Ramp { .. }, None) => self.area() / one,
        };
        self.part.count(u64::try_from(total).unwrap_or(u64::MAX))
    }

    /// The whole area.
    fn area(&self) -> u128 {
        match &self.shape {
            Shape::Constant { rate, length } => 2 * u128::from(*length) * u128::from(*rate),
            Shape::Ramp { slopes, .. } => slopes.last().map_or(0, Slope::area_after),
        }
    }

    /// When arrival `index` is due, in nanoseconds; `None` beyond the last. Indices never decrease.
    fn due_at(&mut self, index: u64) -> Option<u64> {
        match self.points {
            None => self.regularly_due_at(index),
            Some(_) => self.randomly_due_at(index),
        }
    }

    fn randomly_due_at(&mut self, index: u64) -> Option<u64> {
        let (block, area) = (u128::from(BLOCK) * 2 * u128::from(self.unit), self.area());
        let end = u64::try_from(area.div_ceil(block)).unwrap_or(u64::MAX);
        let point = self.points.as_mut()?.point(index, end)?;
        // At most 68 bits times 53.
        let within = (block * u128::from(point.place)) >> PLACE_BITS;
        let wanted = u128::from(point.block) * block + within;
        if wanted >= area {
            return None;
        }
        match &mut self.shape {
            Shape::Constant { rate, .. } => Some((wanted / (2 * u128::from(*rate))) as u64),
            Shape::Ramp { slopes, current } => reaches(slopes, current, wanted),
        }
    }

    fn regularly_due_at(&mut self, index: u64) -> Option<u64> {
        let unit = u128::from(self.unit);
        match &mut self.shape {
            Shape::Constant { rate, length } => {
                let before = u128::from(index) * unit;
                let is_in_time = before < u128::from(*length) * u128::from(*rate);
                is_in_time.then(|| (before / u128::from(*rate)) as u64)
            }
            Shape::Ramp { slopes, current } => reaches(slopes, current, (u128::from(index) + 1) * 2 * unit),
        }
    }
}

/// When the area under all slopes reaches `area`; `None` if it never does. Areas never decrease.
fn reaches(slopes: &[Slope], current: &mut usize, area: u128) -> Option<u64> {
    while slopes.get(*current)?.area_after() < area {
        *current += 1;
    }
    let slope = &slopes[*current];
    Some(slope.begin + slope.reaches(area - slope.area_before))
}

impl Iterator for Arrivals {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        self.nth(0)
    }

    fn nth(&mut self, skipped: usize) -> Option<Due> {
        let number = self.next.saturating_add(skipped as u64);
        let index = self.part.slot(number);
        let at = Duration::from_nanos(self.due_at(index)?);
        self.next = number + 1;
        Some(Due { at, index })
    }
}

impl Slope {
    fn area(&self) -> u128 {
        u128::from(self.length) * (u128::from(self.from) + u128::from(self.to))
    }

    fn area_after(&self) -> u128 {
        self.area_before + self.area()
    }

    /// The last nanosecond of the stage at which its area is not yet above `area`.
    fn reaches(&self, area: u128) -> u64 {
        let not_above = |x: u64| self.area_within(x) <= area;
        let (mut low, mut high) = self.bracket(self.estimate(area), not_above);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            *(if not_above(middle) { &mut low } else { &mut high }) = middle;
        }
        low
    }

    /// The area `x` into the stage, rounded up: no whole number lies between it and the true value.
    fn area_within(&self, x: u64) -> u128 {
        let (length, change) = (u128::from(self.length), u128::from(self.from.abs_diff(self.to)));
        let square = u128::from(x) * u128::from(x);
        // change · square / length, without an intermediate product above 128 bits.
        let (whole, rest) = (change * (square / length), change * (square % length));
        let level = 2 * u128::from(self.from) * u128::from(x);
        match self.to >= self.from {
            true => level + whole + rest.div_ceil(length),
            false => level - whole - rest / length,
        }
    }

    /// The solution of the quadratic equation, in the form that does not cancel; off by some nanoseconds.
    fn estimate(&self, area: u128) -> u64 {
        let (length, area) = (self.length as f64, area as f64);
        let level = f64::from(self.from) * length;
        let change = f64::from(self.to) - f64::from(self.from);
        let root = (level * level + change * area * length).max(0.0).sqrt();
        // The cast turns what is not a number into 0, and what is too large into the largest.
        ((area * length / (level + root)) as u64).min(self.length)
    }

    /// Two instants between which `holds` changes from true to false, near `guess`; the second lies beyond
    /// the stage if it holds to the end.
    fn bracket(&self, guess: u64, holds: impl Fn(u64) -> bool) -> (u64, u64) {
        let (mut edge, mut step) = (guess, 1);
        let rising = holds(guess);
        loop {
            let probe = match rising {
                true if edge == self.length => return (edge, edge + 1),
                true => edge.saturating_add(step).min(self.length),
                false => edge.saturating_sub(step),
            };
            match (rising, holds(probe)) {
                (true, false) => return (edge, probe),
                (false, true) => return (probe, edge),
                _ => edge = probe,
            }
            step *= 2;
        }
    }
}

/// A scenario lasts at most 2^63 − 1 nanoseconds.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ramp(start_rate: u32, list: &[(u64, u32)]) -> Arrivals {
        let stage = |&(millis, target)| Stage { duration: Duration::from_millis(millis), target };
        Arrivals::ramp(start_rate, SECOND, &list.iter().map(stage).collect::<Vec<_>>())
    }

    fn millis(arrivals: Arrivals) -> Vec<u128> {
        arrivals.map(|due| (due.at.as_nanos() + 500_000) / 1_000_000).collect()
    }

    #[test]
    fn a_constant_rate_does_not_drift() {
        let arrivals = Arrivals::constant(3, SECOND, 2 * SECOND);
        assert_eq!(arrivals.total(), 6);
        let at: Vec<u64> = arrivals.map(|due| due.at.as_nanos() as u64).collect();
        assert_eq!(at, [0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333, 1_666_666_666]);
    }

    #[test]
    fn a_rate_may_be_less_than_one_a_second() {
        let arrivals = Arrivals::constant(1, 90 * SECOND, 200 * SECOND);
        let at: Vec<u64> = arrivals.map(|due| due.at.as_secs()).collect();
        assert_eq!(at, [0, 90, 180]);
    }

    #[test]
    fn a_ramp_starts_where_its_area_is_whole() {
        let arrivals = ramp(0, &[(2_000, 10)]);
        assert_eq!(arrivals.total(), 10);
        assert_eq!(millis(arrivals), [632, 894, 1095, 1265, 1414, 1549, 1673, 1789, 1897, 2000]);
    }

    #[test]
    fn ramps_fall_as_they_rise() {
        let falling = millis(ramp(10, &[(2_000, 0)]));
        let mirrored: Vec<u128> =
            millis(ramp(0, &[(2_000, 10)])).iter().rev().map(|at| 2_000 - at).skip(1).collect();
        assert_eq!(falling[..9], mirrored);
        assert_eq!(falling[9], 2_000, "the area is whole at the very end only");
    }

    #[test]
    fn what_is_left_of_a_stage_carries_over() {
        assert_eq!(
            millis(ramp(1, &[(500, 1), (500, 1), (0, 4), (1_000, 4)])),
            [1000, 1250, 1500, 1750, 2000]
        );
        assert_eq!(millis(ramp(1, &[(1_500, 1), (0, 0), (1_000, 0), (0, 2), (500, 2)])), [1000, 2750]);
    }

    #[test]
    fn no_rate_is_no_arrival() {
        assert_eq!(ramp(0, &[(1_000, 0), (0, 5)]).count(), 0);
        assert_eq!(ramp(0, &[]).total(), 0);
        assert_eq!(Arrivals::constant(0, SECOND, SECOND).count(), 0);
    }
}
