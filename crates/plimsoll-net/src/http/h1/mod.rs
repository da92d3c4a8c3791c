//! HTTP/1.1 on a connection: write the request, read the response.
//!
//! The codec itself does no I/O: [`encode`] appends a request to a buffer, [`decoder::Decoder`] is fed what
//! arrives. This module moves the bytes. A request with a small body leaves in one write from the worker's
//! buffer, and a small response is decoded where it arrived, in the worker's read buffer; only what does not
//! fit a single step is copied.

mod chunked;
mod decoder;
pub(crate) mod encode;
mod head;

pub(crate) use self::encode::asks_to_close;

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::ReadBuf;

use crate::connection::Connection;
use crate::error::NetError;
use crate::http::body::Body;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::shared::Shared;
use crate::timings::Stopwatch;
use decoder::Decoder;

/// The response that these pieces make, with the end of the stream behind them; `None` when they make none.
#[cfg(fuzzing)]
pub(crate) fn decode<'a>(
    request: &Request,
    limits: crate::options::Limits,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Option<Response> {
    let mut decoder = Decoder::new(request, limits);
    for piece in pieces {
        decoder.feed(piece).ok()?;
    }
    if let Some((response, _)) = decoder.take_answer() {
        return Some(response);
    }
    decoder.end_of_stream().ok()?;
    decoder.take_answer().map(|(response, _)| response)
}

/// A response, and whether its connection can carry another request.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) reusable: bool,
    /// What came behind the head of a 101: the beginning of another protocol.
    pub(crate) beyond: Bytes,
}

/// Bodies up to this size are copied behind the head, so that both leave in one write.
const INLINE_BODY: usize = 16 * 1024;

/// Performs one exchange on `connection`.
pub(crate) async fn exchange(
    connection: &mut Connection,
    shared: &Shared,
    request: &Request,
    watch: &mut Stopwatch,
) -> Result<Answer, NetError> {
    let mut wire =
        Wire { decoder: Decoder::new(request, shared.options().limits), connection, shared, watch };
    let sent_whole = wire.send(request).await?;
    let (response, open) = wire.receive().await?;
    let reusable = sent_whole && open && shared.options().reuse_connections && !asks_to_close(request);
    let beyond = wire.decoder.take_beyond();
    Ok(Answer { response, reusable, beyond })
}

/// Sends a request and reads the head of the response. The body is then read piece by piece.
pub(crate) async fn begin(
    connection: &mut Connection,
    shared: &Shared,
    request: &Request,
    watch: &mut Stopwatch,
) -> Result<(Response, Pieces), NetError> {
    let mut wire =
        Wire { decoder: Decoder::new(request, shared.options().limits), connection, shared, watch };
    wire.send(request).await?;
    loop {
        if let Some(response) = wire.decoder.head() {
            return Ok((response, Pieces(wire.decoder)));
        }
        poll_fn(|cx| wire.poll_receive(cx)).await?;
    }
}

/// A body that is read while it comes.
#[derive(Debug)]
pub(crate) struct Pieces(Decoder);

impl Pieces {
    /// What comes next, at least one byte; `None` at the end.
    pub(crate) fn poll_next(
        &mut self,
        connection: &mut Connection,
        shared: &Shared,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, NetError>> {
        loop {
            let piece = self.0.take_piece();
            if !piece.is_empty() {
                return Poll::Ready(Ok(Some(piece)));
            }
            if self.0.is_done() {
                return Poll::Ready(Ok(None));
            }
            let fed = shared.with_read_buffer(|buffer| {
                let mut read = ReadBuf::new(buffer);
                ready!(connection.poll_read(cx, &mut read))?;
                let bytes = read.filled();
                Poll::Ready(if bytes.is_empty() { self.0.end_of_stream() } else { self.0.feed(bytes) })
            });
            ready!(fed)?;
        }
    }
}

/// What of a request has not left yet.
struct Unsent<'a> {
    current: Bytes,
    body: Option<&'a Body>,
    /// The piece of the body that follows.
    next: usize,
}

impl Unsent<'_> {
    /// What leaves next, at least one byte; `None` when nothing is left.
    fn bytes(&mut self) -> Option<&mut Bytes> {
        while self.current.is_empty() {
            self.current = self.body?.piece(self.next)?.clone();
            self.next += 1;
        }
        Some(&mut self.current)
    }
}

/// Both directions of one exchange.
struct Wire<'a> {
    connection: &'a mut Connection,
    shared: &'a Shared,
    watch: &'a mut Stopwatch,
    decoder: Decoder,
}

impl Wire<'_> {
    /// Writes the request. Returns `false` if the server answered before it had all of it: the rest is not
    /// sent then.
    async fn send(&mut self, request: &Request) -> Result<bool, NetError> {
        let separate = request.body.as_ref().filter(|body| body.len() > INLINE_BODY);
        let rest_of_head =
            poll_fn(|cx| Poll::Ready(self.write_first(cx, request, separate.is_none()))).await?;
        let mut unsent = Unsent { current: rest_of_head, body: separate, next: 0 };
        let sent_whole = poll_fn(|cx| self.poll_send(cx, &mut unsent)).await?;
        self.watch.request_written();
        Ok(sent_whole)
    }

    /// Encodes the request and writes as much of it as the socket takes at once. Returns what it did not
    /// take, which is nothing as a rule.
    fn write_first(
        &mut self,
        cx: &mut Context<'_>,
        request: &Request,
        with_body: bool,
    ) -> Result<Bytes, NetError> {
        self.shared.with_write_buffer(|buffer| {
            encode::head(buffer, request, self.shared.options(), self.connection.via.as_deref());
            if with_body {
                encode::body(buffer, request);
            }
            let written = match self.connection.poll_write(cx, buffer) {
                Poll::Ready(written) => written?,
                Poll::Pending => 0,
            };
            Ok(Bytes::copy_from_slice(&buffer[written..]))
        })
    }

    /// Writes and flushes what is unsent. While the socket takes nothing, looks for an answer: a server that
    /// refuses a large body may stop reading it. Ready with `false` once there is one; 1xx heads are none,
    /// and who sends them waits for the rest.
    fn poll_send(&mut self, cx: &mut Context<'_>, unsent: &mut Unsent<'_>) -> Poll<Result<bool, NetError>> {
        loop {
            match unsent.bytes() {
                Some(bytes) => {
                    if let Poll::Ready(written) = self.connection.poll_write(cx, bytes) {
                        bytes.advance(written?);
                        continue;
                    }
                }
                None => {
                    if let Poll::Ready(flushed) = self.connection.poll_flush(cx) {
                        return Poll::Ready(flushed.map(|()| true));
                    }
                }
            }
            ready!(self.poll_receive(cx))?;
            if self.decoder.has_head() {
                return Poll::Ready(Ok(false));
            }
        }
    }

    /// Reads until the response is complete. Also tells whether the connection stays open after it.
    async fn receive(&mut self) -> Result<(Response, bool), NetError> {
        loop {
            if let Some(answer) = self.decoder.take_answer() {
                return Ok(answer);
            }
            poll_fn(|cx| self.poll_receive(cx)).await?;
        }
    }

    /// Reads once and gives the decoder what came.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NetError>> {
        self.shared.with_read_buffer(|buffer| {
            let mut read = ReadBuf::new(buffer);
            ready!(self.connection.poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(self.decoder.end_of_stream());
            }
            let fed = self.decoder.feed(read.filled());
            if self.decoder.is_between_heads() {
                self.watch.interim_received();
            } else {
                self.watch.bytes_received(self.connection.arrival());
            }
            Poll::Ready(fed)
        })
    }
}
