//! HTTP/2 on a connection that exchanges share.
//!
//! ```text
//!   exchange --turn--> stream --frames--> driver (a task) --bytes--> socket
//! ```
//!
//! The protocol is the `h2` crate's. What is ours: a [`Session`] is one connection, and the task that moves
//! its bytes; an exchange takes a [`Turn`] on it, of which there are as many at once as the server allows,
//! and waits for one as it would for a connection. Times are taken by the driver where it reads and writes,
//! so that an answer that waits for its turn on this thread does not look slow.
//!
//! Dropping an exchange resets its stream (CANCEL) and leaves the connection to the others.

mod driver;
mod failure;
mod head;

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{RecvStream, SendStream};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use self::driver::{Marks, Wire, drive};
pub(crate) use self::failure::Failure;
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::body::Body;
use crate::http::request::Request;
use crate::http::response::{Protocol, Response};
use crate::options::{Limits, Options};
use crate::timings::{Stopwatch, Traffic};
use crate::tls::TlsInfo;

/// What a server may send on one stream before it is read, as with Go.
const STREAM_WINDOW: u32 = 4 << 20;
/// The same for the whole connection.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    sender: SendRequest<Bytes>,
    marks: Arc<Marks>,
    driver: AbortHandle,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    in_flight: Cell<usize>,
    next_ticket: Cell<u64>,
    turn_over: Notify,
}

impl Session {
    /// Begins HTTP/2 on a connection that is open.
    pub(crate) async fn start(connection: Connection, limits: Limits) -> Result<Rc<Self>, NetError> {
        let (remote, tls) = (connection.remote, connection.tls);
        let marks = Arc::<Marks>::default();
        let wire = Wire::new(connection, Arc::clone(&marks));
        let (sender, connection) = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
            .handshake(wire)
            .await
            .map_err(|error| Failure::of(&error, &marks, false).error)?;
        let driver = tokio::spawn(drive(connection, Arc::clone(&marks))).abort_handle();
        let (in_flight, next_ticket) = Default::default();
        let turn_over = Notify::new();
        Ok(Rc::new(Self { sender, marks, driver, remote, tls, in_flight, next_ticket, turn_over }))
    }

    /// Whether nothing more can be asked on it.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished() || self.marks.is_closed()
    }

    /// Waits until the server allows another stream.
    pub(crate) async fn turn(session: &Rc<Self>) -> Turn {
        while session.in_flight.get() >= session.sender.current_max_send_streams().max(1) {
            session.turn_over.notified().await;
        }
        session.in_flight.set(session.in_flight.get() + 1);
        let ticket = session.next_ticket.get();
        session.next_ticket.set(ticket + 1);
        Turn { session: Rc::clone(session), ticket, reused: ticket > 0 }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The place of one exchange on a connection.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) session: Rc<Session>,
    ticket: u64,
    /// Whether it is not the first.
    pub(crate) reused: bool,
}

impl Turn {
    /// Tells the watch when the request had left, if it has. Returns this exchange's part of the bytes that
    /// nobody has counted yet: an equal part for all that are under way.
    pub(crate) fn settle(&self, watch: &mut Stopwatch) -> Traffic {
        if let Some(written) = self.session.marks.written_at(self.ticket) {
            watch.was_written(written);
        }
        self.session.marks.take_share(self.session.in_flight.get())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.session.marks.forget(self.ticket);
        self.session.in_flight.set(self.session.in_flight.get() - 1);
        self.session.turn_over.notify_one();
    }
}

/// Performs one exchange.
pub(crate) async fn exchange(
    turn: &Turn,
    options: &Options,
    request: &Request,
    watch: &mut Stopwatch,
) -> Result<Response, Failure> {
    let marks = &turn.session.marks;
    let head = head::request(request, options).map_err(Failure::from)?;
    let mut sender = turn.session.sender.clone();
    let refused = |error: h2::Error| Failure::of(&error, marks, false).before_sending();
    poll_fn(|cx| sender.poll_ready(cx)).await.map_err(refused)?;
    watch.connection_ready();
    let body: VecDeque<Bytes> =
        request.body.iter().flat_map(Body::pieces).filter(|piece| !piece.is_empty()).cloned().collect();
    let (mut response, stream) = sender.send_request(head, body.is_empty()).map_err(refused)?;
    let mut upload = Upload { stream, rest: body, turn, is_sent: false };
    let response = poll_fn(|cx| {
        upload.poll(cx);
        Pin::new(&mut response).poll(cx)
    });
    let response = response.await.map_err(|error| Failure::of(&error, marks, false))?;
    note_received(turn, watch);
    let (parts, body) = response.into_parts();
    let headers = head::response(&parts);
    let content_length = headers.get_str("content-length").and_then(|length| length.parse().ok());
    let (body, body_len) =
        receive(body, content_length, request.discard_response_body, options.limits, &mut upload, watch)
            .await?;
    Ok(Response { status: parts.status.as_u16(), protocol: Protocol::Http2, headers, body, body_len })
}

fn note_received(turn: &Turn, watch: &mut Stopwatch) {
    if let Some(written) = turn.session.marks.written_at(turn.ticket) {
        watch.was_written(written);
    }
    if let Some(read) = turn.session.marks.read_at() {
        watch.was_received(read);
    }
}

/// The body of a request on its way.
struct Upload<'a> {
    stream: SendStream<Bytes>,
    rest: VecDeque<Bytes>,
    turn: &'a Turn,
    is_sent: bool,
}

impl Upload<'_> {
    /// Sends what the windows of stream and connection allow. A failure shows in the response.
    fn poll(&mut self, cx: &mut Context<'_>) {
        while let Some(piece) = self.rest.front_mut() {
            self.stream.reserve_capacity(piece.len());
            let Poll::Ready(Some(Ok(capacity))) = self.stream.poll_capacity(cx) else { return };
            let part = piece.split_to(capacity.min(piece.len()));
            if piece.is_empty() {
                self.rest.pop_front();
            }
            if !part.is_empty() && self.stream.send_data(part, self.rest.is_empty()).is_err() {
                return;
            }
        }
        if !self.is_sent {
            self.is_sent = true;
            self.turn.session.marks.queued(self.turn.ticket);
        }
    }
}

/// Reads a body to its end, trailers included.
async fn receive(
    mut stream: RecvStream,
    announced: Option<usize>,
    discard: bool,
    limits: Limits,
    upload: &mut Upload<'_>,
    watch: &mut Stopwatch,
) -> Result<(Bytes, u64), Failure> {
    let turn = upload.turn;
    let failed = |error: h2::Error| Failure::of(&error, &turn.session.marks, true);
    let too_large = || NetError::TooLarge { part: "body", limit: limits.body_bytes as u64, unit: "bytes" };
    if !discard && announced.is_some_and(|length| length > limits.body_bytes) {
        return Err(too_large().into());
    }
    let (mut whole, mut pieces, mut length) = (Bytes::new(), Vec::new(), 0);
    let next = |cx: &mut Context<'_>, upload: &mut Upload<'_>, stream: &mut RecvStream| {
        upload.poll(cx);
        stream.poll_data(cx)
    };
    while let Some(data) = poll_fn(|cx| next(cx, upload, &mut stream)).await {
        let data = data.map_err(failed)?;
        note_received(turn, watch);
        let _ = stream.flow_control().release_capacity(data.len());
        length += data.len() as u64;
        if discard {
            continue;
        }
        if length > limits.body_bytes as u64 {
            return Err(too_large().into());
        }
        if announced == Some(data.len()) || data.is_empty() {
            whole = if data.is_empty() { whole } else { data };
            continue;
        }
        if pieces.capacity() == 0 {
            let _ = pieces.try_reserve_exact(announced.unwrap_or(data.len()));
        }
        pieces.extend_from_slice(&data);
    }
    poll_fn(|cx| stream.poll_trailers(cx)).await.map_err(failed)?;
    note_received(turn, watch);
    Ok((if pieces.is_empty() { whole } else { pieces.into() }, length))
}
