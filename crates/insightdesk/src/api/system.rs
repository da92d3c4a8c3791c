//! What operators ask for: health, metrics, the description of the interface.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::error::ApiError;
use super::reply::json_bytes;

/// A healthy desk.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
    checks: Checks,
}

/// What the desk depends on.
#[derive(Serialize, JsonSchema)]
struct Checks {
    database: &'static str,
}

/// Asks the database each time: a health check that remembers would lie.
pub(crate) async fn health(State(desk): State<App>) -> Result<Json<Health>, ApiError> {
    desk.storage.health().await.map_err(|error| {
        tracing::warn!(%error, "unhealthy");
        ApiError::Unavailable { dependency: "database", cause: error.to_string() }
    })?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: desk.started_at.elapsed().as_secs(),
        checks: Checks { database: "ok" },
    }))
}

pub(crate) async fn openapi(State(desk): State<App>) -> Response {
    json_bytes(desk.openapi.clone())
}

pub(crate) async fn metrics(State(desk): State<App>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], desk.ledger.prometheus()).into_response()
}
