//! `/v1/setup` and `/v1/teardown`: for whoever runs one test on several machines, sets it up on one of them
//! and hands the data to the others.

use std::sync::Arc;

use hyper::StatusCode;
use plimsoll_engine::{AsideCall, CallKind, ControlError, call_aside};
use serde_json::{Value, json};

use super::Subject;
use super::document::{Refusal, resource};

/// What `setup()` returned, as far as it is known.
pub(super) fn document(subject: &Subject) -> Value {
    let data = subject.control.setup_data();
    // It was written by a serializer, or checked when it came in.
    let data: Value = data.and_then(|data| serde_json::from_str(&data).ok()).unwrap_or(Value::Null);
    resource("setupData", "default", &json!({ "data": data }))
}

/// Takes a body as setup data: any JSON, or nothing.
pub(super) fn replace(subject: &Subject, body: &[u8]) -> Result<Value, Refusal> {
    let data = match body {
        [] => None,
        body => {
            let data: Result<Value, _> = serde_json::from_slice(body);
            Some(data.map_err(|error| Refusal::invalid(error.to_string()))?.to_string())
        }
    };
    give(subject, data.map(Arc::from))
}

/// Runs `setup()`, now and beside the run.
pub(super) async fn run(subject: &Subject) -> Result<Value, Refusal> {
    if subject.state.test_started().is_some() {
        return Err(has_begun(&ControlError::HasBegun));
    }
    if !subject.has_setup {
        return Ok(document(subject));
    }
    let timeout = subject.plan.options.setup_timeout;
    let call = AsideCall { kind: CallKind::Setup, setup_data: None, timeout };
    let data = call_beside(subject, call, "Error executing setup").await?;
    give(subject, data.map(Arc::from))
}

/// Runs `teardown()`, now and beside the run.
pub(super) async fn tear_down(subject: &Subject) -> Result<(), Refusal> {
    if !subject.has_teardown {
        return Ok(());
    }
    let (setup_data, timeout) = (subject.control.setup_data(), subject.plan.options.teardown_timeout);
    let call = AsideCall { kind: CallKind::Teardown, setup_data, timeout };
    call_beside(subject, call, "Error executing teardown").await.map(drop)
}

async fn call_beside(
    subject: &Subject,
    call: AsideCall,
    title: &'static str,
) -> Result<Option<String>, Refusal> {
    let measurements = Some(subject.measurements.clone());
    let called = call_aside(subject.factory.clone(), Arc::clone(&subject.state), call, measurements);
    called.await.map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, title, error.to_string()))
}

fn give(subject: &Subject, data: Option<Arc<str>>) -> Result<Value, Refusal> {
    subject.control.give_setup_data(data).map_err(|error| has_begun(&error))?;
    Ok(document(subject))
}

fn has_begun(error: &ControlError) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "Setup error", error.to_string())
}
