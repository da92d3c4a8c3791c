//! The accept loop, and the stop protocol at its end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{self, Connection, told_to_stop};
use crate::bus::Bus;
use crate::config::Config;
use crate::realtime::Realtime;

/// How long to wait when the system has no more file descriptors to give.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Accepts and serves connections until told to stop; returns when all of them have ended.
///
/// The stop protocol:
/// 1. The loop ends and the listener is dropped: new connections are refused by the system.
/// 2. Every connection hears `stopping`: idle ones close, the others after the request in flight. Sockets are
///    told and closed.
/// 3. Once there are no requests any more, the other instances are told what they have not heard yet.
/// 4. What is not done within `config.grace` is aborted.
/// 5. The router goes with the last connection, and with it the desk and its storage: the database closes.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    realtime: Realtime,
    mut stopping: watch::Receiver<bool>,
    pause: watch::Receiver<Option<Instant>>,
    bus: &dyn Bus,
    config: &Config,
) {
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(config.max_connections));
    let loop_stopping = stopping.clone();
    let head_timeout = config.head_timeout;
    let accepting = accept(&listener, &router, &mut connections, loop_stopping, pause, &places, head_timeout);
    tokio::select! {
        () = accepting => {}
        () = told_to_stop(&mut stopping) => {}
    }
    drop(listener);
    drop(router);
    let ended_by = Instant::now() + config.grace;
    if tokio::time::timeout_at(ended_by, realtime.close()).await.is_err() {
        tracing::warn!("sockets could not be closed in time");
    }
    drain(connections, ended_by).await;
    // Connections that have become sockets are no task of ours any more, but still have their places.
    let all = u32::try_from(config.max_connections).unwrap_or(u32::MAX);
    let sockets_ended = tokio::time::timeout_at(ended_by, places.acquire_many(all));
    let all_told = tokio::time::timeout_at(ended_by, bus.drain());
    if let (_, Err(_)) = tokio::join!(sockets_ended, all_told) {
        tracing::warn!("other instances will not hear of the last events");
    }
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    connections: &mut JoinSet<()>,
    stopping: watch::Receiver<bool>,
    mut pause: watch::Receiver<Option<Instant>>,
    places: &Arc<Semaphore>,
    head_timeout: Duration,
) {
    loop {
        let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
        wait_out(&mut pause).await;
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Ok(()) = pause.changed() => continue,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                // Answers are written in one go; waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                let (connection, stopping) = (Connection::new(peer), stopping.clone());
                let router = router.clone();
                let life = connection::serve(stream, connection, router, stopping, place, head_timeout);
                connections.spawn(life);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
}

/// Waits while accepting is paused as a fault.
async fn wait_out(pause: &mut watch::Receiver<Option<Instant>>) {
    loop {
        let until = *pause.borrow_and_update();
        let Some(until) = until.filter(|&until| until > Instant::now()) else { return };
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            _ = pause.changed() => {}
        }
    }
}

async fn drain(mut connections: JoinSet<()>, ended_by: Instant) {
    let drained =
        tokio::time::timeout_at(ended_by, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(connections = connections.len(), "cut off connections that did not finish in time");
        connections.shutdown().await;
    }
}
