//! Which request gets which answer.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use plimsoll_engine::{Measurements, RunControl, RunState, ThresholdWatch};
use plimsoll_metrics::{Registry, ThresholdReport};
use plimsoll_plan::Plan;
use plimsoll_script::{Redactor, ScriptFactory};

use super::document::{self, Answer, Refusal};
use super::{groups, metrics, setup, status};
use crate::vitals::Monitor;

/// Setup data may be large; nothing else is.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// A body must arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The run that the API tells of.
pub(crate) struct Subject {
    pub(crate) plan: Arc<Plan>,
    pub(crate) control: RunControl,
    pub(crate) state: Arc<RunState>,
    pub(crate) measurements: Measurements,
    pub(crate) registry: Registry,
    pub(crate) thresholds: ThresholdWatch,
    pub(crate) monitor: Monitor,
    /// For `setup` and `teardown` when they are asked for.
    pub(crate) factory: ScriptFactory,
    /// Whether the script has a function of that name.
    pub(crate) has_setup: bool,
    pub(crate) has_teardown: bool,
    /// What hides secrets in the answers.
    pub(crate) redactor: Redactor,
}

impl Subject {
    /// How long samples have been taken that count.
    pub(super) fn measured(&self) -> Duration {
        self.state.test_elapsed().saturating_sub(self.state.warm_up_elapsed())
    }

    /// The thresholds as they stand.
    pub(super) fn judge(&self) -> ThresholdReport {
        let elapsed = self.measured();
        self.measurements.read(|aggregate| self.thresholds.evaluate(aggregate, elapsed))
    }
}

/// The paths that mean something.
enum Route {
    Status,
    Metrics,
    Metric(String),
    Groups,
    Group(String),
    Setup,
    Teardown,
    /// Whatever else is asked for, somebody wants to know whether anybody is there.
    Other,
}

impl Route {
    fn of(path: &str) -> Self {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let Some(path) = path.strip_prefix("/v1/") else { return Route::Other };
        match path.split_once('/') {
            None => match path {
                "status" => Route::Status,
                "metrics" => Route::Metrics,
                "groups" => Route::Groups,
                "setup" => Route::Setup,
                "teardown" => Route::Teardown,
                _ => Route::Other,
            },
            Some(("metrics", id)) => Route::Metric(decoded(id)),
            Some(("groups", id)) => Route::Group(decoded(id)),
            Some(_) => Route::Other,
        }
    }
}

/// Answers one request.
pub(super) async fn answer(subject: &Subject, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let method = &head.method;
    let result = match (Route::of(head.uri.path()), method) {
        (Route::Other, _) => return document::ok(),
        (Route::Status, &Method::GET) => Ok(status::document(subject)),
        (Route::Status, &Method::PATCH) => match read(body).await {
            Ok(body) => status::change(subject, &body).await,
            Err(refusal) => Err(refusal),
        },
        (Route::Metrics, &Method::GET) => Ok(metrics::all(subject)),
        (Route::Metric(id), &Method::GET) => metrics::one(subject, &id),
        (Route::Groups, &Method::GET) => Ok(groups::all(subject)),
        (Route::Group(id), &Method::GET) => groups::one(subject, &id),
        (Route::Setup, &Method::GET) => Ok(setup::document(subject)),
        (Route::Setup, &Method::PUT) => match read(body).await {
            Ok(body) => setup::replace(subject, &body),
            Err(refusal) => Err(refusal),
        },
        (Route::Setup, &Method::POST) => setup::run(subject).await,
        (Route::Teardown, &Method::POST) => match setup::tear_down(subject).await {
            Ok(()) => return document::empty(StatusCode::OK),
            Err(refusal) => Err(refusal),
        },
        (Route::Status, _) => return document::method_not_allowed("GET, PATCH"),
        (Route::Setup, _) => return document::method_not_allowed("GET, PUT, POST"),
        (Route::Teardown, _) => return document::method_not_allowed("POST"),
        (Route::Metrics | Route::Metric(_) | Route::Groups | Route::Group(_), _) => {
            return document::method_not_allowed("GET");
        }
    };
    document::answer(result, &subject.redactor)
}

async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    // Who announces too much need not send it.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, MAX_BODY).collect();
    match tokio::time::timeout(BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Refusal::invalid(error.to_string())),
        Err(_) => {
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "Timeout", "the body did not arrive in time"))
        }
    }
}

fn too_large() -> Refusal {
    let detail = format!("the body is longer than {MAX_BODY} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", detail)
}
