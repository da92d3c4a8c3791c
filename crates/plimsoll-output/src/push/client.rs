//! One request after the other, over connections that are kept.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::endpoint::Endpoint;
use super::error::PushError;
use super::tls::TlsSettings;
use crate::error::OutputError;

/// The most that is read of an answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// The most of an answer that goes into a message.
const EXCERPT_CHARS: usize = 200;

/// Speaks to one server.
pub(crate) struct Client {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
    protocol: Protocol,
    timeout: Duration,
    headers: HeaderMap,
    /// What must not be in a message.
    secrets: Vec<String>,
    idle: Mutex<Vec<Connection>>,
}

/// What is sent.
#[derive(Clone)]
pub(crate) struct Post {
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Bytes,
}

/// What kind of requests a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Over HTTP/1.1; the status says whether a request was accepted.
    Http,
    /// Calls of gRPC, over HTTP/2; `grpc-status` says it.
    Grpc,
}

enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Client {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// When the TLS settings cannot be followed.
    pub(crate) fn new(
        endpoint: Endpoint,
        tls: &TlsSettings,
        protocol: Protocol,
        timeout: Duration,
    ) -> Result<Self, OutputError> {
        let tls = if endpoint.is_secure {
            Some(TlsConnector::from(tls.config(protocol == Protocol::Grpc)?))
        } else {
            None
        };
        let (headers, secrets, idle) = (HeaderMap::new(), Vec::new(), Mutex::default());
        Ok(Self { endpoint, tls, protocol, timeout, headers, secrets, idle })
    }

    /// Adds a header to every request.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        let header = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok());
        let (name, value) = header.expect("settings refuse what HTTP cannot carry");
        self.headers.insert(name, value);
    }

    /// Keeps a text out of messages.
    pub(crate) fn hide(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a request.
    ///
    /// # Errors
    /// No answer in time, or one whose status is not of the 200s.
    pub(crate) async fn post(&self, post: &Post) -> Result<(), PushError> {
        let exchange = tokio::time::timeout(self.timeout, self.exchange(post)).await;
        exchange.unwrap_or(Err(PushError::Timeout(self.timeout)))
    }

    async fn exchange(&self, post: &Post) -> Result<(), PushError> {
        let mut connection = match self.idle() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let response = connection.send(self.request(post)?).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(PushError::Answer)?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        let body = body.to_bytes();
        self.keep(connection);
        if !head.status.is_success() {
            let is_passing = head.status.is_server_error() || matches!(head.status.as_u16(), 408 | 429);
            let said = self.excerpt(&String::from_utf8_lossy(&body));
            return Err(PushError::Refused { status: head.status.as_u16().to_string(), said, is_passing });
        }
        match self.protocol {
            Protocol::Http => Ok(()),
            // Without a body the status stands in the head.
            Protocol::Grpc => self.judge(if trailers.is_empty() { &head.headers } else { &trailers }),
        }
    }

    /// Whether a call was successful.
    fn judge(&self, trailers: &HeaderMap) -> Result<(), PushError> {
        /// Those that the specification of OTLP wants to be tried again.
        const PASSING: [&str; 7] = ["1", "4", "8", "10", "11", "14", "15"];
        let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match text("grpc-status") {
            "0" => Ok(()),
            status => Err(PushError::Refused {
                status: format!("grpc-status {}", if status.is_empty() { "nothing" } else { status }),
                said: self
                    .excerpt(&percent_encoding::percent_decode_str(text("grpc-message")).decode_utf8_lossy()),
                is_passing: PASSING.contains(&status),
            }),
        }
    }

    fn is_http2(&self) -> bool {
        self.protocol == Protocol::Grpc
    }

    /// The beginning of what a server said, on one line, without secrets.
    fn excerpt(&self, said: &str) -> String {
        let mut said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for secret in &self.secrets {
            said = said.replace(secret, "(hidden)");
        }
        match said.char_indices().nth(EXCERPT_CHARS) {
            Some((end, _)) => format!("{}…", &said[..end]),
            None => said,
        }
    }

    fn request(&self, post: &Post) -> Result<Request<Full<Bytes>>, PushError> {
        let authority = self.endpoint.authority();
        let target = &post.target;
        let uri = if self.is_http2() {
            format!("{}://{authority}{target}", self.endpoint.scheme())
        } else {
            target.clone()
        };
        let mut request = Request::builder().method(Method::POST).uri(uri);
        if !self.is_http2() {
            request = request.header(HOST, authority);
        }
        let mut request = request.body(Full::new(post.body.clone())).map_err(PushError::Request)?;
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }

    fn idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|connection| !connection.is_closed())
    }

    fn keep(&self, connection: Connection) {
        if !connection.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    async fn connect(&self) -> Result<Connection, PushError> {
        let host = self.endpoint.bare_host();
        let tcp = TcpStream::connect((host, self.endpoint.port)).await.map_err(PushError::Connect)?;
        // Requests are written at once: there is nothing to wait for.
        tcp.set_nodelay(true).map_err(PushError::Connect)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let name = ServerName::try_from(host.to_owned());
                let name = name.map_err(|error| PushError::Tls(std::io::Error::other(error)))?;
                Box::new(tls.connect(name, tcp).await.map_err(PushError::Tls)?)
            }
        };
        let stream = TokioIo::new(stream);
        // The tasks end with their connections, or with the runtime of the output.
        if self.is_http2() {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            return Ok(Connection::Http2(sender));
        }
        let (sender, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Connection::Http1(sender))
    }
}

impl Connection {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, hyper::Error> {
        match self {
            Self::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }
}
