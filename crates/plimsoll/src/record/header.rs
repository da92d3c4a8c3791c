//! What is known of a run from its start.

use std::path::{Path, PathBuf};

use plimsoll_metrics::NoDataPolicy;
use plimsoll_plan::{Source, options::value::OptionValue as _};
use plimsoll_report::record::{Header, Machine, Place};
use plimsoll_report::{ArrivalFacts, Settings};
use plimsoll_script::Location;
use plimsoll_script::check::OptionPlaces;

use crate::environment;
use crate::loaded::LoadedTest;

/// The header of a test's record.
pub(crate) fn header(test: &LoadedTest, script: &Path, no_data: NoDataPolicy) -> Header {
    let plan = &*test.plan;
    let places = OptionPlaces::read(test.bundle.entry());
    let is_in_script = |path: &str| {
        let option = path.split(['.', '[']).next().unwrap_or_default();
        matches!(plan.source(option), Source::Script(_))
    };
    let root = Root::find();
    let place = |path: &str| Some(root.place(places.of(path).filter(|_| is_in_script(path))?));
    let mut tags = plan.options.tags.to_json();
    test.bundle.redactor().redact_json(&mut tags);
    let header = Header {
        plimsoll: env!("CARGO_PKG_VERSION").to_owned(),
        script: script.display().to_string(),
        file: script.canonicalize().map(|path| root.name(&path)).unwrap_or_default(),
        begun: u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default(),
        scenarios: plan.describe().into_iter().skip(1).collect(),
        arrivals: plan.scenarios.iter().filter_map(ArrivalFacts::planned).collect(),
        tags: serde_json::from_value(tags).unwrap_or_default(),
        segment: plan.options.execution_segment.to_string(),
        machine: machine(),
        ..Header::default()
    };
    let header = header.with_settings(&Settings::of(plan), no_data);
    header.with_rules(&plan.thresholds, &plan.goals, place)
}

/// Where names of files begin: at the top of the repository in a workflow on GitHub, which knows no other
/// names, else here.
struct Root(Vec<PathBuf>);

impl Root {
    fn find() -> Self {
        let workspace = environment::variable("GITHUB_WORKSPACE").map(PathBuf::from);
        let folders = workspace.into_iter().chain(std::env::current_dir());
        Self(folders.filter_map(|folder| folder.canonicalize().ok()).collect())
    }

    /// A file as one would name it from there.
    fn name(&self, file: &Path) -> String {
        let short = self.0.iter().find_map(|folder| file.strip_prefix(folder).ok());
        let parts: Vec<_> =
            short.into_iter().flatten().map(|part| part.to_string_lossy().into_owned()).collect();
        if parts.is_empty() { file.display().to_string() } else { parts.join("/") }
    }

    fn place(&self, location: &Location) -> Place {
        let number = |number: usize| u32::try_from(number).unwrap_or_default();
        Place {
            file: self.name(Path::new(&location.file)),
            line: number(location.line),
            column: number(location.column),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_first_folder_that_has_them() {
        let root = Root(vec!["/repository".into(), "/repository/load".into(), "/elsewhere".into()]);
        for (file, name) in [
            ("/repository/load/checkout.js", "load/checkout.js"),
            ("/elsewhere/a.js", "a.js"),
            ("/tmp/a.js", "/tmp/a.js"),
            ("https://example.com/a.js", "https://example.com/a.js"),
        ] {
            assert_eq!(root.name(Path::new(file)), name);
        }
    }
}
