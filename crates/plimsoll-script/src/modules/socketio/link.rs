//! The connection behind a socket.
//!
//! ```text
//!            a session          the namespace          close, loss
//! Opening ────────────► Open ──────────────► (connected) ──────────► Closing ─► Idle
//!    ▲                                                                           │
//!    └──────────────────────────── Waiting ◄──── if it shall reconnect ──────────┘
//! ```

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use plimsoll_metrics::MetricId;
use plimsoll_net::engineio::packet::{Kind, Packet};
use plimsoll_net::engineio::{Engine, EngineError, Message, Opened, Transport};
use tokio::time::{Instant, Sleep};

use super::Metrics;
use super::options::Settings;
use crate::state::VuState;

/// How long the end of a session may take to reach the server.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that a socket keeps for the time when it is connected; beyond that the oldest packets are lost.
const BUFFER_LIMIT: usize = 64 << 20;

/// What has happened.
pub(super) enum Happening {
    /// There is a session; the namespace is still to be asked for.
    Session,
    /// A packet with its attachments.
    Packet(Packet, Vec<Vec<u8>>),
    /// There is no connection.
    Refused { message: &'static str, description: String },
    /// The connection has ended.
    Lost { reason: &'static str, description: String },
    /// Somebody has waited long enough for an acknowledgement.
    Late,
}

/// A packet and its attachments.
type Whole = (Packet, Vec<Vec<u8>>);

enum Phase {
    Idle,
    Opening(Pin<Box<dyn Future<Output = Opened>>>),
    Open(Box<Engine>),
    Closing(Box<Engine>, Pin<Box<Sleep>>),
    Waiting(Pin<Box<Sleep>>),
}

/// One connection.
pub(super) struct Link {
    pub(super) state: Rc<VuState>,
    pub(super) metrics: Metrics,
    pub(super) settings: Settings,
    phase: RefCell<Phase>,
    /// The number by which the namespace knows the socket, while it is connected.
    pub(super) id: RefCell<Option<String>>,
    started_at: Cell<Instant>,
    /// Until when the namespace must have answered.
    connect_limit: RefCell<Option<Pin<Box<Sleep>>>>,
    /// A packet whose attachments are still to come.
    partial: RefCell<Option<Whole>>,
    /// What is to be sent when the socket is connected.
    buffer: RefCell<Vec<Message>>,
    next_ack: Cell<u64>,
    ack_timer: RefCell<Option<Pin<Box<Sleep>>>>,
    attempts: Cell<u32>,
    /// When the last packet came.
    arrived_at: Cell<Instant>,
    pub(super) attached: Cell<bool>,
}

impl Link {
    pub(super) fn new(state: &Rc<VuState>, metrics: Metrics, settings: Settings) -> Self {
        Link {
            state: Rc::clone(state),
            metrics,
            settings,
            phase: RefCell::new(Phase::Idle),
            id: RefCell::default(),
            started_at: Cell::new(Instant::now()),
            connect_limit: RefCell::default(),
            partial: RefCell::default(),
            buffer: RefCell::default(),
            next_ack: Cell::new(0),
            ack_timer: RefCell::default(),
            attempts: Cell::new(0),
            arrived_at: Cell::new(Instant::now()),
            attached: Cell::new(false),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.id.borrow().is_some()
    }

    /// Whether it is connected or about to be.
    pub(super) fn is_active(&self) -> bool {
        !matches!(&*self.phase.borrow(), Phase::Idle | Phase::Closing(..))
    }

    pub(super) fn transport(&self) -> Option<Transport> {
        match &*self.phase.borrow() {
            Phase::Open(engine) => Some(engine.transport()),
            _ => None,
        }
    }

    /// Begins to connect.
    pub(super) fn open(&self) {
        self.started_at.set(Instant::now());
        self.record(self.metrics.sessions, 1.0, None);
        let deadline = Instant::now() + self.settings.timeout;
        *self.connect_limit.borrow_mut() = Some(Box::pin(tokio::time::sleep_until(deadline)));
        let shared = self.state.worker.net.clone();
        let address = self.settings.address.clone();
        let (transports, upgrade) = (self.settings.transports.clone(), self.settings.upgrade);
        let opening = async move { Engine::open(&shared, &address, &transports, upgrade, deadline).await };
        let before = self.phase.replace(Phase::Opening(Box::pin(opening)));
        self.count_last(before);
    }

    /// The namespace has let the socket in.
    pub(super) fn connected(&self, id: String) {
        *self.id.borrow_mut() = Some(id);
        *self.connect_limit.borrow_mut() = None;
        self.attempts.set(0);
        let took = self.started_at.get().elapsed();
        self.record(self.metrics.connecting, took.as_secs_f64() * 1e3, None);
        let waiting = self.buffer.take();
        waiting.into_iter().for_each(|message| self.transmit(message));
    }

    /// The number for the next acknowledgement.
    pub(super) fn ack_id(&self) -> u64 {
        self.next_ack.replace(self.next_ack.get() + 1)
    }

    /// Sends a packet with its attachments; before the socket is connected it waits.
    pub(super) fn send(&self, kind: Kind, id: Option<u64>, data: String, attachments: Vec<Vec<u8>>) {
        let packet = Packet {
            kind,
            attachments: attachments.len(),
            namespace: self.settings.namespace.clone(),
            id,
            data,
        };
        let text = Message::Text(packet.write());
        let messages = std::iter::once(text).chain(attachments.into_iter().map(Message::Binary));
        if self.is_connected() || matches!(kind, Kind::Connect) {
            messages.for_each(|message| self.transmit(message));
        } else {
            self.keep(messages);
        }
    }

    fn keep(&self, messages: impl Iterator<Item = Message>) {
        let mut buffer = self.buffer.borrow_mut();
        let size = |message: &Message| match message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
        };
        buffer.extend(messages);
        if buffer.iter().map(size).sum::<usize>() > BUFFER_LIMIT {
            buffer.clear();
        }
    }

    fn transmit(&self, message: Message) {
        if let Phase::Open(engine) = &mut *self.phase.borrow_mut() {
            engine.send(message);
        }
    }

    /// Ends the session, politely if there is one; says whether the socket was connected.
    pub(super) fn close(&self) -> bool {
        if self.is_connected() {
            self.send(Kind::Disconnect, None, String::new(), Vec::new());
        }
        let was_connected = self.id.take().is_some();
        *self.connect_limit.borrow_mut() = None;
        self.partial.take();
        let next = match self.phase.replace(Phase::Idle) {
            Phase::Open(mut engine) => {
                engine.close();
                Phase::Closing(engine, Box::pin(tokio::time::sleep(LINGER)))
            }
            closing @ Phase::Closing(..) => closing,
            Phase::Idle | Phase::Opening(_) | Phase::Waiting(_) => Phase::Idle,
        };
        *self.phase.borrow_mut() = next;
        was_connected
    }

    /// Plans another attempt, if there shall be one.
    pub(super) fn plan_another(&self) {
        let Some(reconnection) = &self.settings.reconnection else { return };
        let attempt = self.attempts.replace(self.attempts.get() + 1);
        if f64::from(attempt) < reconnection.attempts {
            // Which users come back first must not be the same each time, that is all.
            let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
            let delay = reconnection.delay(attempt, random);
            *self.phase.borrow_mut() = Phase::Waiting(Box::pin(tokio::time::sleep(delay)));
        }
    }

    /// Sets when somebody loses the patience for an acknowledgement.
    pub(super) fn set_ack_timer(&self, deadline: Option<Instant>) {
        *self.ack_timer.borrow_mut() = deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline)));
    }

    /// What happens next; `None` when nothing will.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Happening>> {
        if is_due(&self.ack_timer, cx) {
            return Poll::Ready(Some(Happening::Late));
        }
        loop {
            let mut phase = self.phase.borrow_mut();
            match &mut *phase {
                Phase::Idle => return Poll::Ready(None),
                Phase::Waiting(delay) => {
                    std::task::ready!(delay.as_mut().poll(cx));
                    drop(phase);
                    self.open();
                }
                Phase::Closing(engine, limit) => {
                    if engine.poll_closed(cx).is_pending() && limit.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.state.count(engine.take_traffic());
                    *phase = Phase::Idle;
                }
                Phase::Opening(opening) => {
                    let opened = std::task::ready!(opening.as_mut().poll(cx));
                    self.state.count(opened.traffic);
                    return match opened.result {
                        Ok(engine) => {
                            *phase = Phase::Open(Box::new(engine));
                            Poll::Ready(Some(Happening::Session))
                        }
                        Err(error) => {
                            *phase = Phase::Idle;
                            Poll::Ready(Some(self.refused(&error)))
                        }
                    };
                }
                Phase::Open(engine) => match engine.poll_next(cx) {
                    Poll::Ready(Ok(message)) => match self.assemble(message) {
                        Ok(None) => {}
                        Ok(Some((packet, attachments))) => {
                            self.arrived_at.set(engine.arrived_at());
                            return Poll::Ready(Some(Happening::Packet(packet, attachments)));
                        }
                        Err(error) => return Poll::Ready(Some(self.lost(&mut phase, &error))),
                    },
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(self.lost(&mut phase, &error))),
                    Poll::Pending if is_due(&self.connect_limit, cx) => {
                        return Poll::Ready(Some(self.lost(&mut phase, &EngineError::Timeout)));
                    }
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    fn refused(&self, error: &EngineError) -> Happening {
        let message = match (error, self.settings.transports.first()) {
            (EngineError::Timeout, _) => "timeout",
            (_, Some(Transport::Polling)) => "xhr poll error",
            _ => "websocket error",
        };
        let description = error.to_string();
        let text = format!("Socket.IO \"{}\": {description}", self.settings.address.base());
        self.state.worker.log_failure(plimsoll_net::ErrorCode::GENERIC.get(), &text);
        Happening::Refused { message, description }
    }

    /// The session is over.
    fn lost(&self, phase: &mut Phase, error: &EngineError) -> Happening {
        if let Phase::Open(mut engine) = std::mem::replace(phase, Phase::Idle) {
            self.state.count(engine.take_traffic());
        }
        self.partial.take();
        *self.connect_limit.borrow_mut() = None;
        if self.id.take().is_none() {
            return self.refused(error);
        }
        let reason = match error {
            EngineError::Silence(_) => "ping timeout",
            EngineError::Protocol(_) => "parse error",
            EngineError::Closed => "transport close",
            _ => "transport error",
        };
        Happening::Lost { reason, description: error.to_string() }
    }

    /// Puts a packet and its attachments together.
    fn assemble(&self, message: Message) -> Result<Option<Whole>, EngineError> {
        let mut partial = self.partial.borrow_mut();
        let (packet, attachments) = match (message, partial.take()) {
            (Message::Text(text), None) => (Packet::parse(&text)?, Vec::new()),
            (Message::Binary(bytes), Some((packet, mut attachments))) => {
                attachments.push(bytes);
                (packet, attachments)
            }
            (Message::Text(_), Some(_)) => {
                return Err(EngineError::Protocol("a packet in place of an attachment"));
            }
            (Message::Binary(_), None) => {
                return Err(EngineError::Protocol("an attachment without its packet"));
            }
        };
        if attachments.len() < packet.attachments {
            *partial = Some((packet, attachments));
            return Ok(None);
        }
        Ok(Some((packet, attachments)).filter(|(packet, _)| packet.namespace == self.settings.namespace))
    }

    /// Records a value, of an event if it belongs to one.
    pub(super) fn record(&self, metric: MetricId, value: f64, event: Option<&str>) {
        let mut tags = self.settings.tags.clone();
        if let Some(event) = event {
            let mut shard = self.state.worker.shard();
            let key = shard.tag_key("event");
            tags.push((key, shard.symbol(event)));
        }
        self.state.record(metric, value, &tags);
    }

    /// Records how long the server took for an acknowledgement that has come.
    pub(super) fn record_acknowledgement(&self, sent_at: Instant, event: &str) {
        let took = self.arrived_at.get().saturating_duration_since(sent_at);
        self.record(self.metrics.ack_duration, took.as_secs_f64() * 1e3, Some(event));
    }

    /// The iteration is over, the connection is not.
    pub(super) fn abandon(&self) {
        self.attached.set(false);
        self.close();
        self.count_last(self.phase.replace(Phase::Idle));
    }

    /// Counts what a session moved that was cut off while it said goodbye.
    fn count_last(&self, phase: Phase) {
        if let Phase::Closing(mut engine, _) = phase {
            self.state.count(engine.take_traffic());
        }
    }
}

/// Whether the time is over; a timer that has gone off is gone.
fn is_due(timer: &RefCell<Option<Pin<Box<Sleep>>>>, cx: &mut Context<'_>) -> bool {
    let mut timer = timer.borrow_mut();
    let due = timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready());
    if due {
        *timer = None;
    }
    due
}
