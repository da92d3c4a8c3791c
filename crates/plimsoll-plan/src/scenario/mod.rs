//! Scenarios: named workloads, each driven by an executor.
//!
//! One file per executor, all in the same order: configuration, defaults and validation, description,
//! requirements, schedule, tests. [`Scenario::schedule`] and [`Scenario::budget`] say what the engine has to
//! do.

mod arrival_vus;
mod constant_arrival_rate;
mod constant_vus;
mod externally_controlled;
mod fields;
mod pattern;
mod per_vu_iterations;
mod ramping_arrival_rate;
mod ramping_vus;
mod shared_iterations;
mod stages;
mod steered_arrival_rate;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use self::fields::Fields;
pub(crate) use self::fields::Locate;
pub use self::fields::MAX_VUS;
pub use self::{
    arrival_vus::ArrivalVus,
    constant_arrival_rate::ConstantArrivalRate,
    constant_vus::ConstantVus,
    externally_controlled::{ENDLESS, ExternallyControlled},
    pattern::Pattern,
    per_vu_iterations::PerVuIterations,
    ramping_arrival_rate::RampingArrivalRate,
    ramping_vus::RampingVus,
    shared_iterations::SharedIterations,
    steered_arrival_rate::{Course, SteeredArrivalRate},
};
use crate::{
    Arrivals, Problem, VuTimeline, duration,
    nearest::did_you_mean,
    options::tags::Tags,
    stripe::{Division, Share},
};

/// A named workload, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The exported function that an iteration calls.
    pub exec: String,
    /// When it starts: from the start of the run (after `setup`), or from the end of the scenario that it
    /// starts after.
    pub start_time: Duration,
    /// The scenario that has to end before it starts.
    pub start_after: Option<String>,
    /// How long running iterations may go on after its end.
    pub graceful_stop: Duration,
    /// Variables added to `__ENV`.
    pub env: BTreeMap<String, String>,
    /// Tags on every sample.
    pub tags: Tags,
    /// The strategy.
    pub executor: ExecutorConfig,
    /// The ids (from 1) of its VUs: slot `i` of its timeline is VU `vu_ids[i]`.
    ///
    /// The first [`planned_vus`](Self::planned_vus) are made before the run, the others on demand.
    pub vu_ids: Vec<u32>,
    /// What this instance has of it. The executor's settings are those of the whole.
    pub share: Share,
}

/// The strategy that drives a scenario, with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum ExecutorConfig {
    /// VUs share a number of iterations.
    SharedIterations(SharedIterations),
    /// Every VU runs a number of iterations.
    PerVuIterations(PerVuIterations),
    /// A fixed number of VUs for a fixed time.
    ConstantVus(ConstantVus),
    /// A number of VUs that follows stages.
    RampingVus(RampingVus),
    /// Iterations start at a fixed rate.
    ConstantArrivalRate(ConstantArrivalRate),
    /// Iterations start at a rate that follows stages.
    RampingArrivalRate(RampingArrivalRate),
    /// A number of VUs that is told while the test goes on.
    ExternallyControlled(ExternallyControlled),
    /// Iterations start at a rate that is told while the test goes on. Not to be had by options.
    SteeredArrivalRate(SteeredArrivalRate),
}

/// What makes iterations start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// VUs that loop while they are active.
    Vus(VuTimeline),
    /// The time; any VU that is free takes the iteration.
    Arrivals(Arrivals),
    /// Whoever controls the test from outside: how many VUs loop.
    External,
    /// Whoever steers the test: at which rate iterations start, as
    /// [courses](Course) say.
    Steered,
}

/// How many iterations a scenario may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IterationBudget {
    /// As many as there is time for.
    Unlimited,
    /// This many, whoever comes first.
    Shared(u64),
    /// This many for each VU.
    PerVu(u64),
}

impl Scenario {
    /// The VUs that must be there when it starts.
    pub fn planned_vus(&self) -> u32 {
        self.share.count_vus(match &self.executor {
            ExecutorConfig::ConstantArrivalRate(config) => config.vus.pre_allocated,
            ExecutorConfig::RampingArrivalRate(config) => config.vus.pre_allocated,
            ExecutorConfig::SteeredArrivalRate(config) => config.vus.pre_allocated,
            others => others.max_vus(),
        })
    }

    /// The most VUs that are active at once.
    pub fn max_vus(&self) -> u32 {
        self.share.count_vus(self.executor.max_vus())
    }

    /// Narrows it to this instance's part.
    pub(crate) fn divide(&mut self, division: &Division) {
        let (vus, all) = (division.stripe(), self.executor.max_vus());
        let (iterations, rounds) = match &self.executor {
            ExecutorConfig::ConstantVus(_)
            | ExecutorConfig::RampingVus(_)
            | ExecutorConfig::ExternallyControlled(_) => (vus.clone(), None),
            ExecutorConfig::PerVuIterations(_) => {
                (vus.clone(), Some((vus.count(u64::from(all)) as u32, all)))
            }
            ExecutorConfig::SharedIterations(_)
            | ExecutorConfig::ConstantArrivalRate(_)
            | ExecutorConfig::RampingArrivalRate(_)
            | ExecutorConfig::SteeredArrivalRate(_) => (division.stripe_by_vus(all), None),
        };
        self.share = Share { vus, iterations, rounds };
    }

    /// How long it starts iterations, from its own start.
    pub fn duration(&self) -> Duration {
        match &self.executor {
            ExecutorConfig::SharedIterations(config) => config.max_duration,
            ExecutorConfig::PerVuIterations(config) => config.max_duration,
            ExecutorConfig::ConstantVus(config) => config.duration,
            ExecutorConfig::RampingVus(config) => config.duration(),
            ExecutorConfig::ConstantArrivalRate(config) => config.duration,
            ExecutorConfig::RampingArrivalRate(config) => config.duration(),
            ExecutorConfig::ExternallyControlled(config) => config.duration,
            ExecutorConfig::SteeredArrivalRate(_) => ENDLESS,
        }
    }

    /// How many VUs loop at first, if their number is told from outside after that.
    pub fn external_vus(&self) -> Option<u32> {
        match &self.executor {
            ExecutorConfig::ExternallyControlled(config) => Some(self.share.count_vus(config.vus)),
            _ => None,
        }
    }

    /// When its last iteration is interrupted, counted like its start.
    pub fn latest_end(&self) -> Duration {
        self.start_time.saturating_add(self.duration()).saturating_add(self.graceful_stop)
    }

    /// The highest rate at which this instance starts iterations, per second; `None` without an arrival rate.
    pub fn peak_rate(&self) -> Option<f64> {
        let rate = match &self.executor {
            ExecutorConfig::ConstantArrivalRate(config) => config.per_second(),
            ExecutorConfig::RampingArrivalRate(config) => config.peak_per_second(),
            _ => return None,
        };
        Some(rate * self.share.iterations.share())
    }

    /// Its rate at some time from the scenario's start, per second; `None` without an arrival rate.
    pub fn rate_at(&self, at: Duration) -> Option<f64> {
        let rate = match &self.executor {
            ExecutorConfig::ConstantArrivalRate(config) => config.per_second(),
            ExecutorConfig::RampingArrivalRate(config) => config.per_second_at(at),
            _ => return None,
        };
        Some(rate * self.share.iterations.share())
    }

    /// When what happens, from the scenario's start.
    pub fn schedule(&self) -> Schedule {
        let grace = self.graceful_stop;
        let vus = |timeline: VuTimeline| Schedule::Vus(timeline.of_part(self.share.vus.clone()));
        let arrivals =
            |arrivals: Arrivals| Schedule::Arrivals(arrivals.of_part(self.share.iterations.clone()));
        match &self.executor {
            ExecutorConfig::SharedIterations(config) => vus(config.timeline(grace)),
            ExecutorConfig::PerVuIterations(config) => vus(config.timeline(grace)),
            ExecutorConfig::ConstantVus(config) => vus(config.timeline(grace)),
            ExecutorConfig::RampingVus(config) => vus(config.timeline(grace)),
            ExecutorConfig::ConstantArrivalRate(config) => arrivals(config.arrivals(&self.name)),
            ExecutorConfig::RampingArrivalRate(config) => arrivals(config.arrivals(&self.name)),
            ExecutorConfig::ExternallyControlled(_) => Schedule::External,
            ExecutorConfig::SteeredArrivalRate(_) => Schedule::Steered,
        }
    }

    /// How many iterations it may start, within its schedule.
    pub fn budget(&self) -> IterationBudget {
        match &self.executor {
            ExecutorConfig::SharedIterations(config) => {
                IterationBudget::Shared(self.share.iterations.count(config.iterations))
            }
            ExecutorConfig::PerVuIterations(config) => IterationBudget::PerVu(config.iterations),
            ExecutorConfig::ConstantVus(_)
            | ExecutorConfig::RampingVus(_)
            | ExecutorConfig::ConstantArrivalRate(_)
            | ExecutorConfig::RampingArrivalRate(_)
            | ExecutorConfig::ExternallyControlled(_)
            | ExecutorConfig::SteeredArrivalRate(_) => IterationBudget::Unlimited,
        }
    }

    /// The iterations it will start if time allows, when that is fixed.
    pub fn total_iterations(&self) -> Option<u64> {
        match self.budget() {
            IterationBudget::Unlimited => None,
            IterationBudget::Shared(total) => Some(total),
            IterationBudget::PerVu(each) => Some(each.saturating_mul(u64::from(self.max_vus()))),
        }
    }

    /// k6's one-line description, without the name: `2 looping VUs for 2s (gracefulStop: 30s)`.
    pub fn describe(&self) -> String {
        let vus = self.max_vus();
        let (what, mut notes) = match &self.executor {
            ExecutorConfig::SharedIterations(config) => {
                config.describe(vus, self.share.iterations.count(config.iterations))
            }
            ExecutorConfig::PerVuIterations(config) => config.describe(vus),
            ExecutorConfig::ConstantVus(config) => config.describe(vus),
            ExecutorConfig::RampingVus(config) => config.describe(vus),
            ExecutorConfig::ConstantArrivalRate(config) => config.describe(&self.share),
            ExecutorConfig::RampingArrivalRate(config) => config.describe(&self.share),
            ExecutorConfig::ExternallyControlled(config) => {
                config.describe(self.share.count_vus(config.vus), vus)
            }
            ExecutorConfig::SteeredArrivalRate(config) => config.describe(&self.share),
        };
        if self.exec != "default" {
            notes.push(format!("exec: {}", self.exec));
        }
        if let Some(before) = &self.start_after {
            notes.push(format!("startAfter: {before}"));
        }
        if !self.start_time.is_zero() {
            notes.push(format!("startTime: {}", duration::format(self.start_time)));
        }
        if !self.graceful_stop.is_zero() {
            notes.push(format!("gracefulStop: {}", duration::format(self.graceful_stop)));
        }
        if notes.is_empty() { what } else { format!("{what} ({})", notes.join(", ")) }
    }
}

impl ExecutorConfig {
    /// The most VUs that are active at once, in the whole test.
    fn max_vus(&self) -> u32 {
        match self {
            Self::SharedIterations(config) => config.vus,
            Self::PerVuIterations(config) => config.vus,
            Self::ConstantVus(config) => config.vus,
            Self::RampingVus(config) => config.max_vus(),
            Self::ConstantArrivalRate(config) => config.vus.max,
            Self::RampingArrivalRate(config) => config.vus.max,
            Self::ExternallyControlled(config) => config.max_vus,
            Self::SteeredArrivalRate(config) => config.vus.max,
        }
    }

    /// The executor's name in options and tags.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SharedIterations(_) => "shared-iterations",
            Self::PerVuIterations(_) => "per-vu-iterations",
            Self::ConstantVus(_) => "constant-vus",
            Self::RampingVus(_) => "ramping-vus",
            Self::ConstantArrivalRate(_) => "constant-arrival-rate",
            Self::RampingArrivalRate(_) => "ramping-arrival-rate",
            Self::ExternallyControlled(_) => "externally-controlled",
            Self::SteeredArrivalRate(_) => "steered-arrival-rate",
        }
    }
}

/// The executors that can be run.
const EXECUTORS: [&str; 7] = [
    "shared-iterations",
    "per-vu-iterations",
    "constant-vus",
    "ramping-vus",
    "constant-arrival-rate",
    "ramping-arrival-rate",
    "externally-controlled",
];

const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// Reads and checks one scenario; `None` when there was a problem.
pub(crate) fn read_scenario(
    name: &str,
    object: &Map<String, Value>,
    locate: Locate<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Scenario> {
    let before = problems.len();
    let mut fields = Fields::new(object, locate, problems);
    let start_time = fields.duration("startTime", Duration::ZERO);
    let start_after = fields.read("startAfter");
    let graceful_stop = fields.duration("gracefulStop", DEFAULT_GRACE);
    let env = fields.read("env").unwrap_or_default();
    let tags = fields.read("tags").unwrap_or_default();
    let exec = fields.read("exec").unwrap_or_else(|| "default".to_owned());
    if exec.is_empty() {
        fields.problem("exec", "cannot be empty");
    }
    check_browser(&mut fields);
    let executor = read_executor(&mut fields)?;
    fields.finish();
    let scenario = || Scenario {
        name: name.to_owned(),
        exec,
        start_time,
        start_after,
        graceful_stop,
        env,
        tags,
        executor,
        vu_ids: Vec::new(),
        share: Share::default(),
    };
    (problems.len() == before).then(scenario)
}

fn read_executor(fields: &mut Fields<'_>) -> Option<ExecutorConfig> {
    let Some(executor) = fields.read::<String>("executor") else {
        fields.missing("executor", &format!("is required, one of {}", EXECUTORS.join(", ")));
        return None;
    };
    match executor.as_str() {
        "shared-iterations" => Some(ExecutorConfig::SharedIterations(SharedIterations::read(fields))),
        "per-vu-iterations" => Some(ExecutorConfig::PerVuIterations(PerVuIterations::read(fields))),
        "constant-vus" => Some(ExecutorConfig::ConstantVus(ConstantVus::read(fields))),
        "ramping-vus" => Some(ExecutorConfig::RampingVus(RampingVus::read(fields))),
        "constant-arrival-rate" => {
            Some(ExecutorConfig::ConstantArrivalRate(ConstantArrivalRate::read(fields)))
        }
        "ramping-arrival-rate" => Some(ExecutorConfig::RampingArrivalRate(RampingArrivalRate::read(fields))),
        "externally-controlled" => {
            Some(ExecutorConfig::ExternallyControlled(ExternallyControlled::read(fields)))
        }
        unknown => {
            let hint = did_you_mean(unknown, EXECUTORS.iter().copied());
            let known = EXECUTORS.join(", ");
            fields.problem_with_hint(
                "executor",
                &format!("unknown executor type, expected one of {known}"),
                hint,
            );
            None
        }
    }
}

/// `options.browser` asks for a browser, which does not exist yet; other content of `options` is k6's own
/// affair.
fn check_browser(fields: &mut Fields<'_>) {
    let options: Option<Value> = fields.read("options");
    let browser = options.as_ref().and_then(|options| options.pointer("/browser/type"));
    if browser.is_some_and(|kind| !kind.is_null()) {
        fields.problem("options.browser", "browser scenarios are not supported yet");
    }
}

#[cfg(test)]
mod testing {
    use super::*;
    use crate::Source;

    fn read(scenario: &Value) -> (Option<Scenario>, Vec<String>) {
        let mut problems = Vec::new();
        let locate = |key: &str| (format!("scenarios.s.{key}"), Source::Script("a.js".to_owned()));
        let object = scenario.as_object().expect("tests write objects");
        let scenario = read_scenario("s", object, &locate, &mut problems);
        (scenario, problems.iter().map(ToString::to_string).collect())
    }

    /// The description of a valid scenario.
    pub(super) fn description(scenario: &Value) -> String {
        let (scenario, problems) = read(scenario);
        scenario.unwrap_or_else(|| panic!("{problems:?}")).describe()
    }

    /// The problems of an invalid one.
    pub(super) fn problems(scenario: &Value) -> Vec<String> {
        let (scenario, problems) = read(scenario);
        assert_eq!(scenario, None);
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::problems;

    #[test]
    fn unknown_keys_and_executors_are_problems_with_hints() {
        let texts = problems(&json!({ "executor": "constant-vus", "duration": "1s", "vuss": 3, "exec": "" }));
        assert_eq!(
            texts,
            [
                "scenarios.s.exec (from a.js): cannot be empty, got \"\"",
                "scenarios.s.vuss (from a.js): unknown key, got 3",
            ]
        );
        assert!(problems(&json!({ "executor": "constant-vu" }))[0].contains("unknown executor type"));
        assert!(problems(&json!({}))[0].contains("is required"));
    }

    #[test]
    fn negative_times_are_problems() {
        let texts = problems(&json!({
            "executor": "constant-vus", "duration": "1s", "startTime": "-1s", "gracefulStop": "-1s",
        }));
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("can't be negative"));
    }

    #[test]
    fn a_browser_is_not_there_yet() {
        let texts = problems(&json!({
            "executor": "constant-vus", "duration": "1s", "options": { "browser": { "type": "chromium" } },
        }));
        assert!(texts[0].contains("browser scenarios are not supported yet"));
    }
}
