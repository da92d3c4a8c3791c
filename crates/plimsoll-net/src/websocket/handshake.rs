//! The opening handshake: an HTTP/1.1 request that asks for another protocol.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use tokio::time::{Instant, timeout_at};

use super::{MESSAGE_LIMIT, WebSocket};
use crate::connect::{Route, connect_with};
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::h1;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::url::{Scheme, Url};
use crate::shared::Shared;
use crate::timings::{Stopwatch, Traffic};
use crate::tls::Alpn;
use crate::tls::TlsInfo;

/// What a server appends to the key before it hashes it (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Both sides compress each message by itself.
const OFFER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Everything there is to know about one attempt to connect.
#[derive(Debug)]
pub struct Handshake {
    /// When it was asked for.
    pub started_at: Instant,
    /// When it was over.
    pub ended_at: Instant,
    /// What crossed the socket so far; for an open connection that includes what it has received by now.
    pub traffic: Traffic,
    /// The address of the server, once it was connected to.
    pub remote: Option<SocketAddr>,
    /// What the TLS handshake agreed on, if there was one.
    pub tls: Option<TlsInfo>,
    /// What the server answered, whatever it was.
    pub response: Option<Response>,
    /// The connection.
    pub result: Result<WebSocket, HandshakeError>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// No answer.
    #[error("{0}")]
    Net(NetError),
    /// The scheme of the URL is neither `ws` nor `wss`.
    #[error("malformed ws or wss URL")]
    Scheme,
    /// An answer other than 101, or one that breaks the protocol.
    #[error("websocket: bad handshake")]
    Refused,
    /// The server compresses in another way than it was offered.
    #[error("websocket: invalid compression negotiation")]
    Compression,
}

impl HandshakeError {
    /// The number of the failure; that of a refusal is that of its status.
    pub fn code(&self) -> u16 {
        match self {
            HandshakeError::Net(error) => error.code().get(),
            _ => crate::ErrorCode::GENERIC.get(),
        }
    }
}

/// The URL that the request goes to: `http` for `ws`, `https` for `wss`.
///
/// # Errors
/// [`HandshakeError::Scheme`] for every other scheme.
pub fn request_url(url: &Url) -> Result<Url, HandshakeError> {
    let (scheme, length) = match url.scheme() {
        Scheme::Other(scheme) if &**scheme == "ws" => ("http", 2),
        Scheme::Other(scheme) if &**scheme == "wss" => ("https", 3),
        _ => return Err(HandshakeError::Scheme),
    };
    Url::parse(&format!("{scheme}{}", &url.as_str()[length..])).map_err(HandshakeError::Net)
}

/// The request for a connection to `url`, which is one of [`request_url`]. The caller adds headers of its
/// own; those of the handshake are set when it is sent.
pub fn request(url: Url) -> Request {
    Request::new(Method::GET, url)
}

/// Connects to a server and asks it for a WebSocket, with the subprotocols in `protocols`, separated by
/// commas, and with compression if `compress`.
pub async fn open(
    shared: &Shared,
    mut request: Request,
    protocols: &str,
    compress: bool,
    deadline: Instant,
) -> Handshake {
    let key = key();
    let headers = &mut request.headers;
    headers.set("Connection", "Upgrade");
    headers.set("Upgrade", "websocket");
    headers.set("Sec-WebSocket-Version", "13");
    headers.set("Sec-WebSocket-Key", &key);
    if !protocols.is_empty() {
        headers.set("Sec-WebSocket-Protocol", protocols);
    }
    if compress {
        headers.set("Sec-WebSocket-Extensions", OFFER);
    }
    let mut attempt = Attempt { watch: Stopwatch::start(), connection: None, traffic: Traffic::default() };
    let answer = timeout_at(deadline, attempt.run(shared, &request)).await;
    attempt.conclude(shared, answer.unwrap_or(Err(NetError::RequestTimeout)), &key, compress)
}

/// Sixteen random bytes.
fn key() -> String {
    let random = || RandomState::new().build_hasher().finish().to_ne_bytes();
    STANDARD.encode([random(), random()].concat())
}

/// What an attempt leaves behind even when it is cut off at its deadline.
struct Attempt {
    watch: Stopwatch,
    connection: Option<Connection>,
    traffic: Traffic,
}

impl Attempt {
    async fn run(&mut self, shared: &Shared, request: &Request) -> Result<h1::Answer, NetError> {
        request.validate()?;
        let origin = request.url.origin()?;
        let route = Route { tunnels: true, ..Route::of(shared.options(), origin, request.local) };
        let (watch, traffic) = (&mut self.watch, &mut self.traffic);
        let tls = || shared.tls(&origin.host, request.identity.as_ref(), Alpn::Http11);
        let connection = connect_with(shared, origin, route, tls, watch, traffic).await?;
        let connection = self.connection.insert(connection);
        self.watch.connection_ready();
        h1::exchange(connection, shared, request, &mut self.watch).await
    }

    fn conclude(
        self,
        shared: &Shared,
        answer: Result<h1::Answer, NetError>,
        key: &str,
        compress: bool,
    ) -> Handshake {
        let Attempt { watch, mut connection, mut traffic } = self;
        let ended_at = if answer.is_ok() { watch.response_end() } else { Instant::now() };
        if let Some(connection) = &mut connection {
            traffic.add(connection.take_traffic());
        }
        let remote = connection.as_ref().map(|connection| connection.remote);
        let tls = connection.as_ref().and_then(|connection| connection.tls);
        let (response, result) = match answer.map_err(HandshakeError::Net) {
            Err(error) => (None, Err(error)),
            Ok(answer) => {
                let agreed = agree(&answer.response, key, compress);
                let socket = agreed.and_then(|compressed| {
                    let connection = connection.ok_or(HandshakeError::Refused)?;
                    Ok(upgrade(shared, connection, &answer, compressed))
                });
                (Some(answer.response), socket)
            }
        };
        Handshake { started_at: watch.asked, ended_at, traffic, remote, tls, response, result }
    }
}

fn upgrade(shared: &Shared, connection: Connection, answer: &h1::Answer, compressed: bool) -> WebSocket {
    let deflate = compressed.then(|| shared.deflate().clone());
    let text = |name| answer.response.headers.get_str(name).unwrap_or_default().into();
    let protocol = text("Sec-WebSocket-Protocol");
    WebSocket::new(shared.clone(), connection, deflate, MESSAGE_LIMIT, protocol, &answer.beyond)
}

/// Whether the answer is what RFC 6455 asks for; gives whether messages may be compressed.
fn agree(response: &Response, key: &str, offered: bool) -> Result<bool, HandshakeError> {
    let names = |name: &str, token: &str| {
        let mut tokens = response.headers.get_all(name).flat_map(|value| value.split(|byte| *byte == b','));
        tokens.any(|one| one.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    };
    let accept = STANDARD.encode(Sha1::digest(format!("{key}{GUID}")));
    let is_accepted = response.headers.get_str("Sec-WebSocket-Accept") == Some(&accept);
    if response.status != 101
        || !names("Connection", "upgrade")
        || !names("Upgrade", "websocket")
        || !is_accepted
    {
        return Err(HandshakeError::Refused);
    }
    let extensions: Vec<&[u8]> = response.headers.get_all("Sec-WebSocket-Extensions").collect();
    if extensions.is_empty() {
        return Ok(false);
    }
    let extensions = extensions.join(&b", "[..]);
    let is_known = str::from_utf8(&extensions).is_ok_and(is_what_was_offered);
    if offered && is_known { Ok(true) } else { Err(HandshakeError::Compression) }
}

/// The server must begin each message afresh. That it may use a smaller window makes no difference.
fn is_what_was_offered(extensions: &str) -> bool {
    let mut parameters = extensions.split(';').map(str::trim);
    if parameters.next() != Some("permessage-deflate") {
        return false;
    }
    let mut begins_afresh = false;
    let all_known = parameters.all(|parameter| {
        begins_afresh |= parameter == "server_no_context_takeover";
        let name = parameter.split('=').next().unwrap_or_default().trim();
        ["server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits"].contains(&name)
    });
    all_known && begins_afresh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_websocket_urls_are_taken() {
        let request = |text: &str| request_url(&Url::parse(text).unwrap()).map(|url| url.as_str().to_owned());
        assert_eq!(request("ws://h:1/a?b").unwrap(), "http://h:1/a?b");
        assert_eq!(request("WSS://u:p@h/").unwrap(), "https://u:p@h/");
        for other in ["http://h/", "h/", "wsx://h/"] {
            assert_eq!(request(other), Err(HandshakeError::Scheme));
        }
    }

    #[test]
    fn keys_are_sixteen_bytes_and_differ() {
        assert_ne!(key(), key());
        assert_eq!(STANDARD.decode(key()).unwrap().len(), 16);
    }

    #[test]
    fn compression_must_be_what_was_offered() {
        let cases = [
            ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", true),
            ("permessage-deflate; server_no_context_takeover", true),
            ("permessage-deflate;server_no_context_takeover;server_max_window_bits=10", true),
            ("permessage-deflate", false),
            ("permessage-deflate; server_no_context_takeover; client_max_window_bits=10", false),
            ("permessage-bzip2; server_no_context_takeover", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_what_was_offered(text), expected, "{text}");
        }
    }
}
