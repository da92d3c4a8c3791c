//! Scenarios that start after another one (`startAfter`): which names are wrong, and when each may run.
//!
//! When a scenario ends is known only when it has. What is known beforehand is its [`Window`]: it cannot
//! start earlier than if all before it ended as soon as they began, and it is over when all of them have
//! taken as long as they may.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::{
    Problem, Scenario, Source, nearest::did_you_mean, options::workload::ScenarioSpecs, scenario::ENDLESS,
};

/// When a scenario may run, from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Not before this.
    pub(crate) from: Duration,
    /// It is over by then, grace included.
    pub(crate) until: Duration,
    /// How many scenarios come before it in its chain.
    pub(crate) depth: usize,
}

/// The places of scenarios that others start after.
pub(crate) struct Chains {
    before: Vec<Option<usize>>,
}

impl Chains {
    pub(crate) fn new(scenarios: &[Scenario]) -> Self {
        let by_name: BTreeMap<&str, usize> =
            scenarios.iter().enumerate().map(|(index, scenario)| (scenario.name.as_str(), index)).collect();
        let before = |scenario: &Scenario| by_name.get(scenario.start_after.as_deref()?).copied();
        Self { before: scenarios.iter().map(before).collect() }
    }

    /// The scenario that this one starts after.
    pub(crate) fn before(&self, scenario: usize) -> Option<usize> {
        self.before[scenario]
    }

    /// All scenarios that have ended when this one starts, the nearest first. Once around if they go in
    /// circles.
    fn all_before(&self, scenario: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.before(scenario), |index| self.before(*index)).take(self.before.len())
    }

    /// When each scenario may run.
    pub(crate) fn windows(&self, scenarios: &[Scenario]) -> Vec<Window> {
        let window = |(index, scenario): (usize, &Scenario)| {
            let alone = Window { from: scenario.start_time, until: scenario.latest_end(), depth: 0 };
            self.all_before(index).fold(alone, |window, before| Window {
                from: window.from.saturating_add(scenarios[before].start_time),
                until: window.until.saturating_add(scenarios[before].latest_end()),
                depth: window.depth + 1,
            })
        };
        scenarios.iter().enumerate().map(window).collect()
    }
}

/// What is wrong with the chains of scenarios: `specs` are all as written, `scenarios` those of them that
/// have no problem of their own.
pub(crate) fn check(scenarios: &[Scenario], specs: &ScenarioSpecs, source: &Source) -> Vec<Problem> {
    let problem = |scenario: &str, message: &str, name: &str| {
        Problem::new(format!("scenarios.{scenario}.startAfter"), source, message).got(format!("\"{name}\""))
    };
    let unknown = |(scenario, spec): (&String, &Value)| {
        let name = spec.get("startAfter")?.as_str().filter(|name| !specs.0.contains_key(*name))?;
        let hint = did_you_mean(name, specs.0.keys().map(String::as_str));
        Some(problem(scenario, "there is no scenario of this name", name).hint(hint))
    };
    let chains = Chains::new(scenarios);
    let impossible = |(index, scenario): (usize, &Scenario)| {
        let before = chains.before(index)?;
        let message = circle_or_endless(scenarios, &chains, index, before)?;
        Some(problem(&scenario.name, &message, &scenarios[before].name))
    };
    let unknown = specs.0.iter().filter_map(unknown);
    unknown.chain(scenarios.iter().enumerate().filter_map(impossible)).collect()
}

fn circle_or_endless(scenarios: &[Scenario], chains: &Chains, index: usize, before: usize) -> Option<String> {
    if before == index {
        return Some("a scenario can't start after itself".to_owned());
    }
    if let Some(length) = chains.all_before(index).position(|other| other == index) {
        let circle = std::iter::once(index).chain(chains.all_before(index).take(length + 1));
        let circle: Vec<&str> = circle.map(|other| scenarios[other].name.as_str()).collect();
        return Some(format!("the scenarios wait for each other: {}", circle.join(" after ")));
    }
    let endless = scenarios[before].duration() >= ENDLESS;
    endless.then(|| "it would wait for ever: that scenario ends only when the test is stopped".to_owned())
}

/// Takes scenarios out; those that start after one of them start when it would have started.
pub(crate) fn take_out(scenarios: &mut Vec<Scenario>, is_out: impl Fn(&Scenario) -> bool) -> Vec<Scenario> {
    let out: Vec<Scenario> = scenarios.extract_if(.., |scenario| is_out(scenario)).collect();
    for scenario in scenarios {
        while let Some(before) = out.iter().find(|out| scenario.start_after.as_ref() == Some(&out.name)) {
            scenario.start_time = scenario.start_time.saturating_add(before.start_time);
            scenario.start_after.clone_from(&before.start_after);
        }
    }
    out
}
