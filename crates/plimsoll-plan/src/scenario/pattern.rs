//! Whether the arrivals of an arrival-rate executor are evenly spaced or left to chance.

use super::fields::Fields;
use crate::{Arrivals, options::keyword::Spacing, poisson::seed_of};

/// How arrivals are spread over the time in which the rate would have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Evenly.
    Regular,
    /// As a Poisson process: independently of each other, as users come who do not know of each other.
    Poisson {
        /// The same seed gives the same arrivals; without one, the scenario's name decides.
        seed: Option<u64>,
    },
}

impl Pattern {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let spacing = fields.read("arrivals").unwrap_or(Spacing::Regular);
        let seed = fields.read("seed");
        match spacing {
            Spacing::Poisson => Self::Poisson { seed },
            Spacing::Regular => {
                if fields.has("seed") && !fields.has("arrivals") {
                    let hint = "add arrivals: 'poisson'".to_owned();
                    fields.problem_with_hint("seed", "is for random arrivals only", Some(hint));
                }
                Self::Regular
            }
        }
    }

    /// Spreads the arrivals of the scenario with this name.
    pub(super) fn spread(self, arrivals: Arrivals, scenario: &str) -> Arrivals {
        match self {
            Self::Regular => arrivals,
            Self::Poisson { seed } => arrivals.at_random(seed.unwrap_or_else(|| seed_of(scenario))),
        }
    }

    /// What stands before a rate that is true on average only, and notes.
    pub(super) fn describe(self) -> (&'static str, Vec<String>) {
        match self {
            Self::Regular => ("", Vec::new()),
            Self::Poisson { seed } => {
                let seed = seed.map(|seed| format!("seed: {seed}"));
                ("~", std::iter::once("arrivals: poisson".to_owned()).chain(seed).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::scenario::testing::{description, problems};

    fn scenario(more: &Value) -> Value {
        let mut scenario = json!({
            "executor": "constant-arrival-rate", "rate": 50, "duration": "15m", "preAllocatedVUs": 20,
            "gracefulStop": 0,
        });
        let more = more.as_object().expect("an object").clone();
        scenario.as_object_mut().expect("an object").extend(more);
        scenario
    }

    #[test]
    fn describes_what_is_true_on_average() {
        assert_eq!(
            description(&scenario(&json!({ "arrivals": "poisson" }))),
            "~50.00 iterations/s for 15m0s (maxVUs: 20, arrivals: poisson)"
        );
        assert_eq!(
            description(&scenario(&json!({ "arrivals": "poisson", "seed": 42 }))),
            "~50.00 iterations/s for 15m0s (maxVUs: 20, arrivals: poisson, seed: 42)"
        );
        // A pattern can be switched off without its seed being taken out.
        assert_eq!(
            description(&scenario(&json!({ "arrivals": "regular", "seed": 42 }))),
            "50.00 iterations/s for 15m0s (maxVUs: 20)"
        );
    }

    #[test]
    fn validates() {
        assert_eq!(
            problems(&scenario(&json!({ "arrivals": "poison" }))),
            ["scenarios.s.arrivals (from a.js): must be one of regular, poisson, got \"poison\""]
        );
        assert_eq!(
            problems(&scenario(&json!({ "seed": 1 }))),
            ["scenarios.s.seed (from a.js): is for random arrivals only, got 1"]
        );
        assert_eq!(problems(&scenario(&json!({ "arrivals": "poisson", "seed": -1 }))).len(), 1);
    }
}
