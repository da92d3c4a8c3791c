//! The command `calibrate`: a null target, the search, the certificate.

use std::collections::BTreeMap;
use std::time::Duration;

use plimsoll_report::format;

use crate::ceiling::null_target::NullTarget;
use crate::ceiling::{Calibration, Ceiling, Certificate, Step, Subject};
use crate::cli::CalibrateArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::{signals, summary};

/// Finds the ceiling of a script on this machine.
///
/// # Errors
/// What kept it from being found or written.
pub(crate) fn calibrate(arguments: &CalibrateArguments, log: &Log) -> Result<Exit, Failure> {
    let signals = signals::Watch::start()?;
    let function = function(arguments, log)?;
    let subject = Subject::of(&arguments.test.script).ok_or_else(|| {
        Failure::Calibration("a ceiling belongs to a script in a file: this one cannot be read twice".into())
    })?;
    let target = NullTarget::start(&arguments.body)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System { what: "no event loop could be made", source })?;
    let search = Calibration {
        arguments: &arguments.test,
        log,
        signals: &signals,
        runtime,
        target: target.address,
        length: Duration::from_secs(arguments.seconds),
        function: function.clone(),
    };
    let reached = search.search(|step| tell(&step))?;
    let ceiling = Ceiling {
        iterations_per_second: reached.iterations_per_second,
        requests_per_second: reached.requests_per_second,
        measured_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        body_bytes: arguments.body.len(),
    };
    show(arguments, &ceiling)?;
    let script = arguments.test.script.display().to_string();
    keep(arguments, Certificate { script, subject, functions: BTreeMap::from([(function, ceiling)]) })
}

/// The function that iterations call: the one that was asked for, or the only one that the scenarios name.
fn function(arguments: &CalibrateArguments, log: &Log) -> Result<String, Failure> {
    if let Some(function) = &arguments.test.exec {
        return Ok(function.clone());
    }
    let test = LoadedTest::load(&arguments.test, SystemEnvironment::Visible, log)?;
    let mut names: Vec<&str> = test.plan.scenarios.iter().map(|scenario| scenario.exec.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names[..] {
        [name] => Ok(name.to_owned()),
        _ => Err(Failure::Calibration(format!(
            "the scenarios call {}, and each has a ceiling of its own: choose one with --exec",
            names.join(", ")
        ))),
    }
}

fn tell(step: &Step<'_>) {
    match *step {
        Step::Saturated(vus, reached) => tracing::info!(
            target: "plimsoll",
            "{} without limit: {}/s",
            format::counted(vus.into(), "VU"),
            rate(reached.iterations_per_second)
        ),
        Step::Tried(per_second, reached) => tracing::info!(
            target: "plimsoll",
            "{} iterations/s were asked for, {} reached; {}",
            rate(per_second),
            rate(reached.iterations_per_second),
            reached.validity.headline()
        ),
    }
}

fn show(arguments: &CalibrateArguments, ceiling: &Ceiling) -> Result<(), Failure> {
    let text = format!(
        "\n  ceiling of {} on this machine: {} iterations/s, {} requests/s\n\n",
        arguments.test.script.display(),
        rate(ceiling.iterations_per_second),
        rate(ceiling.requests_per_second)
    );
    summary::print(&text).map_err(|error| Failure::Write(vec![error]))
}

fn keep(arguments: &CalibrateArguments, certificate: Certificate) -> Result<Exit, Failure> {
    let path = match &arguments.certificate {
        Some(path) => Some(path.clone()),
        None => Certificate::standard_path(&certificate.subject),
    };
    let Some(path) = path else {
        tracing::warn!(target: "plimsoll", "there is no home to keep the certificate in: use --certificate");
        return Ok(Exit::Success);
    };
    certificate.with_others_in(&path).write(&path).map_err(|error| Failure::Write(vec![error]))?;
    tracing::info!(target: "plimsoll", "the certificate is in {}", path.display());
    Ok(Exit::Success)
}

fn rate(per_second: f64) -> String {
    if per_second < 10.0 { format!("{per_second:.1}") } else { format::count(per_second.round() as u64) }
}
