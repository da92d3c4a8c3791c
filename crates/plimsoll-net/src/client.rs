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

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use crate::connect::connect;
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::h1;
use crate::http::request::Request;
use crate::http::response::{Protocol, Response};
use crate::http::url::Origin;
use crate::pool::Pool;
use crate::shared::Shared;
use crate::timings::{Stopwatch, Timings, Traffic};
use crate::tls::TlsInfo;

/// Sends requests for one virtual user, and keeps its connections between them.
#[derive(Debug)]
pub struct Client {
    shared: Shared,
    pool: RefCell<Pool>,
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

/// What an exchange leaves behind even when it is cut off at its deadline.
struct Attempt {
    watch: Stopwatch,
    connection: Option<Connection>,
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
        Self { shared, pool: RefCell::default(), local }
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
        let mut attempt =
            Attempt { watch: Stopwatch::start(), connection: None, traffic: Traffic::default() };
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
    }

    /// How many connections are kept.
    pub fn idle_connections(&self) -> usize {
        self.pool.borrow().len()
    }

    async fn run(
        &self,
        held: Option<(Arc<Origin>, Connection)>,
        request: &Request,
        attempt: &mut Attempt,
    ) -> Result<h1::Answer, NetError> {
        request.validate()?;
        let origin = request.url.origin()?;
        let held = held.filter(|(held_to, _)| held_to == origin).map(|(_, mut connection)| {
            connection.reused = true;
            connection
        });
        let identity = request.identity.as_ref();
        let pooled = held.or_else(|| self.pool.borrow_mut().take(origin, identity));
        if let Some(connection) = pooled {
            match attempt.run_on(connection, &self.shared, request).await {
                Err(_) if attempt.may_retry(request) => attempt.give_up_connection(),
                result => return result,
            }
        }
        let (watch, traffic) = (&mut attempt.watch, &mut attempt.traffic);
        let connection = connect(&self.shared, origin, identity, self.local, watch, traffic);
        let connection = connection.await?;
        attempt.run_on(connection, &self.shared, request).await
    }
}

/// Turns what is known at the end into the fact, and gives the connection if it may be used again.
fn conclude(
    request: &Request,
    attempt: Attempt,
    result: Result<h1::Answer, NetError>,
) -> (Exchange, Option<(Arc<Origin>, Connection)>) {
    let Attempt { watch, mut connection, mut traffic } = attempt;
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
        remote: connection.as_ref().map(|connection| connection.remote),
        tls: connection.as_ref().and_then(|connection| connection.tls),
        reused_connection: connection.as_ref().is_some_and(|connection| connection.reused),
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
