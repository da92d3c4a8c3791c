//! One connection: a socket that counts its bytes, with or without TLS on top.
//!
//! It owns no buffer. Reads go into the worker's shared buffer, and the HTTP codec copies out what a response
//! must own.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::arrival::{self, Arrival};
use crate::error::{NetError, Operation};
use crate::proxy::Proxy;
use crate::timings::Traffic;
use crate::tls::{self, ClientIdentity, Ocsp, TlsInfo};

/// An open connection, idle or in use by one exchange.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    pub(crate) remote: SocketAddr,
    pub(crate) tls: Option<TlsInfo>,
    /// Who the client is on it, when it is not who the options say.
    pub(crate) identity: Option<ClientIdentity>,
    /// Whether an exchange was completed on it before.
    pub(crate) reused: bool,
    /// The proxy that is given whole requests, if there is one.
    pub(crate) via: Option<Arc<Proxy>>,
}

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    // Boxed because it is twenty times the size of a plain socket.
    Tls(Box<TlsStream<Socket>>),
}

impl Connection {
    pub(crate) fn plain(socket: Socket, remote: SocketAddr) -> Self {
        Self { stream: Stream::Plain(socket), remote, tls: None, identity: None, reused: false, via: None }
    }

    pub(crate) fn tls(stream: TlsStream<Socket>, ocsp: Option<Ocsp>, remote: SocketAddr) -> Self {
        let info = TlsInfo::of(stream.get_ref().1, ocsp);
        Self {
            stream: Stream::Tls(Box::new(stream)),
            remote,
            tls: Some(info),
            identity: None,
            reused: false,
            via: None,
        }
    }

    /// The socket of a connection without TLS.
    pub(crate) fn into_socket(self) -> Option<Socket> {
        match self.stream {
            Stream::Plain(socket) => Some(socket),
            Stream::Tls(_) => None,
        }
    }

    /// Whether the handshake agreed on HTTP/2.
    pub(crate) fn is_http2(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), NetError>> {
        let polled = match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Stream::Tls(stream) => match Pin::new(stream).poll_read(cx, buffer) {
                // A peer that closes without saying so in TLS: for HTTP, the framing decides whether that is
                // an error.
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                polled => polled,
            },
        };
        polled.map_err(|error| tls::stream_error(Operation::Read, &error))
    }

    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, NetError>> {
        match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
        .map_err(|error| tls::stream_error(Operation::Write, &error))
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NetError>> {
        match &mut self.stream {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(stream) => {
                Pin::new(stream).poll_flush(cx).map_err(|error| tls::stream_error(Operation::Write, &error))
            }
        }
    }

    /// Whether an idle connection can carry another request: nothing to read, neither data nor its end. Costs
    /// no system call unless the reactor has seen something arrive.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        self.poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_pending()
    }

    /// The bytes written since the traffic was last taken.
    pub(crate) fn sent(&self) -> u64 {
        match &self.stream {
            Stream::Plain(socket) => socket.traffic.sent,
            Stream::Tls(stream) => stream.get_ref().0.traffic.sent,
        }
    }

    /// When what was read last had come.
    pub(crate) fn arrival(&self) -> Arrival {
        match &self.stream {
            Stream::Plain(socket) => socket.arrival,
            Stream::Tls(stream) => stream.get_ref().0.arrival,
        }
    }

    /// The bytes that crossed the socket since the last call.
    pub(crate) fn take_traffic(&mut self) -> Traffic {
        match &mut self.stream {
            Stream::Plain(socket) => socket.take_traffic(),
            Stream::Tls(stream) => stream.get_mut().0.take_traffic(),
        }
    }
}

/// A TCP socket that counts, and knows when what it read had come.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    traffic: Traffic,
    arrival: Arrival,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        arrival::ask_for_stamps(&tcp);
        Self { tcp, traffic: Traffic::default(), arrival: Arrival::now(None) }
    }

    pub(crate) fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let before = buffer.filled().len();
        let stamp = ready!(arrival::poll_read(&mut socket.tcp, cx, buffer))?;
        socket.traffic.received += (buffer.filled().len() - before) as u64;
        socket.arrival = Arrival::now(stamp);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let polled = Pin::new(&mut socket.tcp).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = polled {
            socket.traffic.sent += written as u64;
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}
