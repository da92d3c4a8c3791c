//! All findings of one test: of its code, of loading it, of its options, and of both together.

use plimsoll_plan::{Problem, Source, Warning};
use plimsoll_script::check::{Examination, Finding, Level, examine};
use plimsoll_script::{LoadError, Location};

use crate::cli::TestArguments;
use crate::failure::Failure;
use crate::loaded::{Attempt, SystemEnvironment};
use crate::log::Log;
use crate::network;

/// Everything that there is to say about a test, in the order of its files and lines.
pub(super) fn findings(arguments: &TestArguments, log: &Log) -> Vec<Finding> {
    let attempt = match Attempt::make(arguments, SystemEnvironment::Hidden, log) {
        Ok(attempt) => attempt,
        Err(Failure::Load(error)) => return load_error(error, &[]).into_iter().collect(),
        Err(other) => return vec![Finding::new(Level::Error, "option", other.to_string())],
    };
    let Attempt { entry, bundle, plan, problems, warnings } = attempt;
    let examination = examine(&entry, plan.as_ref());
    let mut findings = examination.findings.clone();
    findings.extend(problems.iter().map(|problem| of_problem(problem, &examination)));
    findings.extend(warnings.iter().map(|warning| of_warning(warning, &examination)));
    if let Some(plan) = &plan {
        let network = network::options(plan).err().unwrap_or_default();
        let lines = network.into_iter().map(|line| line.trim_start_matches("  - ").to_owned());
        findings.extend(lines.map(|line| Finding::new(Level::Error, "option", line)));
    }
    if let Err(error) = bundle {
        findings.extend(load_error(error, &findings));
    }
    let place = |finding: &Finding| finding.location.as_ref().map(|at| (at.file.clone(), at.line, at.column));
    findings.sort_by(|a, b| {
        let key = |finding| (place(finding).is_none(), place(finding));
        key(a).cmp(&key(b)).then(a.level.cmp(&b.level))
    });
    findings
}

/// What kept the script from being loaded, unless the examination has said so already.
fn load_error(error: LoadError, known: &[Finding]) -> Option<Finding> {
    let finding = |rule, message: String| Finding::new(Level::Error, rule, message);
    match error {
        // The examination has the same problems.
        LoadError::Invalid(_) => None,
        LoadError::Unreadable(problem) => Some(finding("unreadable", problem.message).hint(problem.hint)),
        LoadError::NothingToRun(problem) => {
            Some(finding("nothing-to-run", problem.message).at(problem.location).hint(problem.hint))
        }
        LoadError::Threw(thrown) => {
            let place = thrown.stack.lines().find_map(place_in);
            let is_known = |finding: &Finding| {
                let known = finding.location.as_ref().filter(|_| finding.level == Level::Error);
                known.zip(place.as_ref()).is_some_and(|(a, b)| (&a.file, a.line) == (&b.file, b.line))
            };
            if known.iter().any(is_known) {
                return None;
            }
            Some(finding("init-threw", format!("the init code throws: {}", thrown.message)).at(place))
        }
        LoadError::Aborted(reason) => {
            Some(finding("init-aborted", format!("the init code aborts the test: {reason}")))
        }
        LoadError::Resources(what) => Some(finding("resources", what)),
    }
}

/// The place in a line of a stack trace: `    at f (/s/main.js:3:7)`.
fn place_in(line: &str) -> Option<Location> {
    let place = line.rsplit_once('(').map_or(line.trim_start().trim_start_matches("at "), |(_, rest)| rest);
    let mut parts = place.trim_end_matches(')').rsplitn(3, ':');
    let (column, line, file) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let file = file.trim_start_matches("file://").to_owned();
    // What the engine itself was given has names like `<input>`.
    (!file.starts_with('<')).then_some(())?;
    Some(Location { file, line, column, width: 1, text: String::new() })
}

fn of_problem(problem: &Problem, examination: &Examination) -> Finding {
    let place = place_of(&problem.path, &problem.source_of_value, examination);
    let message = match (&place, &problem.value) {
        (None, _) => problem.to_string(),
        (Some(_), Some(value)) => format!("{}: {}, got {value}", problem.path, problem.message),
        (Some(_), None) => format!("{}: {}", problem.path, problem.message),
    };
    Finding::new(Level::Error, "option", message).at(place).hint(problem.hint.clone())
}

fn of_warning(warning: &Warning, examination: &Examination) -> Finding {
    let place = place_of(&warning.path, &warning.source, examination);
    let message = match &place {
        None => warning.to_string(),
        Some(_) => format!("{}: {}", warning.path, warning.message),
    };
    Finding::new(Level::Warning, "option", message).at(place).hint(warning.hint.clone())
}

fn place_of(path: &str, source: &Source, examination: &Examination) -> Option<Location> {
    let is_in_script = matches!(source, Source::Script(_));
    is_in_script.then(|| examination.place_of_option(path)).flatten().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_stack_traces() {
        for line in ["    at f (/s/main.js:3:7)", "    at /s/main.js:3:7", "    at f (file:///s/main.js:3:7)"]
        {
            let place = place_in(line).expect("a place");
            assert_eq!(place.to_string(), "/s/main.js:3:7", "{line}");
        }
        assert_eq!(place_in("    at open (native)"), None);
        assert_eq!(place_in("    at <input>:1:1"), None);
    }
}
