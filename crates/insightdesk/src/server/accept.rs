//! The accept loop, and the stop protocol at its end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{self, Connection, told_to_stop};
use crate::config::Config;

/// How long to wait when the system has no more file descriptors to give.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Accepts and serves connections until told to stop; returns when all of them have ended.
///
/// The stop protocol:
/// 1. The loop ends and the listener is dropped: new connections are refused by the system.
/// 2. Every connection hears `stopping`: idle ones close, the others after the request in flight.
/// 3. What is not done within `config.grace` is aborted.
/// 4. The router goes with the last connection, and with it the desk and its storage: the database closes.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    pause: watch::Receiver<Option<Instant>>,
    config: &Config,
) {
    let mut connections = JoinSet::new();
    let loop_stopping = stopping.clone();
    tokio::select! {
        () = accept(&listener, &router, &mut connections, loop_stopping, pause, config.max_connections) => {}
        () = told_to_stop(&mut stopping) => {}
    }
    drop(listener);
    drop(router);
    drain(connections, config.grace).await;
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    connections: &mut JoinSet<()>,
    stopping: watch::Receiver<bool>,
    mut pause: watch::Receiver<Option<Instant>>,
    max_connections: usize,
) {
    let places = Arc::new(Semaphore::new(max_connections));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
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
                connections.spawn(connection::serve(stream, connection, router.clone(), stopping, place));
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

async fn drain(mut connections: JoinSet<()>, grace: Duration) {
    let drained = tokio::time::timeout(grace, async { while connections.join_next().await.is_some() {} });
    if drained.await.is_err() {
        tracing::warn!(connections = connections.len(), "cut off connections that did not finish in time");
        connections.shutdown().await;
    }
}
