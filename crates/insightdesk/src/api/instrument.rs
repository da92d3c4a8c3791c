//! The desk as a measuring instrument: its ledger and its fault knobs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::body::JsonBytes;
use super::error::ApiError;
use crate::fault::FaultSettings;
use crate::ledger::LedgerReport;

pub(crate) async fn ledger(State(desk): State<App>) -> Json<LedgerReport> {
    Json(desk.ledger.report())
}

pub(crate) async fn faults(State(desk): State<App>) -> Json<FaultSettings> {
    Json(desk.faults.settings())
}

pub(crate) async fn set_faults(
    State(desk): State<App>,
    JsonBytes(body): JsonBytes,
) -> Result<Json<FaultSettings>, ApiError> {
    let settings = serde_json::from_slice(&body).map_err(|error| ApiError::Malformed(error.to_string()))?;
    desk.faults.set(settings, &desk.ledger).map_err(|error| ApiError::Malformed(error.to_string()))?;
    Ok(faults(State(desk)).await)
}

pub(crate) async fn clear_faults(State(desk): State<App>) -> Result<StatusCode, ApiError> {
    let none = FaultSettings::default();
    desk.faults.set(none, &desk.ledger).map_err(|error| ApiError::Malformed(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}
