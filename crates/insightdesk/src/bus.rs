//! What instances tell each other, and what sockets will be told.
//!
//! [`Bus`] is the seam that a shared message broker will take; [`LocalBus`] serves a single process. Boxed
//! futures for the reason given in [`crate::storage`]. Start with [`Event`].

use std::future::ready;
use std::pin::Pin;

use tokio::sync::broadcast;

use crate::clock::Timestamp;
use crate::model::{Comment, Ticket};
use crate::storage::SessionId;

/// Something happened.
#[derive(Clone, Debug)]
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
    /// A session's tokens must not be believed any more.
    SessionRevoked {
        /// Which session.
        session: SessionId,
        /// Since when.
        at: Timestamp,
    },
}

/// Carries events to every subscriber of every instance.
pub trait Bus: Send + Sync + 'static {
    /// Tells everybody. Never waits for slow subscribers.
    fn publish(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// Hears everything from now on; a subscriber that falls behind is told how much it missed.
    fn subscribe(&self) -> broadcast::Receiver<Event>;
}

/// A bus within one process.
pub struct LocalBus {
    events: broadcast::Sender<Event>,
}

/// A subscriber may fall this many events behind.
const BACKLOG: usize = 1024;

impl Default for LocalBus {
    fn default() -> Self {
        Self { events: broadcast::Sender::new(BACKLOG) }
    }
}

impl Bus for LocalBus {
    fn publish(&self, event: Event) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // An error means that nobody listens.
        let _ = self.events.send(event);
        Box::pin(ready(()))
    }

    fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn subscribers_hear_what_is_published_after_they_came() {
        let bus = LocalBus::default();
        bus.publish(Event::SessionRevoked { session: 1, at: Timestamp(0) }).await;
        let mut subscriber = bus.subscribe();
        bus.publish(Event::SessionRevoked { session: 2, at: Timestamp(0) }).await;
        assert!(matches!(subscriber.recv().await, Ok(Event::SessionRevoked { session: 2, .. })));
    }
}
