//! What is known of a run from its start.

use std::path::Path;

use plimsoll_metrics::NoDataPolicy;
use plimsoll_plan::{Plan, Source, options::value::OptionValue as _};
use plimsoll_report::record::{Header, Machine, Place};
use plimsoll_report::{ArrivalFacts, Settings};
use plimsoll_script::Location;
use plimsoll_script::check::OptionPlaces;

use crate::loaded::LoadedTest;

/// The header of a test's record.
pub(crate) fn header(test: &LoadedTest, script: &Path, no_data: NoDataPolicy) -> Header {
    let plan = &*test.plan;
    let places = OptionPlaces::read(test.bundle.entry());
    let is_in_script = |path: &str| {
        let option = path.split(['.', '[']).next().unwrap_or_default();
        matches!(plan.source(option), Source::Script(_))
    };
    let place = |path: &str| Some(place(places.of(path).filter(|_| is_in_script(path))?));
    let mut tags = plan.options.tags.to_json();
    test.bundle.redactor().redact_json(&mut tags);
    let header = Header {
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        script: script.display().to_string(),
        begun: u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default(),
        scenarios: plan.describe().into_iter().skip(1).collect(),
        arrivals: arrivals(plan),
        tags: serde_json::from_value(tags).unwrap_or_default(),
        segment: plan.options.execution_segment.to_string(),
        machine: machine(),
        ..Header::default()
    };
    let header = header.with_settings(&Settings::of(plan), no_data);
    header.with_rules(&plan.thresholds, &plan.goals, place)
}

/// The scenarios with an arrival rate, as planned.
fn arrivals(plan: &Plan) -> Vec<ArrivalFacts> {
    let planned = plan.scenarios.iter().filter_map(|scenario| {
        Some(ArrivalFacts {
            scenario: scenario.name.clone(),
            peak_rate: scenario.peak_rate()?,
            pre_allocated_vus: scenario.planned_vus(),
            max_vus: scenario.max_vus(),
            made_on_demand: 0,
            dropped: 0,
        })
    });
    planned.collect()
}

/// A place in a file, as one would name the file here.
fn place(location: &Location) -> Place {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let short =
        here.ok().and_then(|here| Path::new(&location.file).strip_prefix(here).ok().map(Path::to_owned));
    let number = |number: usize| u32::try_from(number).unwrap_or_default();
    Place {
        file: short.map_or_else(|| location.file.clone(), |path| path.display().to_string()),
        line: number(location.line),
        column: number(location.column),
    }
}

fn machine() -> Machine {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Machine {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        processors: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        host: host.trim().to_owned(),
    }
}
