//! What both arrival-rate executors have: a rate with its time unit, and VUs that are made on demand.

use std::time::Duration;

use super::fields::Fields;
use crate::stripe::Share;

/// The VUs of an arrival-rate executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalVus {
    /// How many are made before the run.
    pub pre_allocated: u32,
    /// How many there may be, those that are made on demand included.
    pub max: u32,
}

/// Rates are in iterations per second unless told otherwise.
pub(super) const DEFAULT_TIME_UNIT: Duration = Duration::from_secs(1);

/// Far beyond what a machine can start, and low enough for exact arithmetic.
pub(super) const MAX_RATE: u64 = 100_000_000;

impl ArrivalVus {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let pre_allocated = fields.vus("preAllocatedVUs", 0);
        fields.missing("preAllocatedVUs", "the number of preallocated VUs is required");
        let max = fields.vus("maxVUs", pre_allocated);
        if max < pre_allocated {
            fields.problem("maxVUs", &format!("can't be fewer than the preallocated VUs ({pre_allocated})"));
        }
        if fields.has("preAllocatedVUs") && max == 0 {
            fields.problem("preAllocatedVUs", "preAllocatedVUs or maxVUs must be more than 0");
        }
        Self { pre_allocated, max }
    }

    pub(super) fn describe(&self, share: &Share) -> String {
        match (share.count_vus(self.pre_allocated), share.count_vus(self.max)) {
            (pre_allocated, max) if max > pre_allocated => format!("maxVUs: {pre_allocated}-{max}"),
            (_, max) => format!("maxVUs: {max}"),
        }
    }
}

/// Reads a rate and holds it to the limit.
pub(super) fn rate(fields: &mut Fields<'_>, key: &'static str) -> Option<u32> {
    let rate: u64 = fields.read(key)?;
    if rate > MAX_RATE {
        fields.problem(key, &format!("can't be more than {MAX_RATE}"));
    }
    Some(rate.min(MAX_RATE) as u32)
}

/// Reads the time unit.
pub(super) fn time_unit(fields: &mut Fields<'_>) -> Option<Duration> {
    let unit: Duration = fields.read("timeUnit")?;
    if unit.is_zero() {
        fields.problem("timeUnit", "the time unit must be more than 0");
    }
    Some(unit)
}

/// A rate as it is shown.
pub(super) fn per_second(rate: f64, unit: Duration) -> f64 {
    rate / unit.as_secs_f64()
}
