//! What operators ask for: health, and the description of the interface.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
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
    /// Missing when there is a single instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    valkey: Option<&'static str>,
}

/// Asks each time: a health check that remembers would lie.
pub(crate) async fn health(State(desk): State<App>) -> Result<Json<Health>, ApiError> {
    let (database, valkey) = tokio::join!(desk.storage.health(), desk.cache.health());
    let is_shared = valkey.is_some();
    let database = database.err().map(|error| ("database", error.to_string()));
    let valkey = valkey.and_then(Result::err).map(|error| ("valkey", error));
    let failures: Vec<_> = database.into_iter().chain(valkey).collect();
    if !failures.is_empty() {
        tracing::warn!(?failures, "unhealthy");
        return Err(ApiError::Unavailable(failures));
    }
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: desk.started_at.elapsed().as_secs(),
        checks: Checks { database: "ok", valkey: is_shared.then_some("ok") },
    }))
}

pub(crate) async fn openapi(State(desk): State<App>) -> Response {
    json_bytes(desk.openapi.clone())
}
