//! What a client can subscribe to.

use crate::storage::SessionId;

/// The longest name of a channel that is looked at.
const LONGEST: usize = 128;

/// A channel, as clients name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// `tickets:ORGANISATION`: all tickets of an organisation.
    Tickets(String),
    /// `ticket:ID`: one ticket.
    Ticket(String),
}

impl Channel {
    /// The channel of a name, or `None` when it is no channel.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (kind, of) = name.split_once(':')?;
        if of.is_empty() || name.len() > LONGEST || of.contains('\0') {
            return None;
        }
        match kind {
            "tickets" => Some(Self::Tickets(of.to_owned())),
            "ticket" => Some(Self::Ticket(of.to_owned())),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Tickets(organization) => format!("tickets:{organization}"),
            Self::Ticket(id) => format!("ticket:{id}"),
        }
    }
}

/// The room of all sockets of a session. No client can name it.
pub(super) fn session_room(session: SessionId) -> String {
    format!("session:{session:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_channels_or_nothing() {
        for name in ["tickets:org_123", "ticket:ticket_1"] {
            assert_eq!(Channel::parse(name).expect("a channel").name(), name);
        }
        for name in ["", ":", "tickets:", "tickets", "session:0000000000000001", "ticket:\0", "Ticket:1"] {
            assert_eq!(Channel::parse(name), None, "{name:?}");
        }
        assert_eq!(Channel::parse(&format!("ticket:{}", "x".repeat(LONGEST))), None);
    }
}
