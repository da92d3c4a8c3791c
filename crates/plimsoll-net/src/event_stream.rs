//! Server-sent events: a response that is read while it comes, and the events in it.
//!
//! [`EventStream::open`] sends a request and waits for the head of the response; [`EventStream::poll_next`]
//! brings its events. [`EventParser`] is the format alone, without I/O. Reconnecting is the caller's.
//!
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::time::{Instant, timeout_at};

use crate::connect::connect;
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::h1::{self, Pieces};
use crate::http::inflate::Inflater;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::shared::Shared;
use crate::timings::{Stopwatch, Traffic};
use crate::tls::Alpn;

/// Bytes of one line, and of the data of one event.
pub const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its name; empty for `message`.
    pub name: String,
    /// What it says.
    pub data: String,
    /// The last id that the server has given, with this event or before.
    pub id: String,
}

/// Reads the format, in whatever pieces it arrives.
#[derive(Debug, Default)]
pub struct EventParser {
    /// A line whose end is still to come.
    line: Vec<u8>,
    /// Whether a line feed belongs to the carriage return before it.
    after_return: bool,
    begun: bool,
    name: String,
    data: String,
    has_data: bool,
    id: String,
    retry_ms: Option<u64>,
}

impl EventParser {
    /// Takes in what arrived, and adds the events that it completes to `events`.
    ///
    /// # Errors
    /// When a line or an event is larger than [`EVENT_LIMIT`].
    pub fn feed(&mut self, mut input: &[u8], events: &mut VecDeque<ServerEvent>) -> Result<(), NetError> {
        while let Some(&first) = input.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                input = &input[1..];
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', input) else {
                self.line.extend_from_slice(input);
                return self.check(self.line.len());
            };
            self.line.extend_from_slice(&input[..end]);
            self.check(self.line.len())?;
            self.after_return = input[end] == b'\r';
            input = &input[end + 1..];
            let line = std::mem::take(&mut self.line);
            events.extend(self.line(&line)?);
        }
        Ok(())
    }

    /// How long the server wants clients to wait before they come again, in milliseconds.
    pub fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    fn check(&self, size: usize) -> Result<(), NetError> {
        let too_large = NetError::TooLarge { part: "event", limit: EVENT_LIMIT as u64, unit: "bytes" };
        if size > EVENT_LIMIT { Err(too_large) } else { Ok(()) }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<ServerEvent>, NetError> {
        let is_first = !std::mem::replace(&mut self.begun, true);
        let line = line.strip_prefix(b"\xef\xbb\xbf".as_slice()).filter(|_| is_first).unwrap_or(line);
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.check(self.data.len())?;
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry_ms = value.parse().ok().or(self.retry_ms);
            }
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<ServerEvent> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| ServerEvent { name, data, id: self.id.clone() })
    }
}

/// What became of a request for events.
#[derive(Debug)]
pub struct Opened {
    /// When it was asked for.
    pub started_at: Instant,
    /// When the head of the response was there, or the failure.
    pub ended_at: Instant,
    /// What crossed the socket until then.
    pub traffic: Traffic,
    /// The address of the server, once it was connected to.
    pub remote: Option<SocketAddr>,
    /// The response, whatever its status.
    pub result: Result<EventStream, NetError>,
}

/// A response whose body is still coming.
#[derive(Debug)]
pub struct EventStream {
    /// Status and headers; the body is not in it.
    pub response: Response,
    shared: Shared,
    connection: Connection,
    pieces: Pieces,
    inflater: Inflater,
    parser: EventParser,
    events: VecDeque<ServerEvent>,
}

impl EventStream {
    /// Sends a request on a connection of its own, and waits for the head of the response.
    pub async fn open(shared: &Shared, request: &Request, deadline: Instant) -> Opened {
        let (mut watch, mut traffic) = (Stopwatch::start(), Traffic::default());
        let mut connection = None;
        let opening = async {
            request.validate()?;
            let origin = request.url.origin()?;
            let identity = request.identity.as_ref();
            let (alpn, local) = (Alpn::Http11, request.local);
            let made = connect(shared, origin, identity, alpn, local, &mut watch, &mut traffic).await?;
            let connection = connection.insert(made);
            watch.connection_ready();
            h1::begin(connection, shared, request, &mut watch).await
        };
        let begun = timeout_at(deadline, opening).await.unwrap_or(Err(NetError::RequestTimeout));
        let ended_at = Instant::now();
        if let Some(connection) = &mut connection {
            traffic.add(connection.take_traffic());
        }
        let remote = connection.as_ref().map(|connection| connection.remote);
        let result = begun.and_then(|(response, pieces)| {
            let connection = connection.ok_or(NetError::Eof)?;
            let inflater = Inflater::of(&response.headers);
            let (parser, events) = (EventParser::default(), VecDeque::new());
            Ok(EventStream { response, shared: shared.clone(), connection, pieces, inflater, parser, events })
        });
        Opened { started_at: watch.asked, ended_at, traffic, remote, result }
    }

    /// The next event; `None` at the end of the response.
    ///
    /// # Errors
    /// Why there will be no other.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<ServerEvent>, NetError>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Ok(Some(event)));
            }
            self.events = VecDeque::new();
            match std::task::ready!(self.pieces.poll_next(&mut self.connection, &self.shared, cx)) {
                Ok(Some(piece)) => {
                    let (parser, events) = (&mut self.parser, &mut self.events);
                    if let Err(error) = self.inflater.feed(&piece, |bytes| parser.feed(bytes, events)) {
                        return Poll::Ready(Err(error));
                    }
                }
                Ok(None) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// How long the server wants clients to wait before they come again, in milliseconds.
    pub fn retry_ms(&self) -> Option<u64> {
        self.parser.retry_ms()
    }

    /// When the last bytes came that were read.
    pub fn arrived_at(&self) -> Instant {
        self.connection.arrival().arrived
    }

    /// The bytes that crossed the socket since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        self.connection.take_traffic()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<[String; 3]> {
        let mut parser = EventParser::default();
        let mut events = VecDeque::new();
        for piece in pieces {
            parser.feed(piece, &mut events).unwrap();
        }
        events.into_iter().map(|event| [event.name, event.data, event.id]).collect()
    }

    fn event(name: &str, data: &str, id: &str) -> [String; 3] {
        [name, data, id].map(str::to_owned)
    }

    #[test]
    fn the_standards_examples() {
        let stock = "data: YHOO\ndata: +2\ndata: 10\n\n";
        assert_eq!(parse([stock.as_bytes()]), [event("", "YHOO\n+2\n10", "")]);
        let ids =
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        let expected =
            [event("", "first event", "1"), event("", "second event", ""), event("", " third event", "")];
        assert_eq!(parse([ids.as_bytes()]), expected);
        assert_eq!(
            parse([b"data\n\ndata\ndata\n\ndata:".as_slice()]),
            [event("", "", ""), event("", "\n", "")]
        );
        let names = "event: add\ndata: 7\n\nevent: gone\n\ndata: 8\n\n";
        assert_eq!(parse([names.as_bytes()]), [event("add", "7", ""), event("", "8", "")]);
    }

    #[test]
    fn all_ends_of_lines_and_a_mark_at_the_start() {
        let wire = b"\xef\xbb\xbfdata: a\r\ndata: b\rdata: c\n\r\nid: 5\r\rdata: d\n\n";
        let expected = [event("", "a\nb\nc", ""), event("", "d", "5")];
        assert_eq!(parse([wire.as_slice()]), expected);
        assert_eq!(parse(wire.chunks(1)), expected);
    }

    #[test]
    fn the_time_to_come_again_is_remembered() {
        let mut parser = EventParser::default();
        parser.feed(b"retry: 250\nretry: soon\n", &mut VecDeque::new()).unwrap();
        assert_eq!(parser.retry_ms(), Some(250));
    }

    #[test]
    fn endless_lines_and_events_are_refused() {
        let mut parser = EventParser::default();
        let mut events = VecDeque::new();
        let line = vec![b'x'; EVENT_LIMIT / 2 + 1];
        parser.feed(&line, &mut events).unwrap();
        assert!(matches!(parser.feed(&line, &mut events), Err(NetError::TooLarge { .. })));
        let mut parser = EventParser::default();
        let data = [b"data:".as_slice(), &line, b"\n"].concat();
        parser.feed(&data, &mut events).unwrap();
        assert!(matches!(parser.feed(&data, &mut events), Err(NetError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(text in "[dataid: \r\n\u{feff}ä]{0,60}", cut in any::<usize>()) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
            prop_assert_eq!(parse([first, second]), parse([bytes]));
            prop_assert_eq!(parse(bytes.chunks(1)), parse([bytes]));
        }
    }
}
