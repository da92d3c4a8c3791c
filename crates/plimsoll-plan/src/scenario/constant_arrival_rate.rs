//! `constant-arrival-rate`: iterations start at a fixed rate, whether or not earlier ones have ended.

use std::time::Duration;

use super::{
    arrival_vus::{ArrivalVus, DEFAULT_TIME_UNIT, per_second, rate, time_unit},
    fields::Fields,
    pattern::Pattern,
    shared_iterations::MIN_DURATION,
};
use crate::{Arrivals, duration, stripe::Share};

/// The settings of `constant-arrival-rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantArrivalRate {
    /// How many iterations start in a time unit.
    pub rate: u32,
    /// The time unit of the rate.
    pub time_unit: Duration,
    /// How long iterations are started.
    pub duration: Duration,
    /// How they are spread.
    pub pattern: Pattern,
    /// The VUs that run them.
    pub vus: ArrivalVus,
}

impl ConstantArrivalRate {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let rate = rate(fields, "rate");
        let time_unit = time_unit(fields);
        let duration = fields.read("duration");
        fields.missing("rate", "the iteration rate is required");
        if rate == Some(0) {
            fields.problem("rate", "the iteration rate must be more than 0");
        }
        fields.missing("duration", "the duration is required");
        if duration.is_some_and(|duration| duration < MIN_DURATION) {
            fields.problem("duration", "must be at least 1s");
        }
        let pattern = Pattern::read(fields);
        let vus = ArrivalVus::read(fields);
        let (rate, duration) = (rate.unwrap_or(1), duration.unwrap_or(MIN_DURATION));
        Self { rate, time_unit: time_unit.unwrap_or(DEFAULT_TIME_UNIT), duration, pattern, vus }
    }

    pub(super) fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let rate = self.per_second() * share.iterations.share();
        let (about, mut notes) = self.pattern.describe();
        notes.insert(0, self.vus.describe(share));
        (format!("{about}{rate:.2} iterations/s for {}", duration::format(self.duration)), notes)
    }

    pub(super) fn per_second(&self) -> f64 {
        per_second(self.rate.into(), self.time_unit)
    }

    pub(super) fn arrivals(&self, scenario: &str) -> Arrivals {
        self.pattern.spread(Arrivals::constant(self.rate, self.time_unit, self.duration), scenario)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({
            "executor": "constant-arrival-rate", "rate": 50, "duration": "15m",
            "preAllocatedVUs": 20, "maxVUs": 100,
        });
        let expected = "50.00 iterations/s for 15m0s (maxVUs: 20-100, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
        let slow = json!({
            "executor": "constant-arrival-rate", "rate": 10, "timeUnit": "1m", "duration": "1m",
            "preAllocatedVUs": 2, "gracefulStop": 0,
        });
        assert_eq!(description(&slow), "0.17 iterations/s for 1m0s (maxVUs: 2)");
    }

    #[test]
    fn validates() {
        assert_eq!(
            problems(&json!({ "executor": "constant-arrival-rate" })),
            [
                "scenarios.s.rate (from a.js): the iteration rate is required",
                "scenarios.s.duration (from a.js): the duration is required",
                "scenarios.s.preAllocatedVUs (from a.js): the number of preallocated VUs is required",
            ]
        );
        let wrong = json!({
            "executor": "constant-arrival-rate", "rate": 0, "timeUnit": "0s", "duration": "500ms",
            "preAllocatedVUs": 3, "maxVUs": 2,
        });
        assert_eq!(
            problems(&wrong),
            [
                "scenarios.s.timeUnit (from a.js): the time unit must be more than 0, got \"0s\"",
                "scenarios.s.rate (from a.js): the iteration rate must be more than 0, got 0",
                "scenarios.s.duration (from a.js): must be at least 1s, got \"500ms\"",
                "scenarios.s.maxVUs (from a.js): can't be fewer than the preallocated VUs (3), got 2",
            ]
        );
    }

    #[test]
    fn rates_are_whole_and_bounded() {
        let with_rate = |rate: serde_json::Value| {
            problems(&json!({
                "executor": "constant-arrival-rate", "rate": rate, "duration": "1s", "preAllocatedVUs": 1,
            }))
        };
        assert_eq!(with_rate(json!(0.5)).len(), 1);
        assert!(with_rate(json!(1_000_000_000))[0].contains("can't be more than 100000000"));
    }
}
