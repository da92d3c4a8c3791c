//! Sending sockets away, and telling them why.
//!
//! A socket that is dismissed leaves its channels at once. As soon as there is room in its queue it hears the
//! event `dismissed` with the [`Reason`], and is disconnected; if it never reads again, the heartbeat ends
//! it. Nobody waits for that: start with [`dismiss`]. [`sweep`] finds the sockets whose session ended without
//! a word of it on the bus.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::Serialize;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use tokio::sync::Notify;

use crate::api::Desk;
use crate::auth::access_token::Claims;

/// How often, and how many times, a socket that has no room is tried to be told to go: somewhat longer than a
/// heartbeat takes.
const FAREWELL_EVERY: Duration = Duration::from_secs(1);
const FAREWELLS: usize = 60;

/// Why a socket must go.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// It did not read what it was sent, and has missed events.
    SlowConsumer,
    /// Its session ended.
    SessionEnded,
}

#[derive(Serialize)]
struct Dismissal {
    reason: Reason,
}

/// Tells a socket nothing more, but why and to go.
pub(super) fn dismiss(socket: SocketRef, reason: Reason) {
    socket.leave_all();
    tokio::spawn(async move {
        let mut is_told = false;
        for _ in 0..FAREWELLS {
            if !socket.connected() {
                return;
            }
            is_told = is_told || socket.emit("dismissed", &Dismissal { reason }).is_ok();
            if is_told && socket.clone().disconnect().is_ok() {
                return;
            }
            tokio::time::sleep(FAREWELL_EVERY).await;
        }
    });
}

/// Whenever the bus may have kept something back: asks the database which sessions ended, and dismisses their
/// sockets. Runs until the desk ends.
pub(super) async fn sweep(io: SocketIo, desk: Weak<Desk>, doubt: Arc<Notify>) {
    // Sockets outlive their tokens, so each sweep begins where the one before has seen everything.
    let Some(mut since) = desk.upgrade().map(|desk| desk.auth.horizon()) else { return };
    loop {
        doubt.notified().await;
        let Some(desk) = desk.upgrade() else { return };
        let next = desk.auth.horizon();
        let ended = desk.auth.insist_on_catching_up(since).await;
        since = next;
        for socket in io.sockets() {
            let claims = socket.extensions.get::<Arc<Claims>>();
            if claims.is_some_and(|claims| ended.contains(&claims.session)) {
                dismiss(socket, Reason::SessionEnded);
            }
        }
    }
}
