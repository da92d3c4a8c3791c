//! HTTP/2: shared connections, flow control, and every way in which a server can go wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use plimsoll_net::{Client, HttpVersion, Limits, Options, Protocol, Request, Url};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::support::{Server, client_with, outcome, read_bytes, request, soon};
use crate::tls::{identity, server_config, tls_server, trusting};

/// A server of the `h2` crate, which answers by path.
struct Peer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// The most streams that were open at once.
    at_once: Arc<AtomicUsize>,
}

impl Peer {
    async fn start(max_streams: u32) -> Self {
        Self::start_with(max_streams, None).await
    }

    async fn start_with(max_streams: u32, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (connections, at_once) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let peer = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::clone(&connections),
            at_once: Arc::clone(&at_once),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (at_once, tls) = (Arc::clone(&at_once), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, max_streams, &at_once).await,
                        Some(tls) => serve(tls.accept(stream).await.unwrap(), max_streams, &at_once).await,
                    }
                });
            }
        });
        peer
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, max_streams: u32, at_once: &AtomicUsize) {
    let mut builder = Builder::new();
    builder.max_concurrent_streams(max_streams).initial_window_size(1 << 20);
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    let open = Arc::<AtomicUsize>::default();
    while let Some(Ok((request, respond))) = connection.accept().await {
        if request.uri().path() == "/goaway" {
            connection.graceful_shutdown();
        }
        at_once.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let open = Arc::clone(&open);
        tokio::spawn(async move {
            answer(request, respond).await;
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn answer(request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if let Some(reason) = path.strip_prefix("/reset/") {
        respond.send_reset(Reason::from(reason.parse::<u32>().unwrap()));
        return;
    }
    let mut received = 0;
    while let Some(Ok(data)) = body.data().await {
        received += data.len();
        let _ = body.flow_control().release_capacity(data.len());
    }
    if path == "/slow" {
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    if path == "/never" {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    let content = match path.strip_prefix("/size/") {
        Some(size) => vec![b'x'; size.parse().unwrap()],
        None => format!("{} {path} {received}", head.method).into_bytes(),
    };
    let response = http::Response::builder().header("X-Lower", "yes").body(()).unwrap();
    let Ok(mut stream) = respond.send_response(response, false) else { return };
    let mut content = Bytes::from(content);
    while !content.is_empty() {
        stream.reserve_capacity(content.len());
        let Some(Ok(capacity)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
        if stream.send_data(content.split_to(capacity.min(content.len())), false).is_err() {
            return;
        }
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-trailer", "end".parse().unwrap());
    let _ = stream.send_trailers(trailers);
}

fn prior_knowledge() -> Client {
    client_with(Options { http_version: HttpVersion::Http2, ..Options::default() })
}

fn get(url: Url) -> Request {
    request("GET", url)
}

#[tokio::test]
async fn one_connection_carries_everything() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    let slow = get(peer.url("/slow"));
    let exchanges = [(); 6].map(|()| client.exchange(&slow, soon()));
    let [a, b, c, d, e, f] = exchanges;
    let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
    for exchange in [&a, &b, &c, &d, &e, &f] {
        assert_eq!(outcome(exchange), "200 GET /slow 0");
        assert_eq!(exchange.protocol, Protocol::Http2);
        assert!(exchange.timings.waiting >= Duration::from_millis(50), "{:?}", exchange.timings);
        assert!(exchange.traffic.sent > 0 && exchange.traffic.received > 0, "{:?}", exchange.traffic);
    }
    assert_eq!((peer.connections(), peer.at_once.load(Ordering::SeqCst)), (1, 6));
    let later = client.exchange(&get(peer.url("/again")), soon()).await;
    assert_eq!((outcome(&later), later.reused_connection), ("200 GET /again 0".into(), true));
    let response = later.result.unwrap();
    assert_eq!((response.status_text(), response.headers.get_str("X-LOWER")), ("200 OK".into(), Some("yes")));
    assert_eq!((peer.connections(), client.idle_connections()), (1, 1));
    client.close_idle();
    client.exchange(&slow, soon()).await.result.unwrap();
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn parts_of_the_time_add_up() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    for path in ["/", "/slow", "/size/300000", "/reset/2"] {
        let exchange = client.exchange(&get(peer.url(path)), soon()).await;
        let timings = exchange.timings;
        let total = timings.blocked + timings.sending + timings.waiting + timings.receiving;
        assert!(exchange.started_at + total <= exchange.ended_at, "{path}: {timings:?}");
        assert_eq!(timings.sending + timings.waiting + timings.receiving, timings.duration());
    }
}

#[tokio::test]
async fn the_servers_limit_of_streams_is_kept() {
    let peer = Peer::start(2).await;
    let client = prior_knowledge();
    // The limit is known once the server's settings have come.
    client.exchange(&get(peer.url("/")), soon()).await.result.unwrap();
    let slow = get(peer.url("/slow"));
    let (a, b, c, d) = tokio::join!(
        client.exchange(&slow, soon()),
        client.exchange(&slow, soon()),
        client.exchange(&slow, soon()),
        client.exchange(&slow, soon()),
    );
    for exchange in [&a, &b, &c, &d] {
        assert_eq!(outcome(exchange), "200 GET /slow 0");
    }
    assert_eq!(peer.at_once.load(Ordering::SeqCst), 2);
    assert!(d.timings.blocked >= Duration::from_millis(50), "waiting for a turn is no fault of the server's");
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    let response = client.exchange(&get(peer.url("/size/5000000")), soon()).await.result.unwrap();
    assert!(response.body.len() == 5_000_000 && response.body.iter().all(|&byte| byte == b'x'));
    let mut discarded = get(peer.url("/size/5000000"));
    discarded.discard_response_body = true;
    let response = client.exchange(&discarded, soon()).await.result.unwrap();
    assert_eq!((response.body.len(), response.body_len), (0, 5_000_000));
    let mut post = request("POST", peer.url("/upload"));
    post.body = Some(vec![7; 3_000_000].into());
    let exchange = client.exchange(&post, soon()).await;
    assert_eq!(outcome(&exchange), "200 POST /upload 3000000");
    assert!(exchange.traffic.sent > 3_000_000);
}

#[tokio::test]
async fn a_body_beyond_the_limit_ends_its_stream_only() {
    let peer = Peer::start(100).await;
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let client = client_with(Options { http_version: HttpVersion::Http2, limits, ..Options::default() });
    let exchange = client.exchange(&get(peer.url("/size/5000000")), soon()).await;
    assert_eq!(outcome(&exchange), "1000 response body exceeds the limit of 1000 bytes");
    assert_eq!(outcome(&client.exchange(&get(peer.url("/")), soon()).await), "200 GET / 0");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn streams_that_are_reset_have_the_number_of_their_reason() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    for reason in (0..=13).filter(|reason| *reason != 7) {
        let exchange = client.exchange(&get(peer.url(&format!("/reset/{reason}"))), soon()).await;
        let outcome = outcome(&exchange);
        assert!(outcome.starts_with(&format!("{} http2: stream error with", 1631 + reason)), "{outcome}");
    }
    let unknown = outcome(&client.exchange(&get(peer.url("/reset/99")), soon()).await);
    assert_eq!(unknown, "1630 http2: stream error with http2 ErrCode unknown error code 0x63");
    assert_eq!(peer.connections(), 1, "the others are none the worse for it");
    let refused = outcome(&client.exchange(&get(peer.url("/reset/7")), soon()).await);
    assert_eq!(refused, "1638 http2: stream error with http2 ErrCode REFUSED_STREAM");
    assert_eq!(peer.connections(), 3, "it was tried again, and not for ever");
}

#[tokio::test]
async fn a_deadline_resets_the_stream_and_leaves_the_connection() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    client.exchange(&get(peer.url("/")), soon()).await.result.unwrap();
    let deadline = Instant::now() + Duration::from_millis(80);
    let exchange = client.exchange(&get(peer.url("/never")), deadline).await;
    assert_eq!(outcome(&exchange), "1050 request timeout");
    assert!(exchange.timings.waiting >= Duration::from_millis(50), "{:?}", exchange.timings);
    assert_eq!(outcome(&client.exchange(&get(peer.url("/")), soon()).await), "200 GET / 0");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn after_goaway_there_is_a_new_connection() {
    let peer = Peer::start(100).await;
    let client = prior_knowledge();
    for _ in 0..3 {
        let exchange = client.exchange(&get(peer.url("/goaway")), soon()).await;
        assert_eq!(outcome(&exchange), "200 GET /goaway 0", "what the server has begun it ends");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(peer.connections(), 3);
}

#[tokio::test]
async fn connections_are_not_kept_when_they_must_not_be() {
    let peer = Peer::start(100).await;
    let options =
        Options { reuse_connections: false, http_version: HttpVersion::Http2, ..Options::default() };
    let client = client_with(options);
    for round in 1..=2 {
        client.exchange(&get(peer.url("/")), soon()).await.result.unwrap();
        assert_eq!((peer.connections(), client.idle_connections()), (round, 0));
    }
}

#[tokio::test]
async fn over_tls_the_server_chooses() {
    let identity = identity("localhost", |_| ());
    let with_alpn = |protocol: &[u8]| {
        let mut config = (*server_config(&identity, rustls::ALL_VERSIONS)).clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(config)
    };
    let peer = Peer::start_with(100, Some(with_alpn(b"h2").into())).await;
    let client = trusting(&identity);
    let url = |path: &str, port: u16| Url::parse(&format!("https://localhost:{port}{path}")).unwrap();
    let slow = get(url("/slow", peer.address.port()));
    let (a, b) = tokio::join!(client.exchange(&slow, soon()), client.exchange(&slow, soon()));
    for exchange in [&a, &b] {
        assert_eq!((outcome(exchange), exchange.protocol), ("200 GET /slow 0".into(), Protocol::Http2));
        assert_eq!(exchange.tls.map(|tls| tls.version), Some("tls1.3"));
    }
    assert_eq!(peer.connections(), 1, "requests that begin together wait for one handshake");
    assert!(a.traffic.received + b.traffic.received > 500, "the handshake counts");

    for alpn in [None, Some(b"http/1.1".as_slice())] {
        let config = alpn.map_or_else(|| server_config(&identity, rustls::ALL_VERSIONS), with_alpn);
        let server = tls_server(config, 1, 0);
        let client = trusting(&identity);
        let mut over_http1 = get(url("/", server.address.port()));
        let (a, b) = tokio::join!(client.exchange(&over_http1, soon()), client.exchange(&over_http1, soon()));
        for exchange in [&a, &b] {
            assert_eq!((outcome(exchange), exchange.protocol), ("200 x".into(), Protocol::Http11));
        }
        over_http1.version = Some(HttpVersion::Http2);
        let refused = outcome(&client.exchange(&over_http1, soon()).await);
        let expected = if alpn.is_none() {
            "1600 http2: the server did not agree to HTTP/2"
        } else {
            "1010 remote error: tls: no application protocol"
        };
        assert_eq!(refused, expected);
    }
}

/// A frame: length, type, flags, stream, payload.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// Sends these bytes behind the client's preface, and closes.
fn raw(bytes: Vec<u8>) -> Server {
    Server::start(move |_, mut stream: TcpStream| {
        read_bytes(&mut stream, 24);
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

#[tokio::test]
async fn a_server_may_close_at_every_byte() {
    // SETTINGS, HEADERS with :status 200, DATA, DATA with END_STREAM.
    let whole =
        [frame(4, 0, 0, b""), frame(1, 4, 1, &[0x88]), frame(0, 0, 1, b"hello"), frame(0, 1, 1, b"!")]
            .concat();
    for length in 0..=whole.len() {
        let server = raw(whole[..length].to_vec());
        let exchange = prior_knowledge().exchange(&get(server.url("/")), soon()).await;
        let outcome = outcome(&exchange);
        if length == whole.len() {
            assert_eq!(outcome, "200 hello!");
        } else {
            assert_eq!(outcome, "1000 unexpected EOF", "after {length} bytes");
        }
    }
}

#[tokio::test]
async fn every_reason_has_its_number() {
    let settings = frame(4, 0, 0, b"");
    for reason in 1..=14_u8 {
        let goaway = frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, reason]);
        let reset = frame(3, 0, 1, &[0, 0, 0, reason]);
        for (frame, base) in [(goaway, 1610), (reset, 1630)] {
            let server = raw([settings.clone(), frame].concat());
            let outcome = outcome(&prior_knowledge().exchange(&get(server.url("/")), soon()).await);
            // RFC 9113 knows thirteen.
            let expected = if reason > 13 { base } else { base + 1 + u16::from(reason) };
            assert!(outcome.starts_with(&format!("{expected} http2: ")), "{outcome} for {reason}");
        }
    }
}

#[tokio::test]
async fn broken_rules_have_numbers() {
    let settings = frame(4, 0, 0, b"");
    let goaway = |last: u8, reason: u8| frame(7, 0, 0, &[0, 0, 0, last, 0, 0, 0, reason]);
    let cases = [
        (goaway(1, 11), "1622 http2: received GoAway with http2 ErrCode ENHANCE_YOUR_CALM"),
        (goaway(0, 2), "1613 http2: received GoAway with http2 ErrCode INTERNAL_ERROR"),
        // DATA on stream 0.
        (frame(0, 0, 0, b"x"), "1652 http2: connection error with http2 ErrCode PROTOCOL_ERROR"),
        // A block of headers that is no HPACK, which the library has no reason of its own for.
        (frame(1, 5, 1, &[0xff; 9]), "1652 http2: connection error with http2 ErrCode PROTOCOL_ERROR"),
        // A window beyond all bounds.
        (
            frame(8, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            "1654 http2: connection error with http2 ErrCode FLOW_CONTROL_ERROR",
        ),
        // A length that no SETTINGS can have.
        (frame(4, 0, 0, b"x"), "1652 http2: connection error with http2 ErrCode PROTOCOL_ERROR"),
        // Less than the announced content-length: literal 28 with value 5.
        (
            [frame(1, 4, 1, &[0x88, 0x0f, 0x0d, 1, b'5']), frame(0, 1, 1, b"hi")].concat(),
            "1632 http2: stream error with http2 ErrCode PROTOCOL_ERROR",
        ),
    ];
    for (bytes, expected) in cases {
        let server = raw([settings.clone(), bytes].concat());
        assert_eq!(outcome(&prior_knowledge().exchange(&get(server.url("/")), soon()).await), expected);
    }
    let http1 = raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec());
    let outcome = outcome(&prior_knowledge().exchange(&get(http1.url("/")), soon()).await);
    assert!(outcome.starts_with("1657 http2: connection error") || outcome.starts_with("1652 "), "{outcome}");
}
