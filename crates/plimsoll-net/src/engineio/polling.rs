//! The transport of requests: one that waits for what the server has to say, one for what it is told.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::packet::{EnginePacket, push, push_message};
use super::{Address, EngineError, Message, Transport};
use crate::client::{Client, Exchange};
use crate::http::cookies::CookieJar;
use crate::http::request::{Method, Request};
use crate::timings::Traffic;

/// A request that waits is answered at the next heartbeat at the latest; this is for servers that forget it.
const LONGEST: Duration = Duration::from_secs(600);

/// The packet that ends a session.
pub(super) const CLOSE: &str = "1";

type InFlight = Pin<Box<dyn Future<Output = Exchange>>>;

/// One session over requests.
pub(super) struct Polling {
    client: Rc<Client>,
    address: Address,
    session: String,
    /// Cookies of the server, by which balancers find it again.
    jar: CookieJar,
    /// When the last answer came.
    arrived_at: Instant,
    listening: Option<InFlight>,
    telling: Option<InFlight>,
    outbox: Vec<Item>,
    payload_limit: usize,
    /// No further request is made, since the session is about to change its transport.
    pub(super) paused: bool,
    traffic: Traffic,
}

/// What is to be sent.
pub(super) enum Item {
    Message(Message),
    Packet(String),
}

impl std::fmt::Debug for Polling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Polling").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Polling {
    /// Asks for a session: the packets that the server begins with, and what the exchange was.
    pub(super) async fn ask(
        client: &Client,
        address: &Address,
        deadline: Instant,
    ) -> (Exchange, Result<Vec<EnginePacket>, EngineError>, CookieJar) {
        let mut jar = CookieJar::new();
        // The address was parsed before, so that the request can be made.
        let request = address.request(Method::GET, Transport::Polling, None);
        let request = request.unwrap_or_else(|_| unreachable!("the address is a URL"));
        let mut exchange = client.exchange(&request, deadline).await;
        if let Ok(response) = &exchange.result {
            jar.receive(&request.url, response);
        }
        let packets = packets(client, &mut exchange);
        (exchange, packets, jar)
    }

    pub(super) fn new(
        client: Rc<Client>,
        address: Address,
        session: String,
        jar: CookieJar,
        payload_limit: usize,
    ) -> Self {
        Self {
            client,
            address,
            session,
            jar,
            arrived_at: Instant::now(),
            listening: None,
            telling: None,
            outbox: Vec::new(),
            payload_limit,
            paused: false,
            traffic: Traffic::default(),
        }
    }

    pub(super) fn arrived_at(&self) -> Instant {
        self.arrived_at
    }

    pub(super) fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }

    pub(super) fn send(&mut self, item: Item) {
        self.outbox.push(item);
    }

    /// What is still to be sent, for another transport.
    pub(super) fn take_outbox(&mut self) -> Vec<Item> {
        std::mem::take(&mut self.outbox)
    }

    /// Whether no request is on its way.
    pub(super) fn rests(&self) -> bool {
        self.listening.is_none() && self.telling.is_none()
    }

    /// Whether everything is sent that was to be sent.
    pub(super) fn is_flushed(&self) -> bool {
        self.telling.is_none() && self.outbox.is_empty()
    }

    /// The packets of the next answer.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<EnginePacket>, EngineError>> {
        loop {
            self.begin();
            if let Some(Poll::Ready(exchange)) = poll(&mut self.telling, cx) {
                if let Err(error) = self.conclude(exchange).1 {
                    return Poll::Ready(Err(error));
                }
                continue;
            }
            return match poll(&mut self.listening, cx) {
                Some(Poll::Ready(exchange)) => {
                    let (mut exchange, answered) = self.conclude(exchange);
                    self.arrived_at = exchange.ended_at;
                    Poll::Ready(answered.and_then(|()| packets(&self.client, &mut exchange)))
                }
                _ => Poll::Pending,
            };
        }
    }

    /// Makes the requests that are to be made.
    fn begin(&mut self) {
        if self.paused {
            return;
        }
        if self.telling.is_none() && !self.outbox.is_empty() {
            let payload = self.payload();
            self.telling = Some(self.request(Method::POST, Some(payload.into())));
        }
        if self.listening.is_none() {
            self.listening = Some(self.request(Method::GET, None));
        }
    }

    /// As much of what is to be sent as the server takes at once, at least one packet.
    fn payload(&mut self) -> String {
        let mut payload = String::new();
        let mut items = std::mem::take(&mut self.outbox).into_iter().peekable();
        while let Some(item) = items.peek() {
            let before = payload.len();
            // Servers end a session before they have looked at what comes with its end.
            if before > 0 && matches!(item, Item::Packet(packet) if packet == CLOSE) {
                break;
            }
            match item {
                Item::Message(message) => push_message(&mut payload, message),
                Item::Packet(packet) => push(&mut payload, &[packet]),
            }
            if before > 0 && payload.len() > self.payload_limit {
                payload.truncate(before);
                break;
            }
            items.next();
        }
        self.outbox = items.collect();
        payload
    }

    fn request(&self, method: Method, body: Option<Bytes>) -> InFlight {
        let request = self.address.request(method, Transport::Polling, Some(&self.session));
        let mut request = request.unwrap_or_else(|_| unreachable!("the address is a URL"));
        self.add_cookies(&mut request);
        if body.is_some() {
            request.headers.set("Content-Type", "text/plain;charset=UTF-8");
        }
        request.body = body.map(Into::into);
        let client = Rc::clone(&self.client);
        Box::pin(async move { client.exchange(&request, Instant::now() + LONGEST).await })
    }

    fn add_cookies(&self, request: &mut Request) {
        let kept = self.jar.cookies_for_url(&request.url);
        if !kept.is_empty() {
            let own = request.headers.get("Cookie").map(str::to_owned);
            let kept = kept.iter().map(|(name, value)| format!("{name}={value}"));
            let cookies: Vec<String> = own.into_iter().chain(kept).collect();
            request.headers.set("Cookie", &cookies.join("; "));
        }
    }

    fn conclude(&mut self, exchange: Exchange) -> (Exchange, Result<(), EngineError>) {
        self.traffic.add(exchange.traffic);
        let answered = check(&exchange);
        (exchange, answered)
    }
}

/// Polls what is in flight, and takes it away when it has ended.
fn poll(in_flight: &mut Option<InFlight>, cx: &mut Context<'_>) -> Option<Poll<Exchange>> {
    let polled = in_flight.as_mut()?.as_mut().poll(cx);
    if polled.is_ready() {
        *in_flight = None;
    }
    Some(polled)
}

/// Whether the server took the request.
fn check(exchange: &Exchange) -> Result<(), EngineError> {
    let response = exchange.result.as_ref().map_err(|error| EngineError::Transport(error.to_string()))?;
    if response.status == 200 {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&response.body);
    let told = serde_json::from_str::<serde_json::Value>(&body).ok();
    let told = told.as_ref().and_then(|told| told["message"].as_str());
    let message = told.map_or_else(|| body.chars().take(200).collect(), str::to_owned);
    Err(EngineError::Refused { status: response.status, message })
}

fn packets(client: &Client, exchange: &mut Exchange) -> Result<Vec<EnginePacket>, EngineError> {
    check(exchange)?;
    let limit = client.shared().options().limits.body_bytes;
    let response = exchange.result.as_mut().map_err(|error| EngineError::Transport(error.to_string()))?;
    response.decode_body(limit).map_err(|error| EngineError::Transport(error.to_string()))?;
    let payload = str::from_utf8(&response.body);
    EnginePacket::parse_payload(payload.map_err(|_| EngineError::Protocol("a payload that is no UTF-8"))?)
}
