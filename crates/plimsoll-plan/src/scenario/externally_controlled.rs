//! `externally-controlled`: looping VUs whose number is told while the test goes on.
//!
//! Here stands only how it begins; the control API and the commands `pause`, `resume` and `scale` say what
//! comes next.

use std::time::Duration;

use super::fields::Fields;
use crate::duration;

/// The settings of `externally-controlled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternallyControlled {
    /// How many VUs loop at first.
    pub vus: u32,
    /// How many VUs are made before the run; as many may be asked for.
    pub max_vus: u32,
    /// For how long; [`ENDLESS`] until the test is stopped.
    pub duration: Duration,
}

/// How long a scenario lasts that only a stop ends: longer than any machine, and yet small enough to be added
/// to an instant.
pub const ENDLESS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

impl ExternallyControlled {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let vus = fields.vus("vus", 1);
        let max_vus = fields.vus("maxVUs", vus);
        let duration = fields.read("duration");
        fields.missing("duration", "the duration is required; 0 goes on until the test is stopped");
        if max_vus < vus {
            fields.problem("maxVUs", &format!("can't be fewer than the VUs at the start ({vus})"));
        }
        if max_vus == 0 && !fields.has("maxVUs") {
            fields.problem("vus", "vus or maxVUs must be more than 0");
        } else if max_vus == 0 && vus == 0 {
            fields.problem("maxVUs", "must be more than 0");
        }
        let duration = duration.filter(|duration: &Duration| !duration.is_zero()).unwrap_or(ENDLESS);
        Self { vus, max_vus, duration: duration.min(ENDLESS) }
    }

    pub(super) fn describe(&self, vus: u32, max_vus: u32) -> (String, Vec<String>) {
        let how_long = match self.duration {
            ENDLESS => "until stopped".to_owned(),
            duration => format!("for {}", duration::format(duration)),
        };
        let what = format!("{vus} looping VUs {how_long}, controlled from outside");
        (what, vec![format!("maxVUs: {max_vus}")])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario =
            json!({ "executor": "externally-controlled", "vus": 10, "maxVUs": 50, "duration": "10m" });
        let expected = "10 looping VUs for 10m0s, controlled from outside (maxVUs: 50, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
        let endless = json!({ "executor": "externally-controlled", "duration": 0, "gracefulStop": 0 });
        assert_eq!(description(&endless), "1 looping VUs until stopped, controlled from outside (maxVUs: 1)");
    }

    #[test]
    fn validates() {
        assert_eq!(
            problems(&json!({ "executor": "externally-controlled", "vus": 3, "maxVUs": 2 })),
            [
                "scenarios.s.duration (from a.js): the duration is required; 0 goes on until the test is \
                 stopped",
                "scenarios.s.maxVUs (from a.js): can't be fewer than the VUs at the start (3), got 2",
            ]
        );
        let nobody = json!({ "executor": "externally-controlled", "vus": 0, "duration": "1m" });
        assert_eq!(problems(&nobody).len(), 1);
        let nobody = json!({ "executor": "externally-controlled", "vus": 0, "maxVUs": 0, "duration": "1m" });
        assert_eq!(problems(&nobody).len(), 1);
    }
}
