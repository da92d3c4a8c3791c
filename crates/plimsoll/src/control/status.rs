//! `/v1/status`: where the run is, and what it is to do next.

use std::time::Duration;

use hyper::StatusCode;
use plimsoll_engine::{ControlError, Phase, RunEnd};
use plimsoll_metrics::Outcome;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use super::Subject;
use super::document::{Refusal, resource};

/// How long the answer to a request for more VUs may wait for them.
const SCALING: Duration = Duration::from_secs(2);
/// How often it is looked meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// The status as it is.
pub(super) fn document(subject: &Subject) -> Value {
    let Subject { control, state, .. } = subject;
    let phase = state.phase();
    resource(
        "status",
        "default",
        &json!({
            "status": number(subject, phase),
            "paused": control.is_paused(),
            "vus": state.active_vus(),
            "vus-max": max_vus(subject),
            "stopped": control.reason().is_some(),
            "running": (Phase::Setup..Phase::Ended).contains(&phase),
            "tainted": is_tainted(subject),
            "validity": validity(subject),
        }),
    )
}

/// How many VUs may be asked for, of those that there are.
fn max_vus(subject: &Subject) -> u32 {
    subject.state.initialised_vus().saturating_sub(subject.control.surplus_vus())
}

/// k6's number of a phase. Its 0, 2, 3 and 5 are states that a run does not stay in.
fn number(subject: &Subject, phase: Phase) -> u8 {
    match phase {
        Phase::Init => 1,
        Phase::Paused => 4,
        Phase::Setup => 6,
        Phase::Scenarios => 7,
        Phase::Teardown => 8,
        Phase::Ended if subject.control.reason().is_some() => 10,
        Phase::Ended if subject.state.failed().is_some() => 11,
        Phase::Ended => 9,
    }
}

/// Whether a threshold is crossed.
fn is_tainted(subject: &Subject) -> bool {
    let mut results = subject.judge().rules.into_iter().flat_map(|rule| rule.results);
    results.any(|result| matches!(result.outcome, Outcome::Crossed { .. }))
}

/// Whether the measurement can be trusted so far; `None` before the first iteration.
fn validity(subject: &Subject) -> Option<&'static str> {
    let Subject { plan, state, measurements, monitor, .. } = subject;
    let validity = measurements.read(|aggregate| monitor.judge_now(plan, state, aggregate));
    validity.map(|validity| validity.verdict.as_str())
}

/// What is to change. What a request does not say, or says with `null`, stays.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    stopped: bool,
    paused: Option<bool>,
    vus: Option<u32>,
    max_vus: Option<u32>,
}

impl Change {
    /// Reads k6's document; attributes that only k6 sets are passed over.
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let document: Value =
            serde_json::from_slice(body).map_err(|error| Refusal::invalid(error.to_string()))?;
        let attributes = document.pointer("/data/attributes").and_then(Value::as_object);
        let attributes =
            attributes.ok_or_else(|| Refusal::invalid("expected an object at data.attributes"))?;
        Ok(Change {
            stopped: flag(attributes, "stopped")?.unwrap_or(false),
            paused: flag(attributes, "paused")?,
            vus: count(attributes, "vus")?,
            max_vus: count(attributes, "vus-max")?,
        })
    }
}

fn flag(attributes: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(Refusal::invalid(format!("{name} must be true or false, got {other}"))),
    }
}

fn count(attributes: &Map<String, Value>, name: &str) -> Result<Option<u32>, Refusal> {
    let Some(value) = attributes.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
    count
        .map(Some)
        .ok_or_else(|| Refusal::invalid(format!("{name} must be a whole number of VUs, got {value}")))
}

/// Does what a request asks for, and answers with the status after it.
pub(super) async fn change(subject: &Subject, body: &[u8]) -> Result<Value, Refusal> {
    let change = Change::read(body)?;
    let control = &subject.control;
    if change.stopped {
        // A test that has ended, in a process that lingers, has its reason already.
        if subject.state.phase() != Phase::Ended && control.stop(RunEnd::ControlApi) {
            tracing::warn!(target: "plimsoll", "stopping the test: the control API was asked to");
        }
        return Ok(document(subject));
    }
    match change.paused.filter(|paused| *paused != control.is_paused()) {
        Some(true) => {
            control.pause().map_err(|error| refusal("Pause error", &error))?;
            tracing::info!(target: "plimsoll", "the test is paused");
        }
        Some(false) => {
            control.resume();
            tracing::info!(target: "plimsoll", "the test is resumed");
        }
        None => {}
    }
    if change.vus.is_some() || change.max_vus.is_some() {
        let scaled = control.scale(change.vus, change.max_vus);
        scaled.map_err(|error| refusal("Execution config error", &error))?;
        let said = |name: &str, count: Option<u32>| count.map(|count| format!(" {name}: {count}"));
        let said = [said("vus", change.vus), said("vus-max", change.max_vus)];
        let said: String = said.into_iter().flatten().collect();
        tracing::info!(target: "plimsoll", "the test is scaled:{said}");
        // Who waits longer than that sees the numbers grow.
        let _ = timeout(SCALING, until_scaled(subject, &change)).await;
    }
    Ok(document(subject))
}

/// Waits until the VUs that are asked for are there, if they can be: the answer is to show what came of it.
async fn until_scaled(subject: &Subject, change: &Change) {
    let (state, control) = (&subject.state, &subject.control);
    let has_come = || {
        let loops = control.is_paused() || change.vus.is_none_or(|vus| state.active_vus() >= vus);
        loops && change.max_vus.is_none_or(|max| max_vus(subject) >= max)
    };
    while state.phase() == Phase::Scenarios && control.reason().is_none() && !has_come() {
        sleep(LOOK).await;
    }
}

/// k6 answers 500 to what the test cannot do; what nobody can do is the request's fault.
fn refusal(title: &'static str, error: &ControlError) -> Refusal {
    let status = match error {
        ControlError::NotPausable { .. } | ControlError::NotScalable | ControlError::NotSteerable => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        ControlError::BeyondMax { .. } | ControlError::TooManyVus => StatusCode::BAD_REQUEST,
        ControlError::HasBegun => StatusCode::CONFLICT,
    };
    Refusal::new(status, title, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Change, String> {
        Change::read(body.as_bytes()).map_err(|refusal| refusal.detail)
    }

    #[test]
    fn what_is_not_said_stays() {
        let operator = r#"{"data":{"attributes":{"paused":false},"id":"default","type":"status"}}"#;
        assert_eq!(read(operator), Ok(Change { paused: Some(false), ..Change::default() }));
        let k6 = r#"{"data":{"type":"status","id":"default","attributes":{"status":0,"paused":null,"vus":7,
            "vus-max":null,"stopped":false,"running":false,"tainted":false}}}"#;
        assert_eq!(read(k6), Ok(Change { vus: Some(7), ..Change::default() }));
    }

    #[test]
    fn nonsense_is_refused() {
        let with = |attributes: &str| read(&format!(r#"{{"data":{{"attributes":{attributes}}}}}"#));
        assert_eq!(with(r#"{"paused":1}"#), Err("paused must be true or false, got 1".to_owned()));
        for vus in ["-1", "1.5", "\"3\"", "4294967296"] {
            let expected = Err(format!("vus must be a whole number of VUs, got {vus}"));
            assert_eq!(with(&format!(r#"{{"vus":{vus}}}"#)), expected);
        }
        for body in ["[]", "{}", r#"{"data":[]}"#, r#"{"data":{"attributes":7}}"#] {
            assert_eq!(read(body), Err("expected an object at data.attributes".to_owned()));
        }
        assert!(read("{").is_err());
    }
}
