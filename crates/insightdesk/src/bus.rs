//! What instances tell each other, and what sockets are told.
//!
//! [`Bus`] is the seam; [`LocalBus`] serves a single process, [`crate::valkey`] several. Publishing never
//! waits; only who stops waits until all is said. Start with [`Event`].

use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::clock::Timestamp;
use crate::model::{Comment, Ticket};
use crate::storage::SessionId;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A ticket was reported.
    TicketCreated(Ticket),
    /// A ticket changed.
    TicketUpdated(Ticket),
    /// Somebody commented on a ticket.
    TicketCommented {
        /// The tenant of the ticket.
        organization: String,
        /// What they wrote.
        comment: Comment,
    },
    /// Somebody is writing about a ticket.
    Typing {
        /// The ticket.
        ticket: String,
        /// Who.
        user: String,
        /// The socket that said so, which need not hear it.
        socket: String,
    },
    /// A session's tokens must not be believed any more.
    SessionRevoked {
        /// Which session.
        session: SessionId,
        /// Since when.
        at: Timestamp,
    },
    /// Events of other instances may have been missed until now. Never sent to them.
    Resumed,
}

/// An event and when it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// What happened.
    pub event: Event,
    /// When it was published.
    pub at: Timestamp,
}

/// Carries events to every subscriber of every instance.
pub trait Bus: Send + Sync + 'static {
    /// Tells everybody. Never waits, neither for slow subscribers nor for other instances.
    fn publish(&self, event: Event);
    /// Hears everything from now on; a subscriber that falls behind is told how much it missed.
    fn subscribe(&self) -> broadcast::Receiver<Arc<Announcement>>;
    /// Waits until other instances have been told everything that was published before. That may take as long
    /// as whatever carries it is away.
    fn drain(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A bus within one process.
pub struct LocalBus {
    events: broadcast::Sender<Arc<Announcement>>,
}

/// A subscriber may fall this many events behind.
const BACKLOG: usize = 1024;

impl Default for LocalBus {
    fn default() -> Self {
        Self { events: broadcast::Sender::new(BACKLOG) }
    }
}

impl LocalBus {
    /// Tells the subscribers of this process.
    pub(crate) fn announce(&self, announcement: Announcement) {
        // An error means that nobody listens.
        let _ = self.events.send(Arc::new(announcement));
    }
}

impl Bus for LocalBus {
    fn publish(&self, event: Event) {
        self.announce(Announcement { event, at: Timestamp::now() });
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.events.subscribe()
    }

    fn drain(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn subscribers_hear_what_is_published_after_they_came() {
        let bus = LocalBus::default();
        bus.publish(Event::SessionRevoked { session: 1, at: Timestamp(0) });
        let mut subscriber = bus.subscribe();
        bus.publish(Event::SessionRevoked { session: 2, at: Timestamp(0) });
        let heard = subscriber.recv().await.expect("an event");
        assert_eq!(heard.event, Event::SessionRevoked { session: 2, at: Timestamp(0) });
    }

    #[test]
    fn events_travel_as_json() {
        let announcement = Announcement {
            event: Event::SessionRevoked { session: u64::MAX, at: Timestamp(1_767_225_599_042) },
            at: Timestamp(1_767_225_599_043),
        };
        let text = serde_json::to_string(&announcement).expect("it serialises");
        assert_eq!(serde_json::from_str::<Announcement>(&text).expect("it parses"), announcement);
    }
}
