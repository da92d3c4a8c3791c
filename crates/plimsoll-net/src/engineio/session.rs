//! One session: its transport, its heartbeat, its way from polling to a WebSocket.
//!
//! ```text
//! polling ── a WebSocket is open, 2probe sent, 3probe received ──► no further requests
//!         ── the last answer is there ──► 5 sent ──► websocket
//! ```

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, Sleep, timeout_at};

use super::packet::EnginePacket;
use super::polling::{CLOSE, Item, Polling};
use super::{Address, EngineError, Message, Transport};
use crate::client::Client;
use crate::http::request::Method;
use crate::shared::Shared;
use crate::timings::Traffic;
use crate::websocket::{Event, Handshake, WebSocket, WebSocketError, handshake};

/// The text that tests a WebSocket before the session moves to it.
const PROBE: &str = "probe";
/// How long the test may take. If it fails, the session stays where it is.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);
/// What servers say when they do not say how much they take at once.
const PAYLOAD_LIMIT: usize = 100_000;

/// What the server says when a session begins.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    sid: String,
    #[serde(default)]
    upgrades: Vec<String>,
    ping_interval: u32,
    ping_timeout: u32,
    #[serde(default)]
    max_payload: Option<usize>,
}

/// An open session. Dropping it ends its connections without a word.
pub struct Engine {
    id: Box<str>,
    carrier: Carrier,
    upgrade: Option<Upgrade>,
    /// When the server has been silent for too long.
    silence: Pin<Box<Sleep>>,
    patience: Duration,
    incoming: VecDeque<Message>,
    traffic: Traffic,
    end: Option<EngineError>,
}

enum Carrier {
    Polling(Box<Polling>),
    WebSocket(Box<WebSocket>),
}

/// The way from polling to a WebSocket.
enum Upgrade {
    Probing(Pin<Box<dyn Future<Output = (Traffic, Option<WebSocket>)>>>),
    /// The probe was answered; the requests on their way come to their end.
    Waiting(Box<WebSocket>),
}

/// What became of an attempt.
pub struct Opened {
    /// What crossed the sockets meanwhile.
    pub traffic: Traffic,
    /// The address of the server, once it was connected to.
    pub remote: Option<SocketAddr>,
    /// The session.
    pub result: Result<Engine, EngineError>,
}

impl Engine {
    /// Asks for a session on the first of the transports, and moves to a WebSocket later if that is among
    /// them and `upgrade` is set.
    pub async fn open(
        shared: &Shared,
        address: &Address,
        transports: &[Transport],
        upgrade: bool,
        deadline: Instant,
    ) -> Opened {
        match transports.first() {
            Some(Transport::Polling) => {
                let upgrade = upgrade && transports.contains(&Transport::WebSocket);
                Self::open_polling(shared, address, upgrade, deadline).await
            }
            _ => Self::open_websocket(shared, address, deadline).await,
        }
    }

    async fn open_polling(shared: &Shared, address: &Address, upgrade: bool, deadline: Instant) -> Opened {
        let client = Rc::new(Client::new(shared.clone()));
        let (exchange, packets, jar) = Polling::ask(&client, address, deadline).await;
        let (traffic, remote) = (exchange.traffic, exchange.remote);
        let result = packets.and_then(|packets| {
            let mut packets = packets.into_iter();
            let terms = terms(packets.next())?;
            let limit = terms.max_payload.unwrap_or(PAYLOAD_LIMIT);
            let polling = Polling::new(client, address.clone(), terms.sid.clone(), jar, limit);
            let mut engine = Engine::new(Carrier::Polling(Box::new(polling)), &terms);
            packets.for_each(|packet| engine.take_in(packet));
            if upgrade && terms.upgrades.iter().any(|name| name == Transport::WebSocket.as_str()) {
                let probe = probe(shared.clone(), address.clone(), terms.sid);
                engine.upgrade = Some(Upgrade::Probing(Box::pin(probe)));
            }
            Ok(engine)
        });
        Opened { traffic, remote, result }
    }

    async fn open_websocket(shared: &Shared, address: &Address, deadline: Instant) -> Opened {
        let request = address.request(Method::GET, Transport::WebSocket, None);
        let request = request.unwrap_or_else(|_| unreachable!("the address is a URL"));
        let handshake = handshake::open(shared, request, "", false, deadline).await;
        let Handshake { mut traffic, remote, response, result, .. } = handshake;
        let mut socket = match result {
            Ok(socket) => socket,
            Err(error) => {
                let refused = response.filter(|response| response.status != 101).map(|response| {
                    let message = String::from_utf8_lossy(&response.body).chars().take(200).collect();
                    EngineError::Refused { status: response.status, message }
                });
                let error = refused.unwrap_or_else(|| EngineError::Transport(error.to_string()));
                return Opened { traffic, remote, result: Err(error) };
            }
        };
        let first = timeout_at(deadline, socket.next()).await;
        traffic.add(socket.take_traffic());
        let result = match first {
            Err(_) => Err(EngineError::Timeout),
            Ok(Err(error)) => Err(failure(&error)),
            Ok(Ok(Event::Text(text))) => EnginePacket::parse(&text).and_then(|packet| terms(Some(packet))),
            Ok(Ok(_)) => Err(EngineError::Protocol("a session that does not begin with its terms")),
        };
        let result = result.map(|terms| Engine::new(Carrier::WebSocket(Box::new(socket)), &terms));
        Opened { traffic, remote, result }
    }

    fn new(carrier: Carrier, terms: &Terms) -> Self {
        let patience = Duration::from_millis(u64::from(terms.ping_interval) + u64::from(terms.ping_timeout));
        Self {
            id: terms.sid.as_str().into(),
            carrier,
            upgrade: None,
            silence: Box::pin(tokio::time::sleep(patience)),
            patience,
            incoming: VecDeque::new(),
            traffic: Traffic::default(),
            end: None,
        }
    }

    /// The session's number.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What carries the messages now.
    pub fn transport(&self) -> Transport {
        match &self.carrier {
            Carrier::Polling(_) => Transport::Polling,
            Carrier::WebSocket(_) => Transport::WebSocket,
        }
    }

    /// When the last bytes came that were read.
    pub fn arrived_at(&self) -> Instant {
        match &self.carrier {
            Carrier::Polling(polling) => polling.arrived_at(),
            Carrier::WebSocket(socket) => socket.arrived_at(),
        }
    }

    /// Sends a message without waiting.
    pub fn send(&mut self, message: Message) {
        self.carrier.send(Item::Message(message));
    }

    /// Tells the server that the session ends. [`poll_closed`](Self::poll_closed) waits until it is told.
    pub fn close(&mut self) {
        self.upgrade = None;
        self.carrier.close();
    }

    /// Ready when everything is written.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = self.poll_next(cx);
        let is_flushed = match &self.carrier {
            Carrier::Polling(polling) => polling.is_flushed(),
            Carrier::WebSocket(socket) => socket.buffered() == 0,
        };
        if is_flushed || self.end.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The bytes that crossed the sockets since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        let mut traffic = std::mem::take(&mut self.traffic);
        traffic.add(match &mut self.carrier {
            Carrier::Polling(polling) => polling.take_traffic(),
            Carrier::WebSocket(socket) => socket.take_traffic(),
        });
        if let Some(Upgrade::Waiting(socket)) = &mut self.upgrade {
            traffic.add(socket.take_traffic());
        }
        traffic
    }

    /// The next message. After an error there is no other.
    ///
    /// # Errors
    /// Why the session has ended.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, EngineError>> {
        loop {
            if let Some(message) = self.incoming.pop_front() {
                return Poll::Ready(Ok(message));
            }
            self.incoming = VecDeque::new();
            if let Some(error) = &self.end {
                return Poll::Ready(Err(error.clone()));
            }
            self.poll_upgrade(cx);
            match self.poll_carrier(cx) {
                Poll::Ready(Ok(packets)) => packets.into_iter().for_each(|packet| self.take_in(packet)),
                Poll::Ready(Err(error)) => self.end = Some(error),
                Poll::Pending => {
                    if self.silence.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.end = Some(EngineError::Silence(self.patience.as_millis()));
                }
            }
        }
    }

    fn poll_carrier(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<EnginePacket>, EngineError>> {
        match &mut self.carrier {
            Carrier::Polling(polling) => {
                let polled = polling.poll_next(cx);
                // The last answer may be what the change of transport waits for.
                if polled.is_pending() && self.upgrade.is_some() && self.finish_upgrade() {
                    return Poll::Ready(Ok(Vec::new()));
                }
                polled
            }
            Carrier::WebSocket(socket) => socket.poll_next(cx).map(|event| match event {
                Ok(Event::Text(text)) => EnginePacket::parse(&text).map(|packet| vec![packet]),
                Ok(Event::Binary(bytes)) => Ok(vec![EnginePacket::Message(Message::Binary(bytes))]),
                Ok(Event::Ping(_) | Event::Pong(_)) => Ok(Vec::new()),
                Ok(Event::Close { .. }) => Err(EngineError::Closed),
                Err(error) => Err(failure(&error)),
            }),
        }
    }

    fn poll_upgrade(&mut self, cx: &mut Context<'_>) {
        let Some(Upgrade::Probing(probe)) = &mut self.upgrade else { return };
        let Poll::Ready((traffic, socket)) = probe.as_mut().poll(cx) else { return };
        self.traffic.add(traffic);
        self.upgrade = socket.map(|socket| Upgrade::Waiting(Box::new(socket)));
        if let (Some(_), Carrier::Polling(polling)) = (&self.upgrade, &mut self.carrier) {
            polling.paused = true;
        }
    }

    /// Changes the transport if nothing is on its way any more.
    fn finish_upgrade(&mut self) -> bool {
        let Carrier::Polling(polling) = &mut self.carrier else { return false };
        if !polling.rests() || !polling.paused {
            return false;
        }
        let Some(Upgrade::Waiting(mut socket)) = self.upgrade.take() else { return false };
        self.traffic.add(polling.take_traffic());
        socket.send_text("5");
        let unsent = polling.take_outbox();
        self.carrier = Carrier::WebSocket(socket);
        unsent.into_iter().for_each(|item| self.carrier.send(item));
        true
    }

    fn take_in(&mut self, packet: EnginePacket) {
        match packet {
            EnginePacket::Message(message) => self.incoming.push_back(message),
            EnginePacket::Ping(text) => {
                self.carrier.send(Item::Packet(format!("3{text}")));
                self.silence.as_mut().reset(Instant::now() + self.patience);
            }
            EnginePacket::Close => self.end = Some(EngineError::Closed),
            EnginePacket::Open(_) | EnginePacket::Pong(_) | EnginePacket::Upgrade | EnginePacket::Noop => {}
        }
    }
}

impl Carrier {
    fn send(&mut self, item: Item) {
        match (self, item) {
            (Carrier::Polling(polling), item) => polling.send(item),
            (Carrier::WebSocket(socket), Item::Packet(text)) => socket.send_text(&text),
            (Carrier::WebSocket(socket), Item::Message(Message::Text(text))) => {
                socket.send_text(&format!("4{text}"));
            }
            (Carrier::WebSocket(socket), Item::Message(Message::Binary(bytes))) => socket.send_binary(&bytes),
        }
    }

    fn close(&mut self) {
        match self {
            Carrier::Polling(polling) => {
                polling.paused = false;
                polling.send(Item::Packet(CLOSE.to_owned()));
            }
            Carrier::WebSocket(socket) => {
                socket.send_text(CLOSE);
                socket.close(Some(1000), "");
            }
        }
    }
}

/// What a lost WebSocket means.
fn failure(error: &WebSocketError) -> EngineError {
    match error {
        WebSocketError::Eof => EngineError::Closed,
        error => EngineError::Transport(error.to_string()),
    }
}

fn terms(packet: Option<EnginePacket>) -> Result<Terms, EngineError> {
    let Some(EnginePacket::Open(json)) = packet else {
        return Err(EngineError::Protocol("a session that does not begin with its terms"));
    };
    serde_json::from_str(&json).map_err(|_| EngineError::Protocol("the terms of the session are no JSON"))
}

/// Opens a WebSocket for a session and tests it.
async fn probe(shared: Shared, address: Address, session: String) -> (Traffic, Option<WebSocket>) {
    let deadline = Instant::now() + PROBE_TIMEOUT;
    let Ok(request) = address.request(Method::GET, Transport::WebSocket, Some(&session)) else {
        return (Traffic::default(), None);
    };
    let handshake = handshake::open(&shared, request, "", false, deadline).await;
    let Ok(mut socket) = handshake.result else { return (handshake.traffic, None) };
    socket.send_text(&format!("2{PROBE}"));
    let answer = timeout_at(deadline, socket.next()).await;
    let is_alive = matches!(answer, Ok(Ok(Event::Text(text))) if text == format!("3{PROBE}"));
    let mut traffic = handshake.traffic;
    traffic.add(socket.take_traffic());
    (traffic, is_alive.then_some(socket))
}
