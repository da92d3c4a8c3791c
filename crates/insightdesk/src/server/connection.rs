//! The life of one connection.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tower_service::Service as _;

/// What requests know about the connection they came on.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    is_cut: AtomicBool,
    cut: Notify,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr) -> Arc<Self> {
        Arc::new(Self { peer, is_cut: AtomicBool::new(false), cut: Notify::new() })
    }

    /// Breaks the connection with a TCP reset, whatever is going on.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.cut.notify_one();
    }
}

/// Serves requests on `stream` until either side has had enough.
///
/// `permit` is the connection's place among those that may be open. It is given back with the socket, which
/// may outlive this function: as a WebSocket.
pub(super) async fn serve(
    stream: TcpStream,
    connection: Arc<Connection>,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    permit: OwnedSemaphorePermit,
    head_timeout: Duration,
) {
    let wire = Wire { stream, connection: Arc::clone(&connection), _permit: permit };
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&connection));
        router.clone().call(request)
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    let mut http = pin!(http);
    let ended = tokio::select! {
        ended = http.as_mut() => ended,
        () = connection.cut.notified() => return,
        () = told_to_stop(&mut stopping) => {
            http.as_mut().graceful_shutdown();
            tokio::select! {
                ended = http.as_mut() => ended,
                () = connection.cut.notified() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, peer = %connection.peer, "a connection ended badly");
    }
}

/// Waits until the server stops. Its handle having been dropped means the same as being told.
pub(super) async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|&stop| stop).await;
}

/// A socket that can be reset instead of closed.
struct Wire {
    stream: TcpStream,
    connection: Arc<Connection>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.connection.is_cut.load(Ordering::Acquire) {
            // Closing a socket that must not linger sends a reset. If that fails the peer sees an end
            // instead.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
