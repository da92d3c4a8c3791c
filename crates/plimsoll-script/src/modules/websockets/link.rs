//! The connection behind a `WebSocket`.
//!
//! ```text
//!            opened            close()           close frame, end, or no answer
//! Connecting -------> Open -------------> Open, closing --------> Closed
//!      '---------------- failed or close() ------------------------^
//! ```

use std::cell::{Cell, OnceCell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use plimsoll_metrics::{Symbol, TagKey, builtin};
use plimsoll_net::websocket::{Event, Handshake, WebSocket, WebSocketError};
use plimsoll_net::{CookieJar, Url};
use tokio::time::{Instant, Sleep};

use crate::modules::sockets::{Pings, Session, close_text};
use crate::modules::ws::status_text;
use crate::state::VuState;
use crate::worker::Target;

/// How long the server may take for its part of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a server is told when the iteration ends before the connection does.
const GOING_AWAY: u16 = 1001;

/// `readyState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    Connecting,
    Open,
    Closing,
    Closed,
}

/// What has happened.
#[derive(Debug)]
pub(super) enum Happening {
    Opened,
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong,
    /// The end, with what is wrong if something is.
    Ended {
        error: Option<String>,
        code: Option<u16>,
        reason: String,
    },
}

pub(super) type Opening = Pin<Box<dyn Future<Output = Handshake>>>;

enum Phase {
    Connecting(Opening),
    Open(Box<WebSocket>),
    Closed,
}

/// One connection.
pub(super) struct Link {
    state: Rc<VuState>,
    target: Rc<Target>,
    request_url: Url,
    tags: Vec<(TagKey, Symbol)>,
    jar: Rc<RefCell<CookieJar>>,
    phase: RefCell<Phase>,
    ready: Cell<Ready>,
    session: OnceCell<Session>,
    opened_at: Cell<Instant>,
    pings: RefCell<Pings>,
    /// Until when the server may answer `close()`.
    patience: RefCell<Option<Pin<Box<Sleep>>>>,
}

impl Link {
    pub(super) fn new(
        state: &Rc<VuState>,
        target: Rc<Target>,
        request_url: Url,
        tags: Vec<(TagKey, Symbol)>,
        jar: Rc<RefCell<CookieJar>>,
        opening: Opening,
    ) -> Self {
        Link {
            state: Rc::clone(state),
            target,
            request_url,
            tags,
            jar,
            phase: RefCell::new(Phase::Connecting(opening)),
            ready: Cell::new(Ready::Connecting),
            session: OnceCell::new(),
            opened_at: Cell::new(Instant::now()),
            pings: RefCell::default(),
            patience: RefCell::default(),
        }
    }

    pub(super) fn url(&self) -> &str {
        self.target.url.as_str()
    }

    /// Scheme, host and port of the URL.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.target.url.scheme().as_str(), self.target.url.authority())
    }

    pub(super) fn ready(&self) -> Ready {
        self.ready.get()
    }

    /// Asks about the open connection.
    pub(super) fn ask<T: Default>(&self, ask: impl FnOnce(&WebSocket) -> T) -> T {
        match &*self.phase.borrow() {
            Phase::Open(connection) => ask(connection),
            Phase::Connecting(_) | Phase::Closed => T::default(),
        }
    }

    /// Sends something; nothing happens when the connection is closing already, as the standard wants it.
    pub(super) fn send(&self, send: impl FnOnce(&mut WebSocket)) {
        if let (Ready::Open, Phase::Open(connection)) = (self.ready.get(), &mut *self.phase.borrow_mut()) {
            send(connection);
            self.count_sent();
        }
    }

    pub(super) fn ping(&self) {
        let payload = self.pings.borrow_mut().next();
        self.send(|connection| connection.ping(payload.as_bytes()));
    }

    /// Begins the end.
    pub(super) fn close(&self, code: Option<u16>, reason: &str) {
        match self.ready.get() {
            Ready::Connecting => {
                self.ready.set(Ready::Closing);
                *self.phase.borrow_mut() = Phase::Closed;
            }
            Ready::Open => {
                self.send(|connection| connection.close(code, reason));
                self.ready.set(Ready::Closing);
                *self.patience.borrow_mut() = Some(Box::pin(tokio::time::sleep(CLOSE_TIMEOUT)));
            }
            Ready::Closing | Ready::Closed => {}
        }
    }

    fn count_sent(&self) {
        self.count(|session| session.record(builtin::WS_MSGS_SENT, 1.0));
    }

    fn count(&self, record: impl FnOnce(&Session)) {
        if let Some(session) = self.session.get() {
            record(session);
        }
    }

    /// What happens next; `None` after the end.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Happening>> {
        if self.ready.get() == Ready::Closed {
            return Poll::Ready(None);
        }
        let mut phase = self.phase.borrow_mut();
        match &mut *phase {
            Phase::Connecting(opening) => match opening.as_mut().poll(cx) {
                Poll::Ready(handshake) => {
                    let (opened, happening) = self.opened(handshake);
                    *phase = opened;
                    Poll::Ready(Some(happening))
                }
                Poll::Pending => Poll::Pending,
            },
            Phase::Open(connection) => {
                let happening = match connection.poll_next(cx) {
                    Poll::Ready(event) => {
                        let came = connection.arrived_at();
                        self.received(event, came)
                    }
                    Poll::Pending if self.is_out_of_patience(cx) => {
                        Happening::Ended { error: None, code: Some(1006), reason: String::new() }
                    }
                    Poll::Pending => return Poll::Pending,
                };
                if matches!(happening, Happening::Ended { .. }) {
                    self.finish(connection);
                    *phase = Phase::Closed;
                }
                Poll::Ready(Some(happening))
            }
            // Closed by the script while it was connecting.
            Phase::Closed => {
                self.ready.set(Ready::Closed);
                let error = Some("websocket: closed before the connection was established".to_owned());
                Poll::Ready(Some(Happening::Ended { error, code: None, reason: String::new() }))
            }
        }
    }

    fn is_out_of_patience(&self, cx: &mut Context<'_>) -> bool {
        self.patience.borrow_mut().as_mut().is_some_and(|patience| patience.as_mut().poll(cx).is_ready())
    }

    fn opened(&self, handshake: Handshake) -> (Phase, Happening) {
        let session = Session::of_handshake(&self.state, &self.target, &self.tags, true, &handshake);
        let _ = self.session.set(session);
        self.state.count(handshake.traffic);
        if let Some(response) = &handshake.response {
            self.jar.borrow_mut().receive(&self.request_url, response);
        }
        match handshake.result {
            Ok(connection) => {
                self.ready.set(Ready::Open);
                self.opened_at.set(Instant::now());
                (Phase::Open(Box::new(connection)), Happening::Opened)
            }
            Err(error) => {
                self.ready.set(Ready::Closed);
                let text = error.to_string();
                let status = status_text(handshake.response.as_ref());
                let shown = format!("WebSocket \"{}\": {text}{status}", self.target.shown);
                self.state.worker.log_failure(error.code(), &shown);
                (Phase::Closed, Happening::Ended { error: Some(text), code: None, reason: String::new() })
            }
        }
    }

    fn received(&self, event: Result<Event, WebSocketError>, came: Instant) -> Happening {
        let received = || self.count(|session| session.record(builtin::WS_MSGS_RECEIVED, 1.0));
        match event {
            Ok(Event::Text(text)) => {
                received();
                Happening::Text(text)
            }
            Ok(Event::Binary(bytes)) => {
                received();
                Happening::Binary(bytes)
            }
            Ok(Event::Ping(_)) => Happening::Ping,
            Ok(Event::Pong(payload)) => {
                if let Some(sent) = self.pings.borrow_mut().answered(&payload) {
                    self.count(|session| session.record_between(builtin::WS_PING, sent, came));
                }
                Happening::Pong
            }
            Ok(Event::Close { code, reason }) => {
                let is_expected = matches!(code, None | Some(1000 | 1001)) || self.is_closing();
                let error = (!is_expected).then(|| close_text(code.unwrap_or(1005), &reason));
                Happening::Ended { error, code, reason }
            }
            // Some servers end the connection in place of a close frame.
            Err(WebSocketError::Eof) if self.is_closing() => {
                Happening::Ended { error: None, code: Some(1006), reason: String::new() }
            }
            Err(error) => {
                Happening::Ended { error: Some(error.to_string()), code: Some(1006), reason: String::new() }
            }
        }
    }

    fn is_closing(&self) -> bool {
        self.ready.get() == Ready::Closing
    }

    fn finish(&self, connection: &mut WebSocket) {
        self.ready.set(Ready::Closed);
        self.state.count(connection.take_traffic());
        let opened_at = self.opened_at.get();
        self.count(|session| session.record_since(builtin::WS_SESSION_DURATION, opened_at));
    }

    /// The iteration is over, the connection is not.
    pub(super) fn abandon(&self) {
        self.ready.set(Ready::Closed);
        if let Phase::Open(connection) = self.phase.replace(Phase::Closed) {
            self.state.count(connection.abandon(GOING_AWAY));
        }
    }
}
