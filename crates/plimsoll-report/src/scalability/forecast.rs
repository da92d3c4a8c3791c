//! How many instances a rate needs.

use super::{Model, Range};

/// Instances for a rate, and what that rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The rate that is to be served.
    pub rate: f64,
    /// The share of what the instances can carry that is to stay free, from 0 to 1.
    pub headroom: f64,
    /// What one instance carries.
    pub per_instance: Range,
    /// Instances, with the interval that follows from what one carries.
    pub instances: u64,
    /// If one carries as much as its interval allows.
    pub at_least: u64,
    /// If it carries as little.
    pub at_most: u64,
    /// What all instances together cannot exceed if the contention that was seen lies in something that they
    /// share, such as a database: throughput of one iteration at a time over contention. `None` without
    /// contention.
    pub shared_ceiling: Option<Range>,
}

/// A question without an answer.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// The rate is not a positive number.
    #[error("a forecast needs a rate above zero, got {0}")]
    Rate(f64),
    /// The headroom leaves nothing.
    #[error("headroom must be at least 0 % and below 100 %, got {} %", 100.0 * .0)]
    Headroom(f64),
}

impl Forecast {
    /// Whether the rate, with its headroom, is beyond what a shared resource would let through.
    #[must_use]
    pub fn exceeds_shared_ceiling(&self) -> bool {
        self.shared_ceiling.is_some_and(|ceiling| self.rate / (1.0 - self.headroom) > ceiling.low)
    }

    /// What has to be true for the number of instances to be right.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        let mut assumptions = vec![
            "each instance carries as much as the one that was measured, whatever the others do".to_owned(),
            "requests are spread evenly over the instances".to_owned(),
            "the mix of requests and the size of the data stay as they were measured".to_owned(),
        ];
        if let Some(Range { value, low, high }) = self.shared_ceiling {
            let interval = match high.is_finite() {
                true => format!("{low:.0} to {high:.0}"),
                false => format!("{low:.0} at least"),
            };
            let so = if self.exceeds_shared_ceiling() {
                "which this forecast may exceed"
            } else {
                "which is enough"
            };
            assumptions.push(format!(
                "the contention that was seen is inside of an instance; if it is in something that all \
                 of them share, \
                 they carry {value:.0}/s together ({interval}), {so}"
            ));
        }
        assumptions
    }
}

impl Model {
    /// The instances that carry `rate` with a share of `headroom` to spare, if each carries that much: the
    /// highest rate within the objectives, which is below the highest rate.
    ///
    /// # Errors
    /// The rate is not above zero, or the headroom leaves nothing.
    pub fn forecast_of(
        &self,
        per_instance: Range,
        rate: f64,
        headroom: f64,
    ) -> Result<Forecast, ForecastError> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(ForecastError::Rate(rate));
        }
        if !(0.0..1.0).contains(&headroom) {
            return Err(ForecastError::Headroom(headroom));
        }
        let instances = |one: f64| (rate / (one * (1.0 - headroom)) - 1e-9).ceil().max(1.0) as u64;
        Ok(Forecast {
            rate,
            headroom,
            per_instance,
            instances: instances(per_instance.value),
            at_least: instances(per_instance.high),
            at_most: instances(per_instance.low),
            shared_ceiling: self.shared_ceiling(),
        })
    }

    fn shared_ceiling(&self) -> Option<Range> {
        let Self { lambda, alpha, .. } = self;
        (alpha.value > 0.0).then(|| Range {
            value: lambda.value / alpha.value,
            low: lambda.low / alpha.high,
            high: if alpha.low > 0.0 { lambda.high / alpha.low } else { f64::INFINITY },
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scalability::Law;

    /// A fit with that contention, and nothing that users cost each other.
    pub(crate) fn fitted(alpha: f64) -> Model {
        let sure = |value: f64| Range { value, low: 0.9 * value, high: 1.1 * value };
        let law = Law { lambda: 100.0, alpha, beta: 0.0 };
        Model {
            law,
            lambda: sure(100.0),
            alpha: sure(alpha),
            beta: sure(0.0),
            ceiling: sure(1_000.0),
            peak: None,
            r_squared: 0.99,
            scatter: 0.02,
            plateaus: 8,
        }
    }

    fn forecast(rate: f64, headroom: f64) -> Result<Forecast, ForecastError> {
        let model = fitted(0.01);
        model.forecast_of(model.ceiling, rate, headroom)
    }

    #[test]
    fn headroom_is_what_stays_free() {
        let wanted = forecast(5_000.0, 0.3).unwrap();
        assert_eq!(wanted.instances, 8, "7 carry 4,900/s at 70 %");
        assert_eq!((wanted.at_least, wanted.at_most), (7, 8));
        assert_eq!(forecast(700.0, 0.3).unwrap().instances, 1, "exactly enough");
    }

    #[test]
    fn a_shared_resource_is_named() {
        assert!(!forecast(5_000.0, 0.3).unwrap().exceeds_shared_ceiling(), "8,182/s at least");
        assert!(forecast(7_000.0, 0.3).unwrap().exceeds_shared_ceiling(), "10,000/s with headroom");
    }

    #[test]
    fn what_all_carry_is_as_unsure_as_both_of_its_numbers() {
        let told = |model: &Model| {
            let forecast = model.forecast_of(model.ceiling, 5_000.0, 0.3).unwrap();
            forecast.assumptions().pop().unwrap()
        };
        let both = told(&fitted(0.01));
        assert!(both.contains("10000/s together (8182 to 12222)"), "{both}");
        let open = Model { alpha: Range { value: 0.01, low: 0.0, high: 0.011 }, ..fitted(0.01) };
        assert!(told(&open).contains("(8182 at least)"), "{}", told(&open));
    }

    #[test]
    fn questions_without_an_answer() {
        assert_eq!(forecast(0.0, 0.3), Err(ForecastError::Rate(0.0)));
        assert_eq!(
            forecast(5.0, 1.0).unwrap_err().to_string(),
            "headroom must be at least 0 % and below 100 %, got 100 %"
        );
    }
}
