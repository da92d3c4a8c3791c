//! Packets of Engine.IO and of Socket.IO, as texts.
//!
//! ```text
//! 4                              Engine.IO: open 0, close 1, ping 2, pong 3, message 4, upgrade 5, noop 6
//!  5 1- /admin, 7 ["name",{…}]   Socket.IO: type, attachments, namespace, acknowledgement, JSON
//! ```

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{EngineError, Message};

/// Between the packets of one payload.
const SEPARATOR: char = '\u{1e}';
/// Attachments that one packet may announce.
const ATTACHMENTS_LIMIT: usize = 1_000;

/// A packet of Engine.IO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnginePacket {
    /// The session begins; JSON says how.
    Open(String),
    /// The session ends.
    Close,
    /// Is to be answered by a pong with the same text.
    Ping(String),
    /// The answer to a ping.
    Pong(String),
    /// A message.
    Message(Message),
    /// The transport is changed.
    Upgrade,
    /// Nothing; ends a request that waits.
    Noop,
}

impl EnginePacket {
    /// Reads one packet.
    ///
    /// # Errors
    /// When its type is none.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let mut letters = text.chars();
        let kind = letters.next();
        let rest = letters.as_str();
        match kind {
            Some('0') => Ok(EnginePacket::Open(rest.to_owned())),
            Some('1') => Ok(EnginePacket::Close),
            Some('2') => Ok(EnginePacket::Ping(rest.to_owned())),
            Some('3') => Ok(EnginePacket::Pong(rest.to_owned())),
            Some('4') => Ok(EnginePacket::Message(Message::Text(rest.to_owned()))),
            Some('5') => Ok(EnginePacket::Upgrade),
            Some('6') => Ok(EnginePacket::Noop),
            Some('b') => {
                let bytes = STANDARD.decode(rest);
                let bytes = bytes.map_err(|_| EngineError::Protocol("a binary packet that is no base64"))?;
                Ok(EnginePacket::Message(Message::Binary(bytes)))
            }
            _ => Err(EngineError::Protocol("a packet of unknown type")),
        }
    }

    /// Reads the packets of a payload.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub fn parse_payload(payload: &str) -> Result<Vec<Self>, EngineError> {
        payload.split(SEPARATOR).map(Self::parse).collect()
    }
}

/// Appends a message to a payload.
pub(super) fn push_message(payload: &mut String, message: &Message) {
    match message {
        Message::Text(text) => push(payload, &["4", text]),
        Message::Binary(bytes) => push(payload, &["b", &STANDARD.encode(bytes)]),
    }
}

/// Appends a packet to a payload.
pub(super) fn push(payload: &mut String, parts: &[&str]) {
    if !payload.is_empty() {
        payload.push(SEPARATOR);
    }
    payload.extend(parts.iter().copied());
}

/// The type of a packet of Socket.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asks for a namespace, or grants it.
    Connect = 0,
    /// Leaves a namespace.
    Disconnect = 1,
    /// An event.
    Event = 2,
    /// An acknowledgement.
    Ack = 3,
    /// A namespace is refused.
    ConnectError = 4,
    /// An event with attachments.
    BinaryEvent = 5,
    /// An acknowledgement with attachments.
    BinaryAck = 6,
}

/// A packet of Socket.IO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub kind: Kind,
    /// Binary messages that follow.
    pub attachments: usize,
    /// Which namespace it belongs to.
    pub namespace: String,
    /// Which acknowledgement it asks for, or is.
    pub id: Option<u64>,
    /// JSON, empty for none.
    pub data: String,
}

impl Packet {
    /// Reads a packet.
    ///
    /// # Errors
    /// What is wrong with it. Of the data, only the beginning is looked at.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let kinds = [
            Kind::Connect,
            Kind::Disconnect,
            Kind::Event,
            Kind::Ack,
            Kind::ConnectError,
            Kind::BinaryEvent,
            Kind::BinaryAck,
        ];
        let first = text.bytes().next().map(|byte| byte.wrapping_sub(b'0'));
        let kind = kinds.into_iter().find(|kind| Some(*kind as u8) == first);
        let kind = kind.ok_or(EngineError::Protocol("a Socket.IO packet of unknown type"))?;
        let mut rest = &text[1..];
        let mut attachments = Some(0);
        if matches!(kind, Kind::BinaryEvent | Kind::BinaryAck) {
            let (count, after) =
                rest.split_once('-').ok_or(EngineError::Protocol("a packet without its attachments"))?;
            attachments = count.parse().ok().filter(|count| *count <= ATTACHMENTS_LIMIT);
            rest = after;
        }
        let attachments = attachments.ok_or(EngineError::Protocol("a bad number of attachments"))?;
        let mut namespace = "/";
        if rest.starts_with('/') {
            // Without data nothing ends the namespace but the packet.
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        // A query that servers of version 2 repeat is no part of it.
        let namespace = namespace.split('?').next().unwrap_or_default();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, data) = rest.split_at(digits);
        let id = match id {
            "" => None,
            id => Some(id.parse().map_err(|_| EngineError::Protocol("a bad acknowledgement number"))?),
        };
        if !data.is_empty() && !data.starts_with(['[', '{', '"']) {
            return Err(EngineError::Protocol("data of a Socket.IO packet that are no JSON"));
        }
        Ok(Packet { kind, attachments, namespace: namespace.to_owned(), id, data: data.to_owned() })
    }

    /// The packet as text.
    pub fn write(&self) -> String {
        let mut text = String::with_capacity(self.data.len() + self.namespace.len() + 16);
        text.push(char::from(b'0' + self.kind as u8));
        if matches!(self.kind, Kind::BinaryEvent | Kind::BinaryAck) {
            write!(text, "{}-", self.attachments).expect("a String");
        }
        if self.namespace != "/" {
            text.push_str(&self.namespace);
            text.push(',');
        }
        if let Some(id) = self.id {
            write!(text, "{id}").expect("a String");
        }
        text.push_str(&self.data);
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(kind: Kind, attachments: usize, namespace: &str, id: Option<u64>, data: &str) -> Packet {
        Packet { kind, attachments, namespace: namespace.to_owned(), id, data: data.to_owned() }
    }

    #[test]
    fn the_protocols_own_examples() {
        let cases = [
            ("0", packet(Kind::Connect, 0, "/", None, "")),
            ("0/admin,{\"token\":\"1\"}", packet(Kind::Connect, 0, "/admin", None, "{\"token\":\"1\"}")),
            ("1/admin,", packet(Kind::Disconnect, 0, "/admin", None, "")),
            ("2[\"foo\"]", packet(Kind::Event, 0, "/", None, "[\"foo\"]")),
            ("2/admin,456[\"bar\"]", packet(Kind::Event, 0, "/admin", Some(456), "[\"bar\"]")),
            ("3456[]", packet(Kind::Ack, 0, "/", Some(456), "[]")),
            (
                "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]",
                packet(Kind::BinaryEvent, 1, "/", None, "[\"baz\",{\"_placeholder\":true,\"num\":0}]"),
            ),
            ("61-/admin,456[1]", packet(Kind::BinaryAck, 1, "/admin", Some(456), "[1]")),
        ];
        for (text, expected) in cases {
            assert_eq!(Packet::parse(text).unwrap(), expected);
            assert_eq!(expected.write(), text);
        }
        assert_eq!(Packet::parse("0/admin").unwrap().namespace, "/admin");
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in
            ["", "7", "x", "5[1]", "5x-[1]", "51000000-[1]", "2999999999999999999999[]", "3/,/,", "2x", "ä"]
        {
            assert!(matches!(Packet::parse(text), Err(EngineError::Protocol(_))), "{text}");
        }
        for text in ["", "7", "b!", "ä", "4a\u{1e}"] {
            assert!(EnginePacket::parse_payload(text).is_err(), "{text}");
        }
    }

    #[test]
    fn payloads_hold_several_packets() {
        let mut payload = String::new();
        push_message(&mut payload, &Message::Text("hello".into()));
        push(&mut payload, &["2"]);
        push_message(&mut payload, &Message::Binary(vec![1, 2, 3, 4]));
        assert_eq!(payload, "4hello\u{1e}2\u{1e}bAQIDBA==");
        let packets = EnginePacket::parse_payload(&payload).unwrap();
        let message = |message| EnginePacket::Message(message);
        assert_eq!(
            packets,
            [
                message(Message::Text("hello".into())),
                EnginePacket::Ping(String::new()),
                message(Message::Binary(vec![1, 2, 3, 4])),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_at_all_is_survived(text in "[0-9b/,?\\[\\]{}\"ä\u{1e}-]{0,30}") {
            let _ = EnginePacket::parse_payload(&text);
            if let Ok(packet) = Packet::parse(&text) {
                let again = Packet::parse(&packet.write()).unwrap();
                prop_assert_eq!(again.write(), packet.write());
            }
        }
    }
}
