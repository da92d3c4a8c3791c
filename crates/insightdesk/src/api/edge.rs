//! What every request goes through, whatever its route: an id, the ledger, limits, faults, and the error
//! body.
//!
//! Start with [`edge`].

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde::Serialize;

use super::App;
use super::body::within_limit;
use super::error::{ApiError, ErrorBody};
use crate::fault::Strike;
use crate::ledger::RouteId;
use crate::realtime;
use crate::server::Connection;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Surrounds the router.
pub(crate) async fn edge(State(desk): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let route = route_of(&desk, &request);
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let visit = desk.ledger.receive(route);
    let request = counted(&desk, route, request);

    let admitted = match admit(&desk, route, connection.as_deref(), request.uri().path()).await {
        Ok(()) => within_limit(&desk, request).await,
        Err(refusal) => Err(refusal),
    };
    let response = match admitted {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let mut response = with_error_body(response, &id);
    response.headers_mut().insert(REQUEST_ID, id);
    let bytes = response.body().size_hint().exact().unwrap_or(0);
    let took = visit.answer(response.status(), bytes);
    tracing::debug!(status = response.status().as_u16(), ?took, "answered");
    response
}

fn route_of(desk: &App, request: &Request) -> Option<RouteId> {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let path =
        matched.or_else(|| request.uri().path().starts_with(realtime::PATH).then_some(realtime::PATH))?;
    desk.ledger.find(request.method(), path)
}

/// The client's own id if it sent a decent one, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    const LONGEST: usize = 64;
    let is_decent = |id: &&HeaderValue| {
        (1..=LONGEST).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    match headers.get(REQUEST_ID).filter(is_decent) {
        Some(id) => id.clone(),
        None => {
            HeaderValue::from_str(&format!("{:016x}", rand::random::<u64>())).expect("hexadecimal digits")
        }
    }
}

/// The request with a body, if it has any, whose bytes enter the ledger as they are read.
fn counted(desk: &App, route: Option<RouteId>, request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let desk = Arc::clone(desk);
    request.map(|body| {
        Body::new(body.inspect_frame(move |frame| {
            let bytes = frame.data_ref().map_or(0, bytes::Bytes::len);
            desk.ledger.note_read(route, bytes);
        }))
    })
}

/// Lets faults and limits have their say. What watches the desk is exempt from both.
async fn admit(
    desk: &App,
    route: Option<RouteId>,
    connection: Option<&Connection>,
    path: &str,
) -> Result<(), ApiError> {
    if path.starts_with("/__target/") {
        return Ok(());
    }
    match desk.faults.strike(route).await {
        Strike::Miss => {}
        Strike::Error(status) => return Err(ApiError::Injected(status)),
        Strike::Reset => cut(connection).await,
    }
    let is_watch = matches!(path, "/health" | "/api/v1/health" | "/metrics");
    match connection.map(|connection| connection.peer) {
        Some(peer) if !is_watch => desk.limit_address(SocketAddr::ip(&peer)).await,
        _ => Ok(()),
    }
}

/// Breaks the connection without an answer. The request's task is dropped while it waits here.
async fn cut(connection: Option<&Connection>) {
    if let Some(connection) = connection {
        connection.cut();
        std::future::pending::<()>().await;
    }
}

/// An error as the client sees it.
#[derive(Serialize)]
struct Envelope<'a> {
    error: Numbered<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbered<'a> {
    #[serde(flatten)]
    body: &'a ErrorBody,
    request_id: &'a str,
}

fn with_error_body(mut response: Response, id: &HeaderValue) -> Response {
    let Some(body) = response.extensions_mut().remove::<ErrorBody>() else {
        return response;
    };
    let request_id = id.to_str().unwrap_or_default();
    let envelope = Envelope { error: Numbered { body: &body, request_id } };
    let json = serde_json::to_vec(&envelope).expect("our own types serialise");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(json);
    response
}
