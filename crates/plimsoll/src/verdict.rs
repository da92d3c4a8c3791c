//! From a run's outcome to its last words and its exit code. The first reason wins, as in k6.

use plimsoll_engine::{RunEnd, ScriptError, VuInitError};
use plimsoll_metrics::{GoalOutcome, GoalResult};
use plimsoll_plan::duration;
use plimsoll_plan::options::keyword::RequireValid;
use plimsoll_report::Trust;

use crate::exit::Exit;
use crate::summary::Ending;

/// The exit code of a run.
pub(crate) fn code(ending: &Ending<'_>) -> Exit {
    let outcome = ending.outcome;
    match end_code(&outcome.end) {
        // Nobody knows what thresholds and goals would have said of a valid measurement.
        Exit::Success | Exit::ThresholdsCrossed if is_untrusted(ending) => Exit::NotValid,
        Exit::Success if outcome.failed.is_some() => Exit::MarkedFailed,
        Exit::Success if ending.failing_thresholds().any() => Exit::ThresholdsCrossed,
        Exit::Success if failing_goals(ending).next().is_some() => Exit::GoalsViolated,
        code => code,
    }
}

/// Logs why the run did not end well, if it did not.
pub(crate) fn tell(ending: &Ending<'_>) {
    let outcome = ending.outcome;
    if let Some(why) = why(&outcome.end) {
        tracing::error!(target: "plimsoll", "{why}");
    }
    let failing = ending.failing_thresholds();
    if !failing.crossed.is_empty() {
        let names = failing.crossed.join(", ");
        tracing::error!(target: "plimsoll", "thresholds on metrics '{names}' have been crossed");
    }
    if !failing.without_data.is_empty() {
        let names = failing.without_data.join(", ");
        let hint = "(--no-data=pass lets that pass)";
        tracing::error!(target: "plimsoll", "thresholds on metrics '{names}' had no data {hint}");
    }
    tell_goals(ending);
    tell_validity(ending);
}

fn failing_goals<'a>(ending: &'a Ending<'_>) -> impl Iterator<Item = &'a GoalResult> {
    ending.goals.iter().filter(|result| result.outcome.fails(ending.no_data()))
}

/// Logs which goals fail the run.
fn tell_goals(ending: &Ending<'_>) {
    let (without_data, violated): (Vec<_>, Vec<_>) =
        failing_goals(ending).partition(|result| result.outcome == GoalOutcome::NoData);
    let names = |results: &[&GoalResult]| {
        results.iter().map(|result| result.goal.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    if !violated.is_empty() {
        tracing::error!(target: "plimsoll", "goals '{}' are violated", names(&violated));
    }
    if !without_data.is_empty() {
        let hint = "(--no-data=pass lets that pass)";
        tracing::error!(target: "plimsoll", "goals '{}' had no data {hint}", names(&without_data));
    }
}

/// Whether the measurement fails the run.
fn is_untrusted(ending: &Ending<'_>) -> bool {
    let required = ending.plan.options.require_valid;
    match ending.validity.verdict {
        Trust::Valid => false,
        Trust::Suspect => required == RequireValid::Strict,
        Trust::Invalid => required != RequireValid::No,
    }
}

/// Logs that the measurement cannot be trusted.
fn tell_validity(ending: &Ending<'_>) {
    let headline = ending.validity.headline();
    if is_untrusted(ending) {
        tracing::error!(target: "plimsoll", "{headline}");
    } else if ending.validity.verdict != Trust::Valid {
        tracing::warn!(target: "plimsoll", "{headline}");
    }
}

/// The exit code of the end alone.
pub(crate) fn end_code(end: &RunEnd) -> Exit {
    match end {
        RunEnd::Completed => Exit::Success,
        RunEnd::Signal => Exit::Interrupted,
        RunEnd::ControlApi => Exit::StoppedByControl,
        RunEnd::ThresholdsAborted => Exit::ThresholdsCrossed,
        RunEnd::ScriptAborted { .. } => Exit::ScriptAborted,
        RunEnd::InitFailed(VuInitError::Script(_)) | RunEnd::SetupFailed(_) | RunEnd::TeardownFailed(_) => {
            Exit::ScriptException
        }
        RunEnd::InitFailed(VuInitError::Aborted { .. }) => Exit::ScriptAborted,
        RunEnd::InitFailed(VuInitError::Interrupted) => Exit::Interrupted,
        RunEnd::InitFailed(VuInitError::Other(_)) => Exit::Other,
        RunEnd::SetupTimedOut { .. } => Exit::SetupTimeout,
        RunEnd::TeardownTimedOut { .. } => Exit::TeardownTimeout,
        RunEnd::WorkerLost => Exit::Bug,
    }
}

/// Why a run ended before its plan; `None` when it did not.
pub(crate) fn why(end: &RunEnd) -> Option<String> {
    Some(match end {
        RunEnd::Completed => return None,
        RunEnd::Signal => "the test was interrupted by a signal".into(),
        RunEnd::ControlApi => "the test was stopped through the control API".into(),
        RunEnd::ThresholdsAborted => {
            "the test was aborted because a threshold with abortOnFail was crossed".into()
        }
        RunEnd::ScriptAborted { reason } => reason.clone(),
        RunEnd::InitFailed(VuInitError::Script(error)) => {
            format!("a VU could not be initialised: {}", with_stack(error))
        }
        RunEnd::InitFailed(error) => format!("a VU could not be initialised: {error}"),
        RunEnd::SetupFailed(error) => format!("setup() threw: {}", with_stack(error)),
        RunEnd::TeardownFailed(error) => format!("teardown() threw: {}", with_stack(error)),
        RunEnd::SetupTimedOut { timeout } => timed_out("setup", *timeout),
        RunEnd::TeardownTimedOut { timeout } => timed_out("teardown", *timeout),
        RunEnd::WorkerLost => {
            "a worker thread ended unexpectedly; this is a bug in plimsoll, please report it".into()
        }
    })
}

fn timed_out(function: &str, timeout: std::time::Duration) -> String {
    let timeout = duration::format(timeout);
    format!("{function}() took longer than {timeout} (raise the option {function}Timeout, or make it faster)")
}

/// An exception as k6 logs it: the message, then the stack.
pub(crate) fn with_stack(error: &ScriptError) -> String {
    if error.stack.is_empty() { error.message.clone() } else { format!("{}\n{}", error.message, error.stack) }
}
