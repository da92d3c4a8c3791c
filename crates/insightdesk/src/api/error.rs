//! Everything that can go wrong with a request, and what the client is told about it.
//!
//! An [`ApiError`] becomes a response without a body but with an [`ErrorBody`] attached; the edge
//! ([`super::edge`]) writes the body, since only it knows the request's id.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::AuthError;
use crate::auth::access_token::TokenError;
use crate::model::{Status, Vocabulary as _};
use crate::storage::StorageError;

/// What is wrong with one field or parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Detail {
    /// The name of the field or parameter.
    pub field: Cow<'static, str>,
    /// What was expected.
    pub message: String,
}

/// The JSON of an error.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody {
    /// For programs.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: Cow<'static, str>,
    /// One entry per field at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub details: Vec<Detail>,
}

/// Why a request is not answered as its sender hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the request is not valid; see details")]
    Invalid(Vec<Detail>),
    #[error("{0}")]
    Malformed(String),
    #[error("send a token: Authorization: Bearer …")]
    TokenMissing,
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("this needs the role admin")]
    NotAdmin,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("there is no such route")]
    NoRoute,
    #[error("this route does not take this method; see the Allow header")]
    MethodNotAllowed,
    #[error("the body did not arrive in time")]
    BodyTimeout,
    #[error("a ticket cannot go from {} to {}", .from.as_str(), .to.as_str())]
    Transition { from: Status, to: Status },
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body must be application/json")]
    NotJson,
    #[error("too many requests; try again in {retry_after} s")]
    RateLimited { retry_after: u64 },
    #[error("not everything that the desk depends on answers; see details")]
    Unavailable(Vec<(&'static str, String)>),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("a fault was asked for")]
    Injected(StatusCode),
}

/// How long clients should wait when the desk is briefly too busy.
const BUSY_RETRY_SECONDS: u64 = 1;

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TokenMissing => StatusCode::UNAUTHORIZED,
            Self::Auth(error) => match error {
                AuthError::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
                AuthError::Storage(error) => storage_status(error),
                _ => StatusCode::UNAUTHORIZED,
            },
            Self::NotAdmin => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Transition { .. } => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(error) => storage_status(error),
            Self::Injected(status) => *status,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Malformed(_) => "malformed_request",
            Self::TokenMissing => "unauthorized",
            Self::Auth(error) => match error {
                AuthError::WrongCredentials => "invalid_credentials",
                AuthError::BadRefreshToken => "invalid_refresh_token",
                AuthError::ReusedRefreshToken => "refresh_token_reused",
                AuthError::BadAccessToken(TokenError::Expired) => "token_expired",
                AuthError::BadAccessToken(_) => "invalid_token",
                AuthError::SessionEnded => "session_ended",
                AuthError::Overloaded => "overloaded",
                AuthError::Storage(error) => storage_code(error),
            },
            Self::NotAdmin => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::NoRoute => "no_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTimeout => "request_timeout",
            Self::Transition { .. } => "forbidden_transition",
            Self::TooLarge { .. } => "payload_too_large",
            Self::NotJson => "unsupported_media_type",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable(_) => "dependency_unavailable",
            Self::Storage(error) => storage_code(error),
            Self::Injected(_) => "injected_fault",
        }
    }

    /// What the client reads: the error's own words, but nothing about the inside of the desk.
    fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Storage(error) | Self::Auth(AuthError::Storage(error)) => storage_message(error).into(),
            other => other.to_string().into(),
        }
    }

    fn details(&mut self) -> Vec<Detail> {
        match self {
            Self::Invalid(details) => std::mem::take(details),
            Self::Unavailable(failures) => {
                let detail =
                    |(dependency, message): (&'static str, _)| Detail { field: dependency.into(), message };
                std::mem::take(failures).into_iter().map(detail).collect()
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self, status: StatusCode) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(BUSY_RETRY_SECONDS),
        }
    }

    fn log(&self, status: StatusCode) {
        if let Self::Storage(error) | Self::Auth(AuthError::Storage(error)) = self {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            if status == StatusCode::SERVICE_UNAVAILABLE {
                tracing::debug!(%error, cause, "refused a request");
            } else {
                tracing::error!(%error, cause, "a query failed");
            }
        }
    }
}

fn storage_status(error: &StorageError) -> StatusCode {
    if error.is_temporary() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR }
}

fn storage_code(error: &StorageError) -> &'static str {
    match error {
        StorageError::Unreachable { .. } => "dependency_unavailable",
        _ if error.is_temporary() => "overloaded",
        _ => "internal",
    }
}

fn storage_message(error: &StorageError) -> &'static str {
    match error {
        StorageError::Unreachable { .. } => "the database does not answer; try again in a moment",
        _ if error.is_temporary() => "the desk is too busy; try again in a moment",
        _ => "something went wrong on our side",
    }
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let status = self.status();
        self.log(status);
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after(status) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let body = ErrorBody { code: self.code().into(), message: self.message(), details: self.details() };
        response.extensions_mut().insert(body);
        response
    }
}
