//! A rate that is told while the test goes on. No options lead here: `plimsoll capacity` drives a scenario
//! so.

use std::time::Duration;

use super::{ArrivalVus, ENDLESS};
use crate::{Arrivals, stripe::Share};

/// The settings of a scenario whose arrival rate is steered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteeredArrivalRate {
    /// The VUs that run the iterations.
    pub vus: ArrivalVus,
}

/// A rate that holds until another one is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Iterations per second; zero starts none.
    pub rate: f64,
    /// How they are spread: at random with this seed, or evenly.
    pub seed: Option<u64>,
}

/// Rates are told to a thousandth of an iteration per second.
const STEPS: u64 = 1_000;

impl Course {
    /// When its iterations are due, from the moment on at which it is taken up.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        // The cast turns what is not a number into 0, and what is too large into the largest.
        let rate = (self.rate * STEPS as f64).round() as u32;
        let arrivals = Arrivals::constant(rate, Duration::from_secs(STEPS), ENDLESS);
        match self.seed {
            Some(seed) if rate > 0 => arrivals.at_random(seed),
            _ => arrivals,
        }
    }
}

impl SteeredArrivalRate {
    pub(super) fn describe(&self, share: &Share) -> (String, Vec<String>) {
        ("iterations at a rate that is steered".to_owned(), vec![self.vus.describe(share)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_a_rate_without_an_end() {
        let second = Duration::from_secs(1);
        let within = |course: Course| course.arrivals().take_while(|due| due.at < 100 * second).count();
        assert_eq!(within(Course { rate: 2.5, seed: None }), 250);
        assert_eq!(within(Course { rate: 0.0, seed: None }), 0);
        assert_eq!(within(Course { rate: 0.0, seed: Some(1) }), 0);
        assert_eq!(within(Course { rate: f64::NAN, seed: Some(1) }), 0);
        let random = within(Course { rate: 40.0, seed: Some(7) });
        // Five standard deviations of a Poisson distribution around 4,000.
        assert!((3_684..=4_316).contains(&random), "{random}");
    }
}
