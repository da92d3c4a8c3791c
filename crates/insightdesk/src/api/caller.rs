//! Who sends a request: extractors for handlers that need to know.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};

use super::App;
use super::error::ApiError;
use crate::auth::access_token::Claims;
use crate::model::Role;

/// Somebody with a valid access token.
pub(crate) struct Caller(pub Claims);

/// A caller who may do everything.
pub(crate) struct Admin(pub Claims);

/// Rate limits are per minute.
pub(crate) const RATE_WINDOW: Duration = Duration::from_secs(60);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &App) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION).ok_or(ApiError::TokenMissing)?;
        let token = header.to_str().ok().and_then(bearer).ok_or(ApiError::TokenMissing)?;
        let claims = desk.auth.check(token)?;
        desk.limit_account(&claims.user).await?;
        Ok(Self(claims))
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &App) -> Result<Self, ApiError> {
        let Caller(claims) = Caller::from_request_parts(parts, desk).await?;
        if claims.role == Role::Admin { Ok(Self(claims)) } else { Err(ApiError::NotAdmin) }
    }
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl super::Desk {
    /// Refuses an account that asks too often, if there are limits. `account` is a user's id or an address to
    /// log in.
    pub(crate) async fn limit_account(&self, account: &str) -> Result<(), ApiError> {
        match self.rate_limit {
            Some(limit) => self.limit(&format!("rate:account:{account}"), limit.per_account).await,
            None => Ok(()),
        }
    }

    /// Refuses a network address that asks too often, if there are limits.
    pub(crate) async fn limit_address(&self, address: std::net::IpAddr) -> Result<(), ApiError> {
        match self.rate_limit {
            Some(limit) => self.limit(&format!("rate:address:{address}"), limit.per_address).await,
            None => Ok(()),
        }
    }

    async fn limit(&self, key: &str, allowed: u64) -> Result<(), ApiError> {
        let (count, left) = self.cache.count(key, RATE_WINDOW).await;
        if count <= allowed {
            return Ok(());
        }
        // Rounded up, so that a client that waits as told finds the new window open.
        Err(ApiError::RateLimited { retry_after: left.as_secs() + 1 })
    }
}
