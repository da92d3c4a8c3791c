//! The command `capacity`: load, search, answer. Reads top to bottom.
//!
//! | module | subject |
//! |---|---|
//! | `objectives` | what has to hold |
//! | `earlier` | what an earlier search has left |
//! | `generator` | whether the generator keeps up |
//! | `observer` | what is seen of the run, from moment to moment |
//! | `observing` | what is seen of the target beside its answers |
//! | `steering` | the target driven as the search wants it |

mod earlier;
mod generator;
mod objectives;
mod observer;
mod observing;
mod steering;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::{EventSink, Run, RunConfig, RunEnd, ScriptPhases};
use plimsoll_metrics::ThresholdSpec;
use plimsoll_plan::scenario::ArrivalVus;
use plimsoll_plan::segment::ExecutionSegment;
use plimsoll_plan::{Drive, Plan, Problem, Source};
use plimsoll_report::capacity::{Asked, End, Header, Limits, Model, Objective, Record, Search, text};
use plimsoll_report::html;
use plimsoll_script::ScriptFactory;

use self::earlier::{Earlier, Left};
use self::generator::Generator;
use self::observer::Observer;
use self::observing::Observing;
use self::steering::Steering;
use super::run::log_event;
use crate::cli::CapacityArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::screen::Screen;
use crate::vitals::Monitor;
use crate::{files, network, signals, summary, verdict};
use tokio::task::LocalSet;

/// How often the run is looked at.
const TICK: Duration = Duration::from_millis(250);
/// VUs that are there from the start under a rate, unless the scenario wants more. Others are made on demand.
const PREPARED_VUS: u32 = 20;
const MAX_VUS: u32 = 1_000;
const MAX_RATE: f64 = 100_000.0;

/// Searches for the capacity and tells what it is.
///
/// # Errors
/// What kept it from searching, or the answer from being written.
pub(crate) fn capacity(arguments: &CapacityArguments, screen: &Screen, log: &Log) -> Result<Exit, Failure> {
    let signals = signals::Watch::start()?;
    let mut test = LoadedTest::load(&arguments.test, SystemEnvironment::Visible, log)?;
    let objectives: Arc<[Objective]> =
        objectives::of(&arguments.objectives, &test.plan, test.bundle.registry())?.into();
    let header = steer(arguments, &mut test, &objectives)?;
    let left = match Earlier::of(arguments, &header)? {
        Earlier::Finished(record) => return finished(arguments, screen, *record),
        Earlier::Left(left) => left,
    };
    writable(arguments)?;
    let known = left.plateaus.len();
    let observing = Observing::of(&arguments.observe).map_err(Failure::Options)?;
    let net = network::options(&test.plan).map_err(Failure::Options)?;
    let factory = ScriptFactory::new(Arc::new(test.bundle.script(&test.plan, net)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System { what: "no event loop could be made", source })?;
    runtime.block_on(observing.begin()).map_err(Failure::Options)?;
    if !arguments.logging.quiet {
        screen.print(&banner(arguments, &header));
    }
    let (record, end) = LocalSet::new().block_on(&runtime, async {
        let monitor = Monitor::new();
        let plan = Arc::clone(&test.plan);
        let (config, events) = (config(&test, &monitor), events(&plan, &monitor));
        let run = Run::new(Arc::clone(&plan), factory, config, events);
        signals.guard(run.control());
        let state = run.state();
        let observer = Observer::new(run.state(), run.measurements(), Arc::clone(&objectives));
        let Left { plateaus, figures, seconds: before } = left;
        let bars = objectives.iter().map(Objective::bar).collect();
        let mut steering = Steering {
            arguments,
            search: Search::new(header.model, header.limits, bars, plateaus),
            header,
            objectives,
            control: run.control(),
            courses: figures.len() as u64,
            figures,
            before,
            screen,
            generator: Generator::new(monitor.clone()),
            observing: observing.clone(),
            parts: Vec::new(),
            since: Vec::new(),
        };
        let grace = plan.scenarios[0].graceful_stop;
        let mut running = pin!(run.execute());
        let ended = tokio::select! {
            biased;
            outcome = running.as_mut() => Some(outcome),
            () = steering.search(observer, grace) => None,
            never = monitor.watch(&state) => match never {},
            never = observing.watch() => match never {},
        };
        let outcome = match ended {
            Some(outcome) => outcome,
            None => running.await,
        };
        if steering.search.end().is_none() {
            steering.interrupt();
        }
        (steering.record(), outcome.end)
    });
    screen.unpin();
    // A search that has seen nothing has nothing to put in the place of what an earlier one has found.
    let is_whole = record.plateaus.iter().skip(known).any(|entry| entry.plateau.is_conclusive());
    let is_first = record.plateaus.len() > known && !arguments.out.exists();
    let is_new = is_whole || is_first || record.end != Some(End::Interrupted);
    tell(arguments, is_new, &record, &end)
}

/// Looks at the run as often as the search does.
fn config(test: &LoadedTest, monitor: &Monitor) -> RunConfig {
    let mut config = RunConfig {
        phases: ScriptPhases { setup: test.exports("setup"), teardown: test.exports("teardown") },
        tick: TICK,
        ..RunConfig::default()
    };
    monitor.attach(&mut config);
    config
}

fn events(plan: &Plan, monitor: &Monitor) -> EventSink {
    let (log, noting) = (log_event(plan), monitor.clone());
    EventSink::new(move |event| {
        noting.note(&event);
        log(event);
    })
}

/// Narrows the test to the scenario that is driven, and says what is asked of it.
fn steer(
    arguments: &CapacityArguments,
    test: &mut LoadedTest,
    objectives: &[Objective],
) -> Result<Header, Failure> {
    let mut plan = Plan::clone(&test.plan);
    whole(&mut plan)?;
    let refused = |problem: Problem| Failure::Options(vec![format!("  - {problem}{}", hint(&problem))]);
    let place = plan.place_of(arguments.scenario.as_deref()).map_err(refused)?;
    let scenario = &plan.scenarios[place];
    let model = arguments.model.unwrap_or(if scenario.has_arrivals() { Model::Open } else { Model::Closed });
    let most_vus = arguments.max_vus.unwrap_or(MAX_VUS.max(scenario.max_vus()));
    let drive = match model {
        Model::Open => {
            let prepared = if scenario.has_arrivals() { scenario.planned_vus() } else { 0 };
            Drive::Rate(ArrivalVus { pre_allocated: prepared.max(PREPARED_VUS).min(most_vus), max: most_vus })
        }
        Model::Closed => Drive::Vus,
    };
    let name = scenario.name.clone();
    plan.steer(Some(&name), drive).map_err(refused)?;
    // Thresholds judge a whole run, of which there is none. What the objectives look at takes their place, so
    // that it is recorded by the tags that they name.
    let looks_at = |objective: &Objective| {
        let (selector, thresholds) = (objective.selector().clone(), Vec::new());
        ThresholdSpec { selector, thresholds }
    };
    plan.thresholds = objectives.iter().map(looks_at).collect();
    test.plan = Arc::new(plan);
    Ok(Header {
        script: arguments.test.script.display().to_string(),
        scenario: name,
        model,
        arrivals: (model == Model::Open)
            .then(|| if arguments.is_uniform { "uniform" } else { "poisson" }.to_owned()),
        started: jiff::Timestamp::now().to_string(),
        objectives: objectives.iter().map(asked).collect(),
        limits: limits(arguments, model, most_vus)?,
    })
}

/// Options of runs that have no place in a search.
const WITHOUT_EFFECT: [&str; 11] = [
    "paused",
    "warmup",
    "linger",
    "requireValid",
    "out",
    "summaryExport",
    "summaryMode",
    "noSummary",
    "summaryTrendStats",
    "summaryTimeUnit",
    "newMachineReadableSummary",
];

/// Has nothing but the target limit the load: no rate of the script's own, nobody who resumes it, no other
/// instances. Flags that change nothing are told.
fn whole(plan: &mut Plan) -> Result<(), Failure> {
    if plan.options.execution_segment != ExecutionSegment::WHOLE {
        return Err(Failure::Options(vec![format!(
            "  - executionSegment (from {}): expected the whole load, got {}\n    hint: the capacity \
             is that of one generator; a part of a load has none of its own",
            plan.source("executionSegment"),
            plan.options.execution_segment
        )]));
    }
    if plan.options.rps > 0 {
        tracing::warn!(
            target: "plimsoll",
            "rps (from {}): {} requests/s at most would be the script's limit, not the target's: lifted",
            plan.source("rps"),
            plan.options.rps
        );
    }
    let flag = |key: &&str| match plan.source(key) {
        Source::Flag(flag) => Some(flag),
        _ => None,
    };
    let idle: Vec<String> = WITHOUT_EFFECT.iter().filter_map(flag).collect();
    if !idle.is_empty() {
        tracing::warn!(target: "plimsoll", "without effect on a search: {}", idle.join(", "));
    }
    (plan.options.rps, plan.options.paused, plan.options.warmup) = (0, false, Duration::ZERO);
    Ok(())
}

/// That an answer has no place to go to is told before it has been searched for.
fn writable(arguments: &CapacityArguments) -> Result<(), Failure> {
    let paths = [Some(&arguments.out), arguments.report.as_ref()];
    let failures: Vec<String> =
        paths.into_iter().flatten().filter_map(|path| files::probe(path).err()).collect();
    if failures.is_empty() { Ok(()) } else { Err(Failure::Write(failures)) }
}

fn hint(problem: &Problem) -> String {
    problem.hint.as_ref().map(|hint| format!("\n    hint: {hint}")).unwrap_or_default()
}

fn asked(objective: &Objective) -> Asked {
    let bar = objective.bar();
    Asked { text: objective.text(), limit: bar.limit, is_share: bar.is_share, is_optional: bar.is_optional }
}

fn limits(arguments: &CapacityArguments, model: Model, most_vus: u32) -> Result<Limits, Failure> {
    let (shortest, longest) = arguments.plateau;
    let most = match model {
        Model::Open => arguments.max_rate.unwrap_or(MAX_RATE),
        Model::Closed => arguments.max_rate.unwrap_or(f64::INFINITY).min(most_vus.into()),
    };
    let least = arguments.least.unwrap_or(match model {
        Model::Open => 0.1,
        Model::Closed => 1.0,
    });
    let start = arguments.start.unwrap_or(match model {
        Model::Open => 10.0,
        Model::Closed => 1.0,
    });
    let budget = arguments.budget;
    let mut problems: Vec<String> = units(arguments, model);
    if least > most {
        problems.push(format!("  - the least load, {least}, is more than the most, {most}"));
    }
    if shortest > longest {
        problems.push("  - plateau-min is longer than plateau-max".to_owned());
    }
    if budget < shortest + 2 * TICK {
        let shown = plimsoll_plan::duration::format;
        problems.push(format!(
            "  - budget: {} is too short for a single plateau, which takes {} at least (see --plateau-min)",
            shown(budget),
            shown(shortest)
        ));
    }
    if !problems.is_empty() {
        return Err(Failure::Options(problems));
    }
    Ok(Limits {
        start: start.clamp(least, most),
        least,
        most,
        precision: arguments.precision,
        shortest: shortest.as_secs_f64(),
        longest: longest.as_secs_f64(),
        budget: budget.as_secs_f64(),
        recovery: arguments.recovery,
    })
}

/// Loads that are given in the unit of the other model. What is forecast is a rate in any case.
fn units(arguments: &CapacityArguments, model: Model) -> Vec<String> {
    let wrong = arguments.units.iter().filter(|(flag, unit)| match *flag {
        "forecast" => *unit != Model::Open,
        _ => *unit != model,
    });
    let problem = |(flag, unit): &(&str, Model)| {
        let (is, searched) = match unit {
            Model::Open => ("a rate", "a number of VUs"),
            Model::Closed => ("a number of VUs", "a rate"),
        };
        format!("  - {flag}: {is} is given, and {searched} is expected\n    hint: see --model")
    };
    wrong.map(problem).collect()
}

fn banner(arguments: &CapacityArguments, header: &Header) -> String {
    let objectives: Vec<&str> = header.objectives.iter().map(|asked| asked.text.as_str()).collect();
    let how = match (header.model, &header.arrivals) {
        (Model::Open, Some(arrivals)) => format!("open model, {arrivals} arrivals"),
        _ => "closed model, looping VUs".to_owned(),
    };
    format!(
        "\n     script: {}\n   scenario: {} ({how})\n objectives: {}\n     record: {}\n\n",
        header.script,
        header.scenario,
        objectives.join("\n             "),
        arguments.out.display()
    )
}

/// An earlier search has the answer already: tells it again, for the loads that are asked for now.
fn finished(arguments: &CapacityArguments, screen: &Screen, mut record: Record) -> Result<Exit, Failure> {
    let forecast = arguments.forecast.map(|rate| (rate, arguments.headroom));
    record.answer.ask(record.header.model, &record.plateaus, arguments.current, forecast);
    if !arguments.logging.quiet {
        let path = arguments.out.display();
        screen.print(&format!("\nthe search in {path} is finished; the target is left alone\n"));
    }
    tell(arguments, true, &record, &RunEnd::Completed)
}

/// Writes and prints the answer, and gives the exit code.
fn tell(arguments: &CapacityArguments, is_new: bool, record: &Record, end: &RunEnd) -> Result<Exit, Failure> {
    let mut failures: Vec<String> = Vec::new();
    if is_new {
        failures.extend(files::write(&arguments.out, record.write()).err());
        if let Some(path) = &arguments.report {
            failures.extend(files::write(path, html::capacity::render(record)).err());
        }
    }
    failures.extend(summary::print(&text::render(record)).err());
    if let Some(why) = verdict::why(end) {
        tracing::error!(target: "plimsoll", "{why}");
    }
    if !failures.is_empty() {
        return Err(Failure::Write(failures));
    }
    let is_provisional = record.answer.capacity.as_ref().is_some_and(|capacity| capacity.provisional);
    Ok(match (verdict::end_code(end), &record.end) {
        (Exit::Success, Some(End::Found | End::LimitNotReached)) if !is_provisional => Exit::Success,
        (Exit::Success, Some(End::GeneratorLimited { .. })) => Exit::GeneratorLimited,
        (Exit::Success, _) => Exit::NoCapacity,
        (code, _) => code,
    })
}
