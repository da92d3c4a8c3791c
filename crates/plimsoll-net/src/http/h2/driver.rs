//! The task that moves the bytes of one HTTP/2 connection, and what it notes down as it does.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::connection::Connection;
use crate::error::NetError;
use crate::timings::Traffic;

/// What happened at the socket. The lock is never waited for: driver and exchanges run on one thread.
#[derive(Debug, Default)]
pub(super) struct Marks(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    /// Bytes that no exchange has counted yet.
    traffic: Traffic,
    /// When what was read last had come.
    read: Option<Instant>,
    wrote: Option<Instant>,
    /// Whether the socket took everything.
    is_drained: bool,
    /// Requests that were handed over, and when the last byte of each had left.
    requests: Vec<(u64, Option<Instant>)>,
    /// Why there is no more to read or write.
    error: Option<NetError>,
    is_closed: bool,
}

impl Marks {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last byte of a request is in the driver's hands.
    pub(super) fn queued(&self, ticket: u64) {
        self.noted().requests.push((ticket, None));
    }

    pub(super) fn written_at(&self, ticket: u64) -> Option<Instant> {
        self.noted().requests.iter().find(|(queued, _)| *queued == ticket)?.1
    }

    pub(super) fn forget(&self, ticket: u64) {
        self.noted().requests.retain(|(queued, _)| *queued != ticket);
    }

    /// When what was read last had come.
    pub(super) fn read_at(&self) -> Option<Instant> {
        self.noted().read
    }

    /// One of `among` equal parts of the bytes that are not counted yet.
    pub(super) fn take_share(&self, among: usize) -> Traffic {
        let among = among.max(1) as u64;
        let mut noted = self.noted();
        let share = Traffic { sent: noted.traffic.sent / among, received: noted.traffic.received / among };
        noted.traffic.sent -= share.sent;
        noted.traffic.received -= share.received;
        share
    }

    pub(super) fn error(&self) -> Option<NetError> {
        self.noted().error.clone()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.noted().is_closed
    }
}

/// Moves bytes until the connection ends.
pub(super) async fn drive(mut connection: client::Connection<Wire, Bytes>, marks: Arc<Marks>) {
    poll_fn(|cx| {
        let polled = Pin::new(&mut connection).poll(cx);
        let mut noted = marks.noted();
        if noted.is_drained {
            let wrote = noted.wrote;
            noted.requests.iter_mut().for_each(|(_, written)| *written = written.or(wrote));
        }
        noted.is_closed |= polled.is_ready();
        // Streams that the server meant to answer see only the end.
        if let Poll::Ready(Err(error)) = &polled
            && error.is_go_away()
            && error.is_remote()
            && let Some(reason) = error.reason()
        {
            noted.error.get_or_insert(NetError::Http2GoAway(reason.into()));
        }
        polled.map(drop)
    })
    .await;
}

/// The connection as the protocol sees it.
pub(super) struct Wire {
    connection: Connection,
    marks: Arc<Marks>,
}

impl Wire {
    pub(super) fn new(connection: Connection, marks: Arc<Marks>) -> Self {
        Self { connection, marks }
    }

    /// Notes what one operation did. The error keeps its own form there: the protocol passes on only kinds.
    fn note<T>(
        &mut self,
        done: Result<T, NetError>,
        at: Instant,
        instant: impl FnOnce(&mut Noted) -> &mut Option<Instant>,
    ) -> io::Result<T> {
        let traffic = self.connection.take_traffic();
        let mut noted = self.marks.noted();
        noted.traffic.add(traffic);
        *instant(&mut noted) = Some(at);
        done.map_err(|error| {
            let text = error.to_string();
            noted.error.get_or_insert(error);
            io::Error::other(text)
        })
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let done = ready!(wire.connection.poll_read(cx, buffer));
        let arrived = wire.connection.arrival().arrived;
        Poll::Ready(wire.note(done, arrived, |noted| &mut noted.read))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let polled = wire.connection.poll_write(cx, bytes);
        wire.marks.noted().is_drained = polled.is_ready();
        let written = ready!(polled);
        Poll::Ready(wire.note(written, Instant::now(), |noted| &mut noted.wrote))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let polled = wire.connection.poll_flush(cx);
        wire.marks.noted().is_drained = polled.is_ready();
        ready!(polled).map_err(|error| io::Error::other(error.to_string())).into()
    }

    /// Dropping the socket closes it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
