//! Numbers for operators, in Prometheus' text format.
//!
//! The ledger writes its own ([`crate::ledger::Ledger::prometheus`]); here are the sockets, the cache, what
//! is bounded, and the process. Its numbers have the names that Prometheus' own clients use.

use std::fmt::{Display, Write as _};

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::{App, Desk};
use crate::cache::CacheReading;
use crate::fault::{BoundReading, Resource};
use crate::occupancy::OccupancyReading;
use crate::storage::PoolReading;
use crate::{process, realtime};

pub(crate) async fn metrics(State(desk): State<App>) -> Response {
    // Looking into `/proc` blocks.
    let process = tokio::task::spawn_blocking(process::Reading::take).await;
    let mut text = Text(desk.ledger.prometheus());
    write_events(&mut text, &desk);
    write_pools(&mut text, &pools(&desk));
    write_threads(&mut text, &threads(&desk));
    match desk.faults.bound() {
        Some(BoundReading { resource: Resource::Lock, occupancy }) => write_lock(&mut text, &occupancy),
        Some(BoundReading { resource: Resource::Io { writers, written_bytes }, occupancy }) => {
            write_io(&mut text, writers, written_bytes, &occupancy);
        }
        _ => {}
    }
    // Only a panic would be an error, and then there is nothing to say.
    if let Ok(reading) = process {
        write_process(&mut text, &reading);
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text.0).into_response()
}

/// The text so far.
struct Text(String);

impl Text {
    /// A metric: its name, kind and help, and for each set of labels its value.
    fn metric<V: Display>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        samples: impl IntoIterator<Item = (String, V)>,
    ) {
        _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            _ = match labels.as_str() {
                "" => writeln!(self.0, "{name} {value}"),
                labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
            };
        }
    }

    fn number(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric((name, kind, help), [(String::new(), value)]);
    }
}

fn write_events(text: &mut Text, desk: &Desk) {
    let realtime::Reading { open, connected, refused, slow, events, missed } = desk.realtime.read();
    let CacheReading { hits, misses } = desk.cache_counters.read();
    text.number("insightdesk_sockets_open", "gauge", "Sockets that are connected.", open);
    let mut counter = |name: &str, help: &str, value: u64| {
        text.number(&format!("insightdesk_{name}_total"), "counter", help, value);
    };
    counter("sockets_connected", "Sockets that were let in.", connected);
    counter("sockets_refused", "Sockets that were not let in.", refused);
    counter("sockets_slow", "Sockets disconnected for not keeping up.", slow);
    counter("socket_events", "Events sent to sockets.", events);
    counter("socket_events_missed", "Events no socket was told of, too many having come at once.", missed);
    counter("cache_hits", "Answers found in the cache.", hits);
    counter("cache_misses", "Answers not found in the cache.", misses);
}

/// What the pool of a fault is called.
const OF_A_FAULT: &str = "fault";

/// The pools of connections, those that are real and the one that a fault made.
fn pools(desk: &Desk) -> Vec<PoolReading> {
    let mut pools = desk.storage.pools();
    if let Some(BoundReading { resource: Resource::Pool { connections }, occupancy }) = desk.faults.bound() {
        pools.push(PoolReading { name: OF_A_FAULT, open: connections, limit: connections, occupancy });
    }
    pools
}

fn write_pools(text: &mut Text, pools: &[PoolReading]) {
    let states = pools.iter().flat_map(|PoolReading { name, open, occupancy, .. }| {
        let state = |state: &str| format!("pool=\"{name}\",state=\"{state}\"");
        let idle = open.saturating_sub(occupancy.in_use);
        [(state("in_use"), occupancy.in_use), (state("idle"), idle)]
    });
    text.metric(("insightdesk_pool_connections", "gauge", "Connections that are open."), states);
    let max = pools.iter().map(|pool| (format!("pool=\"{}\"", pool.name), pool.limit));
    text.metric(("insightdesk_pool_connections_max", "gauge", "Connections that may be open."), max);
    let occupancies: Vec<_> = pools.iter().map(|pool| (pool.name, pool.occupancy)).collect();
    write_occupancies(text, "insightdesk_pool", "pool", &occupancies);
}

/// The threads that compute: name, number and use.
fn threads(desk: &Desk) -> Vec<(&'static str, usize, OccupancyReading)> {
    let (count, occupancy) = desk.auth.password_threads();
    let mut threads = vec![("passwords", count, occupancy)];
    if let Some(BoundReading { resource: Resource::Cpu { threads: count }, occupancy }) = desk.faults.bound()
    {
        threads.push((OF_A_FAULT, count, occupancy));
    }
    threads
}

fn write_threads(text: &mut Text, threads: &[(&'static str, usize, OccupancyReading)]) {
    let label = |name: &str| format!("threads=\"{name}\"");
    let in_use = threads.iter().map(|&(name, _, occupancy)| (label(name), occupancy.in_use));
    text.metric(("insightdesk_threads_in_use", "gauge", "Threads that compute."), in_use);
    let max = threads.iter().map(|&(name, count, _)| (label(name), count));
    text.metric(("insightdesk_threads_max", "gauge", "Threads there are to compute."), max);
    let occupancies: Vec<_> = threads.iter().map(|&(name, _, occupancy)| (name, occupancy)).collect();
    write_occupancies(text, "insightdesk_threads", "threads", &occupancies);
}

/// Who waits, and the sums over time.
fn write_occupancies(text: &mut Text, prefix: &str, label: &str, all: &[(&str, OccupancyReading)]) {
    let mut metric = |suffix: &str, kind: &str, help: &str, value: fn(&OccupancyReading) -> String| {
        let samples = all.iter().map(|(name, reading)| (format!("{label}=\"{name}\""), value(reading)));
        text.metric((&format!("{prefix}_{suffix}"), kind, help), samples);
    };
    metric("waiting", "gauge", "Requests that wait.", |reading| reading.waiting.to_string());
    metric("uses_total", "counter", "How often one was taken.", |reading| reading.uses.to_string());
    metric("in_use_seconds_total", "counter", "The time of all uses together.", |reading| {
        reading.used.as_secs_f64().to_string()
    });
    metric("wait_seconds_total", "counter", "The time of all waits together.", |reading| {
        reading.waited.as_secs_f64().to_string()
    });
}

fn write_lock(text: &mut Text, occupancy: &OccupancyReading) {
    let label = || format!("lock=\"{OF_A_FAULT}\"");
    let mut metric = |(name, kind, help): (&str, &str, &str), value: String| {
        text.metric((&format!("insightdesk_lock_{name}"), kind, help), [(label(), value)]);
    };
    metric(("held", "gauge", "Whether it is held."), occupancy.in_use.to_string());
    metric(("waiters", "gauge", "Requests that wait for it."), occupancy.waiting.to_string());
    metric(("acquisitions_total", "counter", "How often it was taken."), occupancy.uses.to_string());
    let (held, waited) = (occupancy.used.as_secs_f64(), occupancy.waited.as_secs_f64());
    metric(("held_seconds_total", "counter", "How long it was held."), held.to_string());
    metric(("wait_seconds_total", "counter", "The time of all waits together."), waited.to_string());
}

fn write_io(text: &mut Text, writers: usize, written_bytes: u64, occupancy: &OccupancyReading) {
    let (busy, waited) = (occupancy.used.as_secs_f64(), occupancy.waited.as_secs_f64());
    let mut metric = |name: &str, kind: &str, help: &str, value: String| {
        let label = format!("device=\"{OF_A_FAULT}\"");
        text.metric((&format!("insightdesk_io_{name}"), kind, help), [(label, value)]);
    };
    metric("in_progress", "gauge", "Writes in progress.", occupancy.in_use.to_string());
    metric("in_progress_max", "gauge", "Writes that may be in progress.", writers.to_string());
    metric("waiting", "gauge", "Requests that wait for their write.", occupancy.waiting.to_string());
    metric("writes_total", "counter", "Writes, each flushed to the disk.", occupancy.uses.to_string());
    metric("in_progress_seconds_total", "counter", "The time of all writes together.", busy.to_string());
    metric("wait_seconds_total", "counter", "The time of all waits together.", waited.to_string());
    metric("written_bytes_total", "counter", "Bytes written and flushed.", written_bytes.to_string());
}

fn write_process(text: &mut Text, reading: &process::Reading) {
    let cpu = reading.cpu_time.as_secs_f64();
    text.number("process_cpu_seconds_total", "counter", "Processor time, user and system.", cpu);
    let mut gauge = |name: &str, help: &str, value: Option<u64>| {
        if let Some(value) = value {
            text.number(&format!("process_{name}"), "gauge", help, value);
        }
    };
    gauge("resident_memory_bytes", "Memory that is there.", reading.resident_bytes);
    gauge("virtual_memory_bytes", "Addresses in use.", reading.virtual_bytes);
    gauge("open_fds", "Open file descriptors.", reading.open_files);
    gauge("max_fds", "File descriptors that may be open.", reading.max_files);
    gauge("threads", "Threads.", reading.threads);
}
