//! Which VU is active when: the schedule of every VU-driven executor as a pure function.
//!
//! A timeline knows no clock and no VU. Times are offsets from the start of the scenario, computed in whole
//! nanoseconds. Start with [`VuTimeline::activations`].
//!
//! Within a stage that goes linearly from `a` to `b` VUs and ends at `E` after `D`, the count becomes `k` at
//!
//! ```text
//!            E − ⌊ D · (b − k) / (b − a) ⌋          4 ┤        ·─   0 → 4 in 2 s:
//!                                                     │      ·─┘    VU 1 at 0.5 s, VU 4 at 2.0 s
//! in both directions. VU i (from 0) is active          │    ·─┘
//! while the count is above i, so low VUs live longest. │  ·─┘
//!                                                    0 ┼──┘────────
//! ```

use std::time::Duration;

use crate::stripe::Stripe;

/// A stage of a ramp: move linearly to `target` within `duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// How long the move takes; zero jumps.
    pub duration: Duration,
    /// The number of VUs at its end, or the rate.
    pub target: u32,
}

/// One uninterrupted period in which a VU starts iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    /// From here on the VU starts iterations.
    pub start: Duration,
    /// From here on it starts no new one.
    pub end: Duration,
    /// An iteration still running here is interrupted. At most the end of the graceful stop.
    ///
    /// When the VU is wanted again before its grace has run out, the iteration may go on into the next
    /// activation, so this is then that activation's own cut-off.
    pub cut_off: Duration,
}

/// The activity of all VUs of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VuTimeline {
    shape: Shape,
    /// Which of the VUs are meant.
    part: Stripe,
    end: Duration,
    cut_off: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Constant { vus: u32 },
    Ramp { start_vus: u32, stages: Vec<Stage>, graceful_ramp_down: Duration },
}

impl VuTimeline {
    /// `vus` VUs from the start to `end`, then `graceful_stop` to finish.
    pub fn constant(vus: u32, end: Duration, graceful_stop: Duration) -> Self {
        let shape = Shape::Constant { vus };
        Self { shape, part: Stripe::whole(), end, cut_off: end.saturating_add(graceful_stop) }
    }

    /// `start_vus` at first, then the stages. A VU released by a falling ramp has `graceful_ramp_down` to
    /// finish, and everybody has `graceful_stop` after the last stage, whichever is earlier.
    pub fn ramp(
        start_vus: u32,
        stages: Vec<Stage>,
        graceful_ramp_down: Duration,
        graceful_stop: Duration,
    ) -> Self {
        let end = total_duration(&stages);
        let shape = Shape::Ramp { start_vus, stages, graceful_ramp_down };
        Self { shape, part: Stripe::whole(), end, cut_off: end.saturating_add(graceful_stop) }
    }

    /// The same timeline for some of its VUs only; indices and counts are then among these.
    #[must_use]
    pub fn of_part(mut self, part: Stripe) -> Self {
        self.part = part;
        self
    }

    /// The most VUs that are ever active together, which is also the number of VUs the timeline speaks of.
    pub fn max_vus(&self) -> u32 {
        self.count(match &self.shape {
            Shape::Constant { vus } => *vus,
            Shape::Ramp { start_vus, stages, .. } => peak(*start_vus, stages),
        })
    }

    /// When the last iteration may start.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// When the last iteration is interrupted.
    pub fn cut_off(&self) -> Duration {
        self.cut_off
    }

    /// How many VUs the timeline wants at `at`.
    pub fn vus_at(&self, at: Duration) -> u32 {
        self.count(match &self.shape {
            _ if at >= self.end => 0,
            Shape::Constant { vus } => *vus,
            Shape::Ramp { start_vus, stages, .. } => ramp_vus_at(*start_vus, stages, at),
        })
    }

    /// The periods in which VU `index` (from 0) is active, in order, neither empty nor touching.
    pub fn activations(&self, index: u32) -> Vec<Activation> {
        // Beyond all VUs for a part that has none.
        let index = u32::try_from(self.part.slot(u64::from(index))).unwrap_or(u32::MAX);
        match &self.shape {
            Shape::Constant { vus } if index < *vus && !self.end.is_zero() => {
                vec![Activation { start: Duration::ZERO, end: self.end, cut_off: self.cut_off }]
            }
            Shape::Constant { .. } => Vec::new(),
            Shape::Ramp { start_vus, stages, graceful_ramp_down } => {
                self.with_grace(&active_periods(*start_vus, stages, index, self.end), *graceful_ramp_down)
            }
        }
    }

    /// How many of the first `vus` VUs are meant.
    fn count(&self, vus: u32) -> u32 {
        // No more than there are.
        self.part.count(u64::from(vus)) as u32
    }

    /// Adds cut-offs, from the last period to the first because a period's grace may reach into the next.
    fn with_grace(&self, periods: &[Period], graceful_ramp_down: Duration) -> Vec<Activation> {
        let mut activations = Vec::with_capacity(periods.len());
        let mut next: Option<Activation> = None;
        for &Period { start, end, released } in periods.iter().rev() {
            let grace = if released { end.saturating_add(graceful_ramp_down) } else { self.cut_off };
            let cut_off = match next {
                Some(next) if next.start <= grace => next.cut_off,
                _ => grace.min(self.cut_off),
            };
            let activation = Activation { start, end, cut_off };
            activations.push(activation);
            next = Some(activation);
        }
        activations.reverse();
        activations
    }
}

/// A stretch of time in which one VU is wanted.
#[derive(Debug, Clone, Copy)]
struct Period {
    start: Duration,
    end: Duration,
    /// A falling ramp ended it, as opposed to the end of the last stage.
    released: bool,
}

/// The sum of the stages' durations.
pub fn total_duration(stages: &[Stage]) -> Duration {
    stages.iter().fold(Duration::ZERO, |total, stage| total.saturating_add(stage.duration))
}

/// The highest count a ramp reaches.
pub fn peak(start_vus: u32, stages: &[Stage]) -> u32 {
    stages.iter().map(|stage| stage.target).fold(start_vus, u32::max)
}

/// The periods in which the count is above `index`; a VU still wanted after the last stage runs until `end`.
fn active_periods(start_vus: u32, stages: &[Stage], index: u32, end: Duration) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut active_since = (start_vus > index).then_some(Duration::ZERO);
    let (mut count, mut stage_end) = (start_vus, Duration::ZERO);
    for stage in stages {
        stage_end = stage_end.saturating_add(stage.duration);
        if count <= index && stage.target > index {
            active_since = Some(reaches(count, stage, stage_end, index + 1));
        } else if let Some(start) = active_since.filter(|_| stage.target <= index) {
            let end = reaches(count, stage, stage_end, index);
            push_period(&mut periods, Period { start, end, released: true });
            active_since = None;
        }
        count = stage.target;
    }
    if let Some(start) = active_since {
        push_period(&mut periods, Period { start, end, released: false });
    }
    periods
}

/// Appends a period; an empty one vanishes, and one that touches its predecessor continues it.
fn push_period(periods: &mut Vec<Period>, period: Period) {
    match periods.last_mut() {
        _ if period.start == period.end => {}
        Some(last) if last.end == period.start => *last = Period { start: last.start, ..period },
        _ => periods.push(period),
    }
}

/// When a stage that starts with `from` VUs brings the count to `k` (the formula above).
fn reaches(from: u32, stage: &Stage, stage_end: Duration, k: u32) -> Duration {
    let missing = u128::from(stage.target.abs_diff(k));
    let whole = u128::from(stage.target.abs_diff(from));
    let before_end = stage.duration.as_nanos() * missing / whole;
    stage_end - from_nanos(before_end)
}

/// Never longer than a stage, and a stage holds at most 2^63 − 1 nanoseconds.
fn from_nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn ramp_vus_at(start_vus: u32, stages: &[Stage], at: Duration) -> u32 {
    let (mut count, mut begin) = (start_vus, Duration::ZERO);
    for stage in stages {
        let end = begin.saturating_add(stage.duration);
        if at < end {
            return within_stage(count, stage, at - begin);
        }
        count = stage.target;
        begin = end;
    }
    0
}

/// The count `into` a stage. Step `s` of `w` steps is done once `D·(w − s)/w` is at least what is left of the
/// stage.
fn within_stage(from: u32, stage: &Stage, into: Duration) -> u32 {
    let steps = u128::from(stage.target.abs_diff(from));
    let left = stage.duration.as_nanos() - into.as_nanos();
    let to_come = (left * steps).div_ceil(stage.duration.as_nanos());
    let done = (steps - to_come) as u32;
    if stage.target > from { from + done } else { from - done }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn stages(list: &[(u64, u32)]) -> Vec<Stage> {
        list.iter().map(|&(millis, target)| Stage { duration: ms(millis), target }).collect()
    }

    fn ramp(start_vus: u32, list: &[(u64, u32)], ramp_down: u64) -> VuTimeline {
        VuTimeline::ramp(start_vus, stages(list), ms(ramp_down), GRACE)
    }

    fn starts_and_ends(timeline: &VuTimeline, index: u32) -> Vec<(u64, u64)> {
        timeline
            .activations(index)
            .iter()
            .map(|activation| (activation.start.as_millis() as u64, activation.end.as_millis() as u64))
            .collect()
    }

    #[test]
    fn ramps_step_at_k6s_instants() {
        let timeline = ramp(0, &[(2_000, 4), (2_000, 0)], 1_000);
        assert_eq!(timeline.max_vus(), 4);
        assert_eq!(starts_and_ends(&timeline, 0), [(500, 4_000)]);
        assert_eq!(starts_and_ends(&timeline, 1), [(1_000, 3_500)]);
        assert_eq!(starts_and_ends(&timeline, 2), [(1_500, 3_000)]);
        assert_eq!(starts_and_ends(&timeline, 3), [(2_000, 2_500)]);
        assert_eq!(timeline.vus_at(ms(2_499)), 4);
        assert_eq!(timeline.vus_at(ms(2_500)), 3);
        assert_eq!(timeline.vus_at(ms(499)), 0);
        assert_eq!(timeline.vus_at(ms(500)), 1);
    }

    #[test]
    fn start_vus_are_active_at_once_and_holds_hold() {
        let timeline = ramp(2, &[(1_000, 2), (0, 5), (1_000, 5)], 0);
        assert_eq!(starts_and_ends(&timeline, 1), [(0, 2_000)]);
        assert_eq!(starts_and_ends(&timeline, 4), [(1_000, 2_000)]);
        assert_eq!(timeline.vus_at(ms(0)), 2);
        assert_eq!(timeline.vus_at(ms(2_000)), 0);
    }

    #[test]
    fn a_dip_of_no_length_is_no_dip() {
        let timeline = ramp(3, &[(1_000, 3), (0, 0), (0, 3), (1_000, 3)], 0);
        assert_eq!(starts_and_ends(&timeline, 2), [(0, 2_000)]);
        let spike = ramp(0, &[(1_000, 0), (0, 3), (0, 0), (1_000, 0)], 0);
        assert_eq!(starts_and_ends(&spike, 0), []);
    }

    #[test]
    fn the_earlier_of_ramp_down_and_graceful_stop_cuts_off() {
        let timeline = ramp(2, &[(1_000, 0)], 10_000);
        let cut_off = |index: u32| timeline.activations(index)[0].cut_off;
        assert_eq!(cut_off(1), ms(10_500));
        assert_eq!(cut_off(0), ms(11_000));
        let patient = ramp(2, &[(1_000, 0)], 60_000);
        assert_eq!(patient.activations(1)[0].cut_off, ms(31_000));
    }

    #[test]
    fn vus_wanted_to_the_end_have_the_graceful_stop_only() {
        let timeline = ramp(1, &[(1_000, 1)], 0);
        assert_eq!(timeline.activations(0)[0].cut_off, ms(31_000));
    }

    #[test]
    fn grace_that_reaches_the_next_activation_lets_the_iteration_go_on() {
        let timeline = ramp(1, &[(0, 0), (1_000, 0), (0, 1), (1_000, 1), (0, 0)], 2_000);
        let activations = timeline.activations(0);
        assert_eq!(activations.len(), 1, "the first activation has no length");
        let timeline = ramp(1, &[(1_000, 1), (0, 0), (1_000, 0), (0, 1), (1_000, 1)], 2_000);
        let activations = timeline.activations(0);
        assert_eq!(activations[0].end, ms(1_000));
        assert_eq!(activations[0].cut_off, activations[1].cut_off);
    }

    #[test]
    fn constant_is_one_activation_for_each() {
        let timeline = VuTimeline::constant(2, ms(5_000), ms(0));
        assert_eq!(starts_and_ends(&timeline, 1), [(0, 5_000)]);
        assert_eq!(starts_and_ends(&timeline, 2), []);
        assert_eq!(timeline.vus_at(ms(4_999)), 2);
        assert_eq!(timeline.cut_off(), ms(5_000));
    }
}
