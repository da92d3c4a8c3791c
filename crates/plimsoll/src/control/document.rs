//! The form of answers: JSON:API documents, k6's errors, and plain text.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use plimsoll_script::Redactor;
use serde_json::{Value, json};

/// An answer, ready to be sent.
pub(super) type Answer = Response<Full<Bytes>>;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What kind of thing went wrong, in k6's words where it has some.
    pub(super) title: &'static str,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Refusal { status, title, detail: detail.into() }
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "Invalid data", detail)
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "Not Found", detail)
    }
}

/// `{"data": …}`, or the errors, without secrets.
pub(super) fn answer(result: Result<Value, Refusal>, redactor: &Redactor) -> Answer {
    let (status, mut document) = match result {
        Ok(data) => (StatusCode::OK, json!({ "data": data })),
        Err(Refusal { status, title, detail }) => {
            let error = json!({ "status": status.as_str(), "title": title, "detail": detail });
            (status, json!({ "errors": [error] }))
        }
    };
    redactor.redact_json(&mut document);
    json(status, &document)
}

/// One thing with its attributes.
pub(super) fn resource(kind: &str, id: &str, attributes: &Value) -> Value {
    json!({ "type": kind, "id": id, "attributes": attributes })
}

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// The route exists, though not with that method.
pub(super) fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

pub(super) fn ok() -> Answer {
    Response::new(Full::from("ok"))
}

fn json(status: StatusCode, document: &Value) -> Answer {
    let mut answer = Response::new(Full::from(document.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
