//! Numbers for operators, in Prometheus' text format.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::{App, Desk};
use crate::cache::CacheReading;
use crate::realtime;
use crate::storage::PoolReading;

pub(crate) async fn metrics(State(desk): State<App>) -> Response {
    let mut text = desk.ledger.prometheus();
    write_metrics(&mut text, &desk);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn write_metrics(text: &mut String, desk: &Desk) {
    let mut metric = |name: &str, kind: &str, help: &str, value: u64| {
        _ = writeln!(text, "# HELP insightdesk_{name} {help}\n# TYPE insightdesk_{name} {kind}");
        _ = writeln!(text, "insightdesk_{name} {value}");
    };
    let realtime::Reading { open, connected, refused, slow, events } = desk.realtime.read();
    metric("sockets_open", "gauge", "Sockets that are connected.", open);
    metric("sockets_connected_total", "counter", "Sockets that were let in.", connected);
    metric("sockets_refused_total", "counter", "Sockets that were not let in.", refused);
    metric("sockets_slow_total", "counter", "Sockets disconnected for not keeping up.", slow);
    metric("socket_events_total", "counter", "Events sent to sockets.", events);
    let CacheReading { hits, misses } = desk.cache_counters.read();
    metric("cache_hits_total", "counter", "Answers found in the cache.", hits);
    metric("cache_misses_total", "counter", "Answers not found in the cache.", misses);
    if let Some(PoolReading { open, busy, waiting, limit }) = desk.storage.pool() {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        metric("pool_connections_open", "gauge", "Connections to the database.", count(open));
        metric("pool_connections_busy", "gauge", "Connections that run a query.", count(busy));
        metric("pool_connections_limit", "gauge", "Connections that may be open.", count(limit));
        metric("pool_waiting", "gauge", "Queries that wait for a connection.", count(waiting));
    }
}
