//! The REST interface: one table of routes, one handler per route, one edge around them all.
//!
//! [`routes::routes`] is the table; it makes both the router and the OpenAPI document. Handlers take what
//! they need as extractors ([`caller::Caller`], [`validation::Fields`], [`validation::Params`]), talk to the
//! [`Desk`], and return values or an [`error::ApiError`]. [`edge`] does what every request needs: an id, the
//! ledger, limits, faults.

pub(crate) mod analytics;
pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod edge;
pub(crate) mod error;
pub(crate) mod instrument;
pub(crate) mod knowledge_base;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod reply;
pub(crate) mod route;
pub(crate) mod routes;
pub(crate) mod session;
pub(crate) mod system;
pub(crate) mod tickets;
pub(crate) mod validation;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use socketioxide::layer::SocketIoLayer;
use tokio::time::Instant;

use crate::auth::Authenticator;
use crate::bus::Bus;
use crate::cache::{Cache, CacheCounters};
use crate::config::RateLimit;
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::realtime;
use crate::storage::Storage;

/// Everything that handlers share.
pub(crate) struct Desk {
    pub storage: Arc<dyn Storage>,
    pub cache: Arc<dyn Cache>,
    pub cache_counters: CacheCounters,
    pub bus: Arc<dyn Bus>,
    pub auth: Authenticator,
    pub rate_limit: Option<RateLimit>,
    pub body_timeout: Duration,
    pub ledger: Ledger,
    pub faults: Faults,
    pub realtime: Arc<realtime::Counters>,
    pub openapi: Bytes,
    pub started_at: Instant,
}

/// The desk, shared by all requests.
pub(crate) type App = Arc<Desk>;

/// Puts the routes, the fallbacks, the sockets and the edge together.
pub(crate) fn router(routes: Vec<route::Route>, sockets: SocketIoLayer, desk: App) -> Router {
    let mut router = Router::new();
    for route in routes {
        router = router.route(route.path, route.handler);
    }
    router
        .fallback(async || error::ApiError::NoRoute)
        .method_not_allowed_fallback(async || error::ApiError::MethodNotAllowed)
        .layer(sockets)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&desk), edge::edge))
        .with_state(desk)
}
