//! Tells sockets what the bus says.
//!
//! A socket whose queue is full has missed an event, so it must not stay: it leaves its channels at once, and
//! is disconnected as soon as it reads again. If it never does, the heartbeat ends it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::extract::SocketRef;
use socketioxide::{SendError, SocketError, SocketIo};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{Channel, Counters, add, channel};
use crate::bus::{Announcement, Event};

/// After this many sockets others get a turn on the thread.
const TURN: usize = 256;

/// How often, and how many times, a slow socket is tried to be told to go: somewhat longer than a heartbeat
/// takes.
const FAREWELL_EVERY: Duration = Duration::from_secs(1);
const FAREWELLS: usize = 60;

/// The data of an event, as clients see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    /// Made once for all sockets, as is the comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Box<RawValue>>,
    ticket_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    /// Milliseconds since the epoch.
    timestamp: i64,
}

/// Runs until the bus ends.
pub(super) async fn announce(
    io: SocketIo,
    mut events: broadcast::Receiver<Arc<Announcement>>,
    counters: Arc<Counters>,
) {
    loop {
        match events.recv().await {
            Ok(announcement) => tell(&io, &announcement, &counters).await,
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "sockets were not told of events"),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell(io: &SocketIo, announcement: &Announcement, counters: &Arc<Counters>) {
    let timestamp = announcement.at.0;
    let of = |ticket_id| Message { ticket: None, ticket_id, comment: None, user_id: None, timestamp };
    let about = |organization: &str, id: &str| {
        vec![Channel::Tickets(organization.to_owned()).name(), Channel::Ticket(id.to_owned()).name()]
    };
    let (name, rooms, message, except) = match &announcement.event {
        Event::TicketCreated(ticket) | Event::TicketUpdated(ticket) => {
            let is_new = matches!(announcement.event, Event::TicketCreated(_));
            let name = if is_new { "ticket:created" } else { "ticket:updated" };
            let message = Message { ticket: Some(raw(ticket)), ..of(&ticket.id) };
            (name, about(&ticket.organization_id, &ticket.id), message, None)
        }
        Event::TicketCommented { organization, comment } => {
            let message = Message { comment: Some(raw(comment)), ..of(&comment.ticket_id) };
            ("ticket:comment", about(organization, &comment.ticket_id), message, None)
        }
        Event::Typing { ticket, user, socket } => {
            let message = Message { user_id: Some(user), ..of(ticket) };
            ("ticket:typing", vec![Channel::Ticket(ticket.clone()).name()], message, Some(socket))
        }
        Event::SessionRevoked { session, .. } => {
            let room = channel::session_room(*session);
            io.to(room).sockets().into_iter().for_each(dismiss);
            return;
        }
        Event::Resumed => return,
    };
    for (index, socket) in io.to(rooms).sockets().into_iter().enumerate() {
        if except.is_some_and(|except| *except == socket.id.to_string()) {
            continue;
        }
        match socket.emit(name, &message) {
            Ok(()) => add(&counters.events, 1),
            Err(SendError::Socket(SocketError::InternalChannelFull)) => {
                add(&counters.slow, 1);
                tracing::info!(socket = %socket.id, "disconnecting a socket that does not keep up");
                dismiss(socket);
            }
            // It has just gone.
            Err(_) => {}
        }
        if index % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
    }
}

fn raw<T: Serialize>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("our own types serialise")
}

/// Tells a socket nothing more, and to go.
fn dismiss(socket: SocketRef) {
    socket.leave_all();
    tokio::spawn(async move {
        for _ in 0..FAREWELLS {
            if !socket.connected() || socket.clone().disconnect().is_ok() {
                return;
            }
            tokio::time::sleep(FAREWELL_EVERY).await;
        }
    });
}
