//! Plans of which one scenario is left, to be driven from outside: what a search for the capacity runs.

use crate::{
    ExecutorConfig, Plan, Problem, Scenario,
    nearest::did_you_mean,
    plan::assign_vus,
    scenario::{ArrivalVus, ENDLESS, ExternallyControlled, SteeredArrivalRate},
    stripe::Share,
};

/// How a steered scenario is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// Iterations start at a rate that is told, whether or not earlier ones have ended.
    Rate(ArrivalVus),
    /// VUs loop, as many as are told; none at first.
    Vus,
}

impl Plan {
    /// The same test with one of its scenarios only, which somebody steers from the start of the run until it
    /// is stopped. Without a name it is the first one.
    ///
    /// # Errors
    /// When there is no such scenario.
    pub fn steer(&mut self, scenario: Option<&str>, drive: Drive) -> Result<(), Problem> {
        let place = self.place_of(scenario)?;
        let mut chosen = self.scenarios.swap_remove(place);
        chosen.executor = match drive {
            Drive::Rate(vus) => ExecutorConfig::SteeredArrivalRate(SteeredArrivalRate { vus }),
            Drive::Vus => {
                let config = ExternallyControlled { vus: 0, max_vus: 1, duration: ENDLESS };
                ExecutorConfig::ExternallyControlled(config)
            }
        };
        chosen.start_time = std::time::Duration::ZERO;
        (chosen.start_after, chosen.share) = (None, Share::default());
        chosen.vu_ids.clear();
        self.scenarios = vec![chosen];
        self.reassign_vus();
        Ok(())
    }

    /// The place of the scenario with this name; of the first one without a name.
    ///
    /// # Errors
    /// When there is no such scenario.
    pub fn place_of(&self, scenario: Option<&str>) -> Result<usize, Problem> {
        let Some(name) = scenario else {
            let nothing = || Problem::new("scenarios", &self.source("scenarios"), "there is no scenario");
            return if self.scenarios.is_empty() { Err(nothing()) } else { Ok(0) };
        };
        self.scenarios.iter().position(|scenario| scenario.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
            let near = did_you_mean(name, names.iter().copied());
            let hint = near.unwrap_or_else(|| format!("there is {}", names.join(", ")));
            let source = self.source("scenarios");
            Problem::new("scenarios", &source, "there is no such scenario").got(name).hint(Some(hint))
        })
    }

    fn reassign_vus(&mut self) {
        let (planned, max) = assign_vus(&mut self.scenarios);
        (self.planned_vus, self.max_vus) = (planned, max);
        self.vus = Share::default().vus;
    }
}

impl Scenario {
    /// Whether its iterations start at given times, whatever became of earlier ones.
    #[must_use]
    pub fn has_arrivals(&self) -> bool {
        matches!(
            self.executor,
            ExecutorConfig::ConstantArrivalRate(_)
                | ExecutorConfig::RampingArrivalRate(_)
                | ExecutorConfig::SteeredArrivalRate(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{OptionsLayer, Origin, Schedule, resolve};

    fn plan() -> Plan {
        let options = json!({ "scenarios": {
            "a": { "executor": "constant-vus", "vus": 3, "duration": "1s", "startTime": "5s", "exec": "buy" },
            "b": { "executor": "constant-arrival-rate", "rate": 5, "duration": "9s", "preAllocatedVUs": 2 },
        } });
        let layer = OptionsLayer::from_json(Origin::Script("test.js".to_owned()), &options);
        resolve(vec![layer]).expect("valid options")
    }

    #[test]
    fn one_scenario_is_left_and_keeps_what_is_its_own() {
        let mut plan = plan();
        plan.steer(Some("a"), Drive::Rate(ArrivalVus { pre_allocated: 4, max: 10 })).expect("it is there");
        let [scenario] = &plan.scenarios[..] else { panic!("one scenario") };
        assert_eq!((scenario.name.as_str(), scenario.exec.as_str()), ("a", "buy"));
        assert_eq!((plan.planned_vus, plan.max_vus()), (4, 10));
        assert_eq!(scenario.vu_ids, (1..=10).collect::<Vec<u32>>());
        assert!(scenario.start_time.is_zero());
        assert_eq!(scenario.schedule(), Schedule::Steered);
    }

    #[test]
    fn vus_are_told_from_none_upwards() {
        let mut plan = plan();
        plan.steer(None, Drive::Vus).expect("there is a first one");
        assert_eq!((plan.scenarios[0].name.as_str(), plan.scenarios[0].external_vus()), ("b", Some(0)));
    }

    #[test]
    fn a_name_that_is_wrong_has_a_hint() {
        let problem = plan().steer(Some("c"), Drive::Vus).expect_err("no such scenario");
        assert!(problem.hint.is_some(), "{problem:?}");
    }
}
