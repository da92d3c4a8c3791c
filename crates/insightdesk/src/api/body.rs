//! Taking requests apart: bodies within limits of size and time, and the variable parts of paths.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::BytesMut;
use http_body_util::BodyExt as _;

use super::App;
use super::error::ApiError;
use super::validation::Fields;

/// The largest body that is read.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A body that is too large is still received up to this size and thrown away: a client that is in the middle
/// of sending would otherwise see a broken connection instead of the answer.
const MAX_DISCARDED: usize = 16 * MAX_BODY;

/// The bytes of a body that is JSON, as far as its sender says.
pub(crate) struct JsonBytes(pub BytesMut);

impl FromRequest<App> for JsonBytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, desk: &App) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let body = tokio::time::timeout(desk.body_timeout, read(&head.headers, body));
        let body = body.await.map_err(|_| ApiError::BodyTimeout)??;
        if may_be_json(&head.headers) { Ok(Self(body)) } else { Err(ApiError::NotJson) }
    }
}

impl FromRequest<App> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, desk: &App) -> Result<Self, ApiError> {
        let JsonBytes(body) = JsonBytes::from_request(request, desk).await?;
        Self::parse(&body)
    }
}

/// The variable part of a path.
pub(crate) struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(segment) = path.map_err(|error| ApiError::Malformed(error.body_text()))?;
        // No id has one, and PostgreSQL refuses texts with it.
        if segment.contains('\0') {
            return Err(ApiError::Malformed("a path must not contain NUL characters".to_owned()));
        }
        Ok(Self(segment))
    }
}

/// Whether the client says JSON, or says nothing.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Refuses a request whose body is larger than any route takes, as far as its head says.
pub(crate) async fn within_limit(desk: &App, request: Request) -> Result<Request, ApiError> {
    if content_length(request.headers()).is_none_or(|length| length <= MAX_BODY) {
        return Ok(request);
    }
    let (head, body) = request.into_parts();
    let reading = tokio::time::timeout(desk.body_timeout, read(&head.headers, body));
    reading.await.map_err(|_| ApiError::BodyTimeout)??;
    // A body that is shorter than its head says has broken off, so this is never reached.
    Err(ApiError::TooLarge { limit: MAX_BODY })
}

async fn read(headers: &HeaderMap, mut body: Body) -> Result<BytesMut, ApiError> {
    let too_large = ApiError::TooLarge { limit: MAX_BODY };
    let declared = content_length(headers).unwrap_or(0);
    // A client that waits for "100 Continue" has not sent anything yet and can be told at once.
    if declared > MAX_DISCARDED || (declared > MAX_BODY && headers.contains_key(header::EXPECT)) {
        return Err(too_large);
    }
    let fits = |size: usize| size <= MAX_BODY;
    let mut bytes = BytesMut::with_capacity(if fits(declared) { declared } else { 0 });
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::Malformed(format!("the body broke off: {error}")))?;
        let Some(data) = frame.data_ref() else { continue };
        received += data.len();
        if received > MAX_DISCARDED {
            return Err(too_large);
        }
        if fits(declared.max(received)) {
            bytes.extend_from_slice(data);
        }
    }
    if fits(received) { Ok(bytes) } else { Err(too_large) }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
