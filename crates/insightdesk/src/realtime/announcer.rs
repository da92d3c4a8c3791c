//! Tells sockets what the bus says.
//!
//! A socket whose queue is full has missed an event, so it must not stay: it is dismissed ([`farewell`]).
//! Start with [`Announcer::run`].

use std::sync::{Arc, Weak};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::{SendError, SocketError, SocketIo};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};

use super::farewell::{self, Reason};
use super::{Channel, Counters, add, channel};
use crate::api::Desk;
use crate::bus::{Announcement, Event};
use crate::storage::SessionId;

/// After this many sockets others get a turn on the thread.
const TURN: usize = 256;

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

/// What announcing takes.
pub(super) struct Announcer {
    pub io: SocketIo,
    pub desk: Weak<Desk>,
    pub counters: Arc<Counters>,
    /// Notified when sessions may have ended without a word of it.
    pub doubt: Arc<Notify>,
}

impl Announcer {
    /// Runs until the bus ends.
    pub(super) async fn run(self, mut events: broadcast::Receiver<Arc<Announcement>>) {
        loop {
            match events.recv().await {
                Ok(announcement) => match &announcement.event {
                    Event::SessionRevoked { session, .. } => self.end(*session, &announcement.event),
                    Event::Resumed => self.doubt.notify_one(),
                    _ => tell(&self.io, &announcement, &self.counters).await,
                },
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "sockets were not told of events");
                    add(&self.counters.missed, missed);
                    self.doubt.notify_one();
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Dismisses the sockets of a session. Its end must be known before: whoever is let in at this moment is
    /// in no room yet, and is asked about once more when it is.
    fn end(&self, session: SessionId, event: &Event) {
        if let Some(desk) = self.desk.upgrade() {
            desk.auth.heed(event);
        }
        for socket in self.io.to(channel::session_room(session)).sockets() {
            farewell::dismiss(socket, Reason::SessionEnded);
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
        // No socket hears of these.
        Event::SessionRevoked { .. } | Event::Resumed => return,
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
                farewell::dismiss(socket, Reason::SlowConsumer);
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::clock::Timestamp;

    #[tokio::test]
    async fn events_that_came_too_fast_are_counted_and_cast_doubt() {
        let (_layer, io) = SocketIo::new_layer();
        io.ns("/", async || {});
        let (counters, doubt) = (Arc::<Counters>::default(), Arc::<Notify>::default());
        let announcer =
            Announcer { io, desk: Weak::new(), counters: Arc::clone(&counters), doubt: Arc::clone(&doubt) };
        let (sender, events) = broadcast::channel(2);
        for session in 0..5 {
            let event = Event::SessionRevoked { session, at: Timestamp(0) };
            sender.send(Arc::new(Announcement { event, at: Timestamp(0) })).expect("somebody listens");
        }
        drop(sender);
        announcer.run(events).await;
        assert_eq!(counters.read().missed, 3);
        doubt.notified().now_or_never().expect("there is doubt about sessions");
    }
}
