//! The resolved whole: what the engine runs and everybody else reads.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Problem, Scenario, Source, Warning,
    chain::{Chains, Window, check, take_out},
    duration, goals,
    options::{
        self, Merged, Options, OptionsLayer, Workload, WrittenWorkload, keyword::SummaryMode,
        workload::ScenarioSpecs,
    },
    scenario::{ENDLESS, MAX_VUS, read_scenario},
    segment::ExecutionSegment,
    stripe::{Division, DivisionError, Stripe},
    thresholds,
    vu_ids::{Demand, allocate},
};
use plimsoll_metrics::{Goal, Selector, ThresholdSpec};

/// A run, decided.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The options; nothing in them is unset.
    pub options: Options,
    /// What runs, ordered by the earliest possible start and by name.
    pub scenarios: Vec<Scenario>,
    /// The conditions that the run must meet; empty with `--no-thresholds`.
    pub thresholds: Vec<ThresholdSpec>,
    /// What the service should reach, and what it must.
    pub goals: Vec<Goal>,
    /// How many VUs are initialised before the run: their ids are 1 to this.
    pub planned_vus: u32,
    /// This instance's VUs among those of the whole test.
    pub vus: Stripe,
    /// The ids above the planned ones belong to VUs that are made on demand.
    pub(crate) max_vus: u32,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    sources: BTreeMap<&'static str, Source>,
    pub(crate) written: WrittenWorkload,
}

/// Merges the layers into a plan, or says everything that is wrong with them.
///
/// Layers may come in any order; what counts is their origin.
pub fn resolve(layers: Vec<OptionsLayer>) -> Result<Plan, Vec<Problem>> {
    let mut merged = options::merge(layers);
    let workload = options::workload_of(&mut merged);
    let written = WrittenWorkload::new(&merged.workload, &workload);
    let mut scenarios = read_scenarios(workload, &mut merged);
    let division = read_division(&mut merged);
    leave_out_others(&mut merged, &mut scenarios, &division);
    limit_vus(&mut merged, &scenarios);
    let thresholds = read_thresholds(&mut merged);
    let goals = read_goals(&mut merged);
    check_options(&mut merged);
    check_warmup(&mut merged, &scenarios);
    if !merged.problems.is_empty() {
        return Err(merged.problems);
    }
    sort(&mut scenarios);
    let (planned_vus, max_vus) = assign_vus(&mut scenarios);
    let Merged { options, sources, warnings, .. } = merged;
    let vus = division.stripe();
    Ok(Plan { options, scenarios, thresholds, goals, planned_vus, vus, max_vus, warnings, sources, written })
}

/// Orders scenarios by their starts, those that start after others behind them.
fn sort(scenarios: &mut Vec<Scenario>) {
    let windows = Chains::new(scenarios).windows(scenarios);
    let mut ordered: Vec<_> = std::mem::take(scenarios).into_iter().zip(windows).collect();
    ordered.sort_by(|(a, of_a), (b, of_b)| {
        (of_a.from, of_a.depth, &a.name).cmp(&(of_b.from, of_b.depth, &b.name))
    });
    scenarios.extend(ordered.into_iter().map(|(scenario, _)| scenario));
}

impl Plan {
    /// Where an option's value came from, by its key.
    pub fn source(&self, key: &str) -> Source {
        self.sources.get(key).cloned().unwrap_or(Source::Default)
    }

    /// Whether anybody set an option.
    pub fn is_set(&self, key: &str) -> bool {
        self.sources.contains_key(key)
    }

    /// Which samples thresholds and goals look at.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let thresholds = self.thresholds.iter().map(|threshold| &threshold.selector);
        thresholds.chain(self.goals.iter().map(|goal| &goal.selector))
    }

    /// The most VUs that may exist at once; their ids are 1 to this.
    pub fn max_vus(&self) -> u32 {
        self.max_vus
    }

    /// How long the scenarios take at most, grace included.
    pub fn max_duration(&self) -> Duration {
        let windows = Chains::new(&self.scenarios).windows(&self.scenarios);
        windows.iter().map(|window| window.until).max().unwrap_or_default()
    }

    /// The scenarios that start after one of them, or at their own time; as places in
    /// [`scenarios`](Self::scenarios).
    pub fn scenarios_after(&self, scenario: Option<usize>) -> Vec<usize> {
        let name = scenario.map(|index| &self.scenarios[index].name);
        let scenarios = self.scenarios.iter().enumerate();
        scenarios
            .filter(|(_, scenario)| scenario.start_after.as_ref() == name)
            .map(|(index, _)| index)
            .collect()
    }

    /// Checks that every scenario's function is among those the script exports.
    pub fn check_exports(&self, is_exported: impl Fn(&str) -> bool) -> Vec<Problem> {
        let missing = self.scenarios.iter().filter(|scenario| !is_exported(&scenario.exec));
        let problem = |scenario: &Scenario| {
            let path = format!("scenarios.{}.exec", scenario.name);
            let message = format!("function '{}' not found in exports", scenario.exec);
            Problem::new(path, &self.source("scenarios"), message)
        };
        missing.map(problem).collect()
    }

    /// k6's description of the scenarios: a headline, then a line for each.
    pub fn describe(&self) -> Vec<String> {
        let how_long = match self.max_duration() {
            endless if endless >= ENDLESS => "no end".to_owned(),
            duration => format!("{} max duration (incl. graceful stop)", duration::format(duration)),
        };
        let headline = format!(
            "scenarios: ({:.2}%) {} {}, {} max VUs, {how_long}:",
            self.options.execution_segment.share() * 100.0,
            self.scenarios.len(),
            if self.scenarios.len() == 1 { "scenario" } else { "scenarios" },
            self.max_vus(),
        );
        let line = |scenario: &Scenario| format!("* {}: {}", scenario.name, scenario.describe());
        std::iter::once(headline).chain(self.scenarios.iter().map(line)).collect()
    }
}

fn read_scenarios(workload: Workload, merged: &mut Merged) -> Vec<Scenario> {
    let mut problems = Vec::new();
    let scenarios = match workload {
        Workload::Scenarios(specs) => read_named(&specs, &merged.source("scenarios"), &mut problems),
        Workload::Shorthand(object) => {
            let locate = |key: &str| {
                let key = options::shorthand_key(key);
                (key.to_owned(), merged.source(key))
            };
            Vec::from_iter(read_scenario("default", &object, &locate, &mut problems))
        }
    };
    merged.problems.append(&mut problems);
    scenarios
}

fn read_named(specs: &ScenarioSpecs, source: &Source, problems: &mut Vec<Problem>) -> Vec<Scenario> {
    let mut scenarios = Vec::with_capacity(specs.0.len());
    for (name, value) in &specs.0 {
        let path = format!("scenarios.{name}");
        if !is_scenario_name(name) {
            let message = "a scenario's name must consist of letters, digits, _ and -";
            problems.push(Problem::new(path.as_str(), source, message).got(format!("\"{name}\"")));
        }
        match value.as_object() {
            Some(object) => {
                let locate = |key: &str| (format!("{path}.{key}"), source.clone());
                scenarios.extend(read_scenario(name, object, &locate, problems));
            }
            None => problems.push(Problem::new(path, source, "must be an object").got(value.to_string())),
        }
    }
    problems.extend(check(&scenarios, specs, source));
    scenarios
}

fn is_scenario_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.bytes().all(allowed)
}

/// The options that make this instance one of several.
const SEGMENT_KEYS: [&str; 2] = ["executionSegment", "executionSegmentSequence"];

/// Which part of the test this instance is; the whole when that cannot be said.
fn read_division(merged: &mut Merged) -> Division {
    if merged.problems.iter().any(|problem| SEGMENT_KEYS.contains(&problem.path.as_str())) {
        return Division::whole();
    }
    let (segment, sequence) = (&merged.options.execution_segment, &merged.options.execution_segment_sequence);
    let error = match Division::new(segment, sequence) {
        Ok(division) => return division,
        Err(error) => error,
    };
    let hint = match &error {
        DivisionError::NotInSequence { segments, .. } => one_of(segments),
        DivisionError::TooFine => "write fractions such as 1/3 instead of 0.333333".to_owned(),
    };
    let set = |key: &&str| merged.sources.contains_key(key);
    let key = SEGMENT_KEYS.into_iter().find(set).unwrap_or_default();
    let value = merged.options.json(key).unwrap_or_default();
    let problem = Problem::new(key, &merged.source(key), error.to_string());
    merged.problems.push(problem.got(value.to_string()).hint(Some(hint)));
    Division::whole()
}

/// The segments to choose from, as far as they can be shown.
fn one_of(segments: &[ExecutionSegment]) -> String {
    const SHOWN: usize = 8;
    let mut texts: Vec<String> = segments.iter().take(SHOWN).map(ToString::to_string).collect();
    texts.extend((segments.len() > SHOWN).then(|| "…".to_owned()));
    format!("set executionSegment to one of {}", texts.join(", "))
}

/// Narrows the scenarios to this instance's part. One that has no VU here runs elsewhere.
fn leave_out_others(merged: &mut Merged, scenarios: &mut Vec<Scenario>, division: &Division) {
    scenarios.iter_mut().for_each(|scenario| scenario.divide(division));
    let source = merged.source("executionSegment");
    let mut note = |message: String| merged.warnings.push(Warning::new("executionSegment", &source, message));
    let out = take_out(scenarios, |scenario| scenario.max_vus() == 0);
    for scenario in &out {
        note(format!("scenario {} is left out: none of its VUs belongs to this segment", scenario.name));
    }
    if scenarios.is_empty() && !out.is_empty() {
        note("there is nothing to do in this segment".to_owned());
    }
}

/// Each scenario is limited by itself; a thousand of them must be, too.
fn limit_vus(merged: &mut Merged, scenarios: &[Scenario]) {
    let total: u64 = scenarios.iter().map(|scenario| u64::from(scenario.max_vus())).sum();
    if total > MAX_VUS {
        let source = merged.source("scenarios");
        let message = format!("can't ask for more than {MAX_VUS} VUs together");
        merged.problems.push(Problem::new("scenarios", &source, message).got(total.to_string()));
    }
}

fn read_thresholds(merged: &mut Merged) -> Vec<ThresholdSpec> {
    match merged.workload.thresholds.take() {
        Some(texts) if !merged.options.no_thresholds => {
            let source = merged.source("thresholds");
            thresholds::parse(&texts, &source, &mut merged.problems)
        }
        _ => Vec::new(),
    }
}

fn read_goals(merged: &mut Merged) -> Vec<Goal> {
    let source = merged.source("goals");
    let specs = merged.workload.goals.take().unwrap_or_default();
    goals::parse(&specs, &source, &mut merged.problems)
}

/// Rules about single options that their types do not say.
fn check_options(merged: &mut Merged) {
    if merged.options.setup_timeout.is_zero() {
        let source = merged.source("setupTimeout");
        merged.problems.push(Problem::new("setupTimeout", &source, "must be more than 0").got("0s"));
    }
    if merged.options.summary_mode == SummaryMode::Legacy {
        let source = merged.source("summaryMode");
        let message = "k6 2 has no such mode any more; the summary is the compact one";
        merged.warnings.push(Warning::new("summaryMode", &source, message));
    }
}

/// A warm-up as long as everything else would leave nothing to be measured.
fn check_warmup(merged: &mut Merged, scenarios: &[Scenario]) {
    let windows = Chains::new(scenarios).windows(scenarios);
    let ends = scenarios.iter().zip(windows);
    let end = ends.map(|(scenario, window)| window.until.saturating_sub(scenario.graceful_stop)).max();
    let warmup = merged.options.warmup;
    let Some(end) = end.filter(|end| !warmup.is_zero() && warmup >= *end) else { return };
    let message = format!("must be shorter than the scenarios, which end after {}", duration::format(end));
    let source = merged.source("warmup");
    merged.problems.push(Problem::new("warmup", &source, message).got(duration::format(warmup)));
}

/// Gives every scenario its VUs: first those that are made before the run, so that their ids have no gaps,
/// then the reserved ids of those that are made on demand. Returns how many there are of the former and of
/// all.
pub(crate) fn assign_vus(scenarios: &mut [Scenario]) -> (u32, u32) {
    let planned = assign(scenarios, 0, Scenario::planned_vus);
    let on_demand = assign(scenarios, planned, |scenario| scenario.max_vus() - scenario.planned_vus());
    (planned, planned + on_demand)
}

/// Gives every scenario some of the ids above `offset`, and returns how many are in use.
fn assign(scenarios: &mut [Scenario], offset: u32, vus: impl Fn(&Scenario) -> u32) -> u32 {
    let chains = Chains::new(scenarios);
    let demand = |(index, (scenario, window)): (usize, (&Scenario, Window))| Demand {
        from: window.from,
        until: window.until,
        vus: vus(scenario),
        after: chains.before(index),
    };
    let windows = chains.windows(scenarios);
    let demands: Vec<Demand> = scenarios.iter().zip(windows).enumerate().map(demand).collect();
    let (ids, used) = allocate(&demands);
    for (scenario, ids) in scenarios.iter_mut().zip(ids) {
        scenario.vu_ids.extend(ids.iter().map(|id| id + offset));
    }
    used
}
