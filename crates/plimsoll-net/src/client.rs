//! The client of one virtual user, and the life of one exchange.
//!
//! An exchange takes an idle connection or makes one, sends the request, receives the response and keeps the
//! connection if the server lets it. Two rules decide what happens when that fails:
//!
//! - At the deadline it ends with [`NetError::RequestTimeout`], in whatever phase it is, and the connection
//!   is closed. The same holds when the future is dropped: a connection is in the pool only while no exchange
//!   uses it.
//! - A server may close an idle connection at any time, also at the moment a request is sent on it. If a
//!   *reused* connection dies before the first byte of a response, and the request is idempotent (GET, HEAD,
//!   OPTIONS, TRACE or an `Idempotency-Key` header) or no byte of it had been written, it is sent once more
//!   on a fresh connection.
//!
//! Over HTTP/2 the exchanges of a client to one origin share a connection (see [`crate::http::h2`]). What the
//! server says it has not looked at (GOAWAY, REFUSED_STREAM) is sent again on a fresh one.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use crate::connect::connect;
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::request::{HttpVersion, Request};
use crate::http::response::{Protocol, Response};
use crate::http::url::Origin;
use crate::http::{h1, h2};
use crate::lines::Lines;
use crate::pool::Pool;
use crate::shared::Shared;
use crate::timings::{Stopwatch, Timings, Traffic};
use crate::tls::{Alpn, TlsInfo};

/// Sends requests for one virtual user, and keeps its connections between them.
#[derive(Debug)]
pub struct Client {
    shared: Shared,
    pool: RefCell<Pool>,
    lines: Lines,
    local: Option<IpAddr>,
}

/// A connection kept between exchanges that have to share it, as those of NTLM do. Give it back with
/// [`Client::release`]; dropped, it is closed.
#[derive(Debug, Default)]
pub struct Held(Option<(Arc<Origin>, Connection)>);

/// Everything there is to know about one request.
#[derive(Debug)]
pub struct Exchange {
    /// When it was asked for.
    pub started_at: Instant,
    /// When it was over: the last byte of the response, or the failure.
    pub ended_at: Instant,
    /// How long each phase took.
    pub timings: Timings,
    /// What crossed the socket.
    pub traffic: Traffic,
    /// The protocol of the response; HTTP/1.1 when there is none.
    pub protocol: Protocol,
    /// The address of the server, once it was connected to.
    pub remote: Option<SocketAddr>,
    /// What the TLS handshake agreed on, if there was one.
    pub tls: Option<TlsInfo>,
    /// Whether the connection had been used before.
    pub reused_connection: bool,
    /// The answer.
    pub result: Result<Response, NetError>,
}

/// Which connection an exchange uses.
enum Way {
    /// One of its own, for HTTP/1.1.
    Own(Box<Connection>),
    /// One that it shares, for HTTP/2.
    Line(Rc<h2::Session>),
}

/// How often a request is sent that servers give back unread.
const MAX_TRIES: u32 = 3;

/// What an exchange leaves behind even when it is cut off at its deadline.
struct Attempt {
    watch: Stopwatch,
    connection: Option<Connection>,
    /// Its place on a connection that others share.
    stream: Option<h2::Turn>,
    /// Of connections that are gone: an earlier try, a failed handshake.
    traffic: Traffic,
}

impl Client {
    /// A client without connections. It is the first user of the options' local addresses.
    pub fn new(shared: Shared) -> Self {
        Self::of_user(shared, 0)
    }

    /// The client of the user with that number, from 0: users take turns with the local addresses.
    pub fn of_user(shared: Shared, number: u64) -> Self {
        let local = shared.options().local_addresses.of_user(number);
        Self { shared, pool: RefCell::default(), lines: Lines::default(), local }
    }

    /// The address of this machine that its requests leave from; the system's choice when `None`.
    pub fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// The state it shares with the other clients of its worker.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Sends `request` and waits for the whole response. Several exchanges of one client may run at the same
    /// time; each has a connection to itself. Dropping the future closes the connection.
    pub async fn exchange(&self, request: &Request, deadline: Instant) -> Exchange {
        let mut held = Held::default();
        let exchange = self.exchange_on(&mut held, request, deadline).await;
        self.release(held);
        exchange
    }

    /// The same on the connection that is held, if one is. The connection stays held if it can carry another
    /// request.
    pub async fn exchange_on(&self, held: &mut Held, request: &Request, deadline: Instant) -> Exchange {
        let mut attempt = Attempt {
            watch: Stopwatch::start(),
            connection: None,
            stream: None,
            traffic: Traffic::default(),
        };
        let result = timeout_at(deadline, self.run(held.0.take(), request, &mut attempt)).await;
        let (exchange, connection) =
            conclude(request, attempt, result.unwrap_or(Err(NetError::RequestTimeout)));
        *held = Held(connection);
        exchange
    }

    /// Keeps a connection that was held for any exchange to come.
    pub fn release(&self, held: Held) {
        if let Held(Some((origin, connection))) = held {
            self.pool.borrow_mut().put(&origin, connection, self.shared.options());
        }
    }

    /// Closes the idle connections, as between the iterations of a run with `noVUConnectionReuse`.
    pub fn close_idle(&self) {
        self.pool.borrow_mut().clear();
        self.lines.clear();
    }

    /// How many connections are kept.
    pub fn idle_connections(&self) -> usize {
        self.pool.borrow().len() + self.lines.len()
    }

    async fn run(
        &self,
        mut held: Option<(Arc<Origin>, Connection)>,
        request: &Request,
        attempt: &mut Attempt,
    ) -> Result<h1::Answer, NetError> {
        request.validate()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let held = held.take().filter(|(held_to, _)| request.url.origin().is_ok_and(|to| held_to == to));
            let way = match held {
                Some((_, mut connection)) => {
                    connection.reused = true;
                    Way::Own(Box::new(connection))
                }
                None => self.way(request, attempt, tries == 1).await?,
            };
            match way {
                Way::Own(connection) => {
                    let was_used = connection.reused;
                    match attempt.run_on(*connection, &self.shared, request).await {
                        Err(_) if was_used && attempt.may_retry(request) => attempt.give_up_connection(),
                        result => return result,
                    }
                }
                Way::Line(session) => {
                    match attempt.run_stream(&session, &self.shared, request).await {
                        Err(failure) if failure.unprocessed && tries < MAX_TRIES => attempt.give_up_stream(),
                        result => return self.after_stream(&session, request, result),
                    }
                    self.lines.forget(&session);
                }
            }
        }
    }

    /// The connection that a request goes over: one that is there, or a new one.
    async fn way(&self, request: &Request, attempt: &mut Attempt, may_pool: bool) -> Result<Way, NetError> {
        let (origin, identity) = (request.url.origin()?, request.identity.as_ref());
        let alpn = match request.version.unwrap_or(self.shared.options().http_version) {
            HttpVersion::Auto if origin.secure => Alpn::Any,
            HttpVersion::Auto | HttpVersion::Http1 => Alpn::Http11,
            HttpVersion::Http2 => Alpn::Http2,
        };
        if alpn != Alpn::Http11
            && let Some(session) = self.lines.find(origin, identity)
        {
            return Ok(Way::Line(session));
        }
        if may_pool
            && alpn != Alpn::Http2
            && let Some(connection) = self.pool.borrow_mut().take(origin, identity)
        {
            return Ok(Way::Own(Box::new(connection)));
        }
        if alpn == Alpn::Http11 || (alpn == Alpn::Any && self.shared.lacks_http2(origin)) {
            let connection = self.connect(request, alpn, attempt).await?;
            return self.way_over(request, alpn, connection).await;
        }
        // Requests that begin together share a connection if they can, so one of them finds that out.
        let dialing = self.lines.dialing(origin, identity);
        let turn = dialing.lock().await;
        if let Some(session) = self.lines.find(origin, identity) {
            return Ok(Way::Line(session));
        }
        if alpn == Alpn::Any && self.shared.lacks_http2(origin) {
            drop(turn);
        }
        let connection = self.connect(request, alpn, attempt).await?;
        self.way_over(request, alpn, connection).await
    }

    async fn connect(
        &self,
        request: &Request,
        alpn: Alpn,
        attempt: &mut Attempt,
    ) -> Result<Connection, NetError> {
        let (origin, identity) = (request.url.origin()?, request.identity.as_ref());
        let (watch, traffic) = (&mut attempt.watch, &mut attempt.traffic);
        connect(&self.shared, origin, identity, alpn, request.local.or(self.local), watch, traffic).await
    }

    /// What a new connection is good for.
    async fn way_over(&self, request: &Request, alpn: Alpn, connection: Connection) -> Result<Way, NetError> {
        let origin = request.url.origin()?;
        if connection.is_http2() || (alpn == Alpn::Http2 && !origin.secure) {
            let session = h2::Session::start(connection, self.shared.options().limits).await?;
            if self.shared.options().reuse_connections {
                self.lines.keep(origin, request.identity.as_ref(), &session);
            }
            return Ok(Way::Line(session));
        }
        match alpn {
            Alpn::Http2 => return Err(NetError::Http2("the server did not agree to HTTP/2".into())),
            Alpn::Any => self.shared.note_without_http2(origin),
            Alpn::Http11 => {}
        }
        Ok(Way::Own(Box::new(connection)))
    }

    /// What a stream came to. A connection that is done for is not used again.
    fn after_stream(
        &self,
        session: &Rc<h2::Session>,
        request: &Request,
        result: Result<Response, h2::Failure>,
    ) -> Result<h1::Answer, NetError> {
        if session.is_closed() || h1::asks_to_close(request) {
            self.lines.forget(session);
        }
        match result {
            Ok(response) => Ok(h1::Answer { response, reusable: false, beyond: Bytes::new() }),
            Err(failure) => Err(failure.error),
        }
    }
}

/// Turns what is known at the end into the fact, and gives the connection if it may be used again.
fn conclude(
    request: &Request,
    attempt: Attempt,
    result: Result<h1::Answer, NetError>,
) -> (Exchange, Option<(Arc<Origin>, Connection)>) {
    let Attempt { mut watch, mut connection, stream, mut traffic } = attempt;
    if let Some(stream) = &stream {
        traffic.add(stream.settle(&mut watch));
    }
    let ended_at = if result.is_ok() { watch.response_end() } else { Instant::now() };
    let (result, reusable) = match result {
        Ok(answer) => (Ok(answer.response), answer.reusable),
        Err(error) => (Err(error), false),
    };
    if let Some(connection) = &mut connection {
        traffic.add(connection.take_traffic());
    }
    let exchange = Exchange {
        started_at: watch.asked,
        ended_at,
        timings: watch.finish(ended_at),
        traffic,
        remote: match &stream {
            Some(stream) => Some(stream.session.remote),
            None => connection.as_ref().map(|connection| connection.remote),
        },
        tls: match &stream {
            Some(stream) => stream.session.tls,
            None => connection.as_ref().and_then(|connection| connection.tls),
        },
        reused_connection: stream.as_ref().is_some_and(|stream| stream.reused)
            || connection.as_ref().is_some_and(|connection| connection.reused),
        protocol: result.as_ref().map_or_else(|_| Protocol::default(), |response| response.protocol),
        result,
    };
    let origin = request.url.origin().ok().filter(|_| reusable);
    (exchange, origin.map(Arc::clone).zip(connection))
}

impl Attempt {
    async fn run_on(
        &mut self,
        connection: Connection,
        shared: &Shared,
        request: &Request,
    ) -> Result<h1::Answer, NetError> {
        let connection = self.connection.insert(connection);
        self.watch.connection_ready();
        h1::exchange(connection, shared, request, &mut self.watch).await
    }

    async fn run_stream(
        &mut self,
        session: &Rc<h2::Session>,
        shared: &Shared,
        request: &Request,
    ) -> Result<Response, h2::Failure> {
        let turn = self.stream.insert(h2::Session::turn(session).await);
        h2::exchange(turn, shared.options(), request, &mut self.watch).await
    }

    fn give_up_stream(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.traffic.add(stream.settle(&mut self.watch));
        }
        self.watch.connection_lost();
    }

    /// See the module's second rule. An answer that began is never thrown away.
    fn may_retry(&self, request: &Request) -> bool {
        let nothing_sent = self.connection.as_ref().is_some_and(|connection| connection.sent() == 0);
        !self.watch.has_response_bytes() && (nothing_sent || request.is_replayable())
    }

    fn give_up_connection(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            self.traffic.add(connection.take_traffic());
        }
        self.watch.connection_lost();
    }
}
