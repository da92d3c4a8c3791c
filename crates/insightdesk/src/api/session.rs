//! Logging in and out, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::caller::Caller;
use super::error::ApiError;
use super::validation::Fields;
use crate::auth::Grant;
use crate::model::User;

/// RFC 5321 allows addresses no longer than this.
const MAX_EMAIL: usize = 254;
/// Hashing takes time in proportion; longer than this is no password.
const MAX_PASSWORD: usize = 1024;
const MAX_TOKEN: usize = 256;

/// What logging in takes.
#[derive(JsonSchema)]
pub(crate) struct Credentials {
    #[schemars(length(min = 1, max = MAX_EMAIL))]
    email: String,
    #[schemars(length(min = 1, max = MAX_PASSWORD))]
    password: String,
}

/// What refreshing takes.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refresh {
    #[schemars(length(min = 1, max = MAX_TOKEN))]
    refresh_token: String,
}

/// What both answer with.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    /// For the `Authorization: Bearer` header.
    access_token: String,
    /// Good for one refresh.
    refresh_token: String,
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    user: User,
}

impl From<Grant> for Tokens {
    fn from(grant: Grant) -> Self {
        Self {
            access_token: grant.access_token,
            refresh_token: grant.refresh_token,
            token_type: "Bearer",
            expires_in: grant.expires_in,
            user: grant.user,
        }
    }
}

impl Credentials {
    fn parse(mut fields: Fields) -> Result<Self, ApiError> {
        let email = fields.text("email", 1..=MAX_EMAIL).to_lowercase();
        let password = fields.verbatim("password", 1..=MAX_PASSWORD);
        fields.problems.verdict()?;
        Ok(Self { email, password })
    }
}

impl Refresh {
    fn parse(mut fields: Fields) -> Result<Self, ApiError> {
        let refresh_token = fields.verbatim("refreshToken", 1..=MAX_TOKEN);
        fields.problems.verdict()?;
        Ok(Self { refresh_token })
    }
}

pub(crate) async fn log_in(State(desk): State<App>, fields: Fields) -> Result<Json<Tokens>, ApiError> {
    let Credentials { email, password } = Credentials::parse(fields)?;
    desk.limit_account(&email).await?;
    let grant = desk.auth.log_in(&email, password).await?;
    Ok(Json(grant.into()))
}

pub(crate) async fn refresh(State(desk): State<App>, fields: Fields) -> Result<Json<Tokens>, ApiError> {
    let Refresh { refresh_token } = Refresh::parse(fields)?;
    let grant = desk.auth.refresh(&refresh_token).await?;
    Ok(Json(grant.into()))
}

pub(crate) async fn log_out(State(desk): State<App>, Caller(claims): Caller) -> Result<StatusCode, ApiError> {
    desk.auth.log_out(claims.session).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn me(State(desk): State<App>, Caller(claims): Caller) -> Result<Json<User>, ApiError> {
    let user = desk.storage.user(&claims.organization, &claims.user).await?;
    user.map(Json).ok_or(ApiError::NotFound("user"))
}
