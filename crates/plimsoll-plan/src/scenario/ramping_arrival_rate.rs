//! `ramping-arrival-rate`: the rate at which iterations start follows stages.

use std::time::Duration;

use super::{
    arrival_vus::{ArrivalVus, DEFAULT_TIME_UNIT, MAX_RATE, per_second, rate, time_unit},
    fields::Fields,
    pattern::Pattern,
    stages::read_stages,
};
use crate::{
    Arrivals, duration,
    stripe::Share,
    timeline::{Stage, peak, total_duration},
};

/// The settings of `ramping-arrival-rate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RampingArrivalRate {
    /// How many iterations start in a time unit at first.
    pub start_rate: u32,
    /// The time unit of the rates.
    pub time_unit: Duration,
    /// Where the rate goes from there.
    pub stages: Vec<Stage>,
    /// How they are spread.
    pub pattern: Pattern,
    /// The VUs that run them.
    pub vus: ArrivalVus,
}

impl RampingArrivalRate {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let start_rate = rate(fields, "startRate").unwrap_or(0);
        let time_unit = time_unit(fields).unwrap_or(DEFAULT_TIME_UNIT);
        let stages = read_stages(fields, MAX_RATE);
        let pattern = Pattern::read(fields);
        let vus = ArrivalVus::read(fields);
        Self { start_rate, time_unit, stages, pattern, vus }
    }

    pub(super) fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let rate = self.peak_per_second() * share.iterations.share();
        let length = duration::format(self.duration());
        let (about, mut notes) = self.pattern.describe();
        notes.insert(0, self.vus.describe(share));
        let stages = self.stages.len();
        (format!("Up to {about}{rate:.2} iterations/s for {length} over {stages} stages"), notes)
    }

    pub(super) fn duration(&self) -> Duration {
        total_duration(&self.stages)
    }

    pub(super) fn peak_per_second(&self) -> f64 {
        per_second(peak(self.start_rate, &self.stages).into(), self.time_unit)
    }

    /// Where the stages have brought the rate; the last target after them.
    pub(super) fn per_second_at(&self, at: Duration) -> f64 {
        let (mut from, mut left) = (f64::from(self.start_rate), at);
        for stage in &self.stages {
            let to = f64::from(stage.target);
            if left < stage.duration {
                let part = left.as_secs_f64() / stage.duration.as_secs_f64();
                return per_second(from + (to - from) * part, self.time_unit);
            }
            (from, left) = (to, left - stage.duration);
        }
        per_second(from, self.time_unit)
    }

    pub(super) fn arrivals(&self, scenario: &str) -> Arrivals {
        self.pattern.spread(Arrivals::ramp(self.start_rate, self.time_unit, &self.stages), scenario)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({
            "executor": "ramping-arrival-rate", "startRate": 600, "timeUnit": "1m", "preAllocatedVUs": 2,
            "stages": [{ "duration": "1s", "target": 60 }, { "duration": "2s", "target": 1200 }],
        });
        let expected = "Up to 20.00 iterations/s for 3s over 2 stages (maxVUs: 2, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
    }

    #[test]
    fn the_rate_is_known_at_any_time() {
        let stage = |seconds, target| Stage { duration: Duration::from_secs(seconds), target };
        let vus = ArrivalVus { pre_allocated: 1, max: 1 };
        let (time_unit, stages) = (Duration::from_secs(2), vec![stage(4, 40), stage(0, 10), stage(5, 20)]);
        let ramp = RampingArrivalRate { start_rate: 20, time_unit, stages, pattern: Pattern::Regular, vus };
        let rates = [0, 2, 4, 9, 99].map(|seconds| ramp.per_second_at(Duration::from_secs(seconds)));
        assert_eq!((rates, ramp.peak_per_second()), ([10.0, 15.0, 5.0, 10.0, 10.0], 20.0));
    }

    #[test]
    fn validates() {
        let texts = problems(&json!({ "executor": "ramping-arrival-rate", "timeUnit": 0 }));
        assert_eq!(
            texts,
            [
                "scenarios.s.timeUnit (from a.js): the time unit must be more than 0, got 0",
                "scenarios.s.stages (from a.js): at least one stage is required",
                "scenarios.s.preAllocatedVUs (from a.js): the number of preallocated VUs is required",
            ]
        );
        let nobody = json!({
            "executor": "ramping-arrival-rate", "stages": [{ "duration": 1, "target": 0 }],
            "preAllocatedVUs": 0,
        });
        assert_eq!(problems(&nobody).len(), 1);
    }
}
