//! The network client of plimsoll: one request in, one fact out.
//!
//! A [`Client`] belongs to one virtual user and lives on one current-thread runtime. [`Client::exchange`]
//! sends a [`Request`] and returns an [`Exchange`]: what came back (a [`Response`] or a numbered
//! [`NetError`]), how long each phase took, and how many bytes crossed the socket. It does exactly one hop;
//! following redirects ([`redirect`]), keeping cookies ([`CookieJar`]) and decoding bodies
//! ([`Response::decode_body`]) are separate steps that the caller combines.
//!
//! ```no_run
//! # use std::{sync::Arc, time::Duration};
//! # use plimsoll_net::{Client, CookieJar, Method, NetError, Options, Request, Shared, Url, redirect};
//! # async fn example() -> Result<(), NetError> {
//! let shared = Shared::new(Arc::new(Options::default())); // one per worker
//! let client = Client::new(shared.clone()); // one per virtual user
//! let mut jar = CookieJar::new();
//!
//! let mut request = Request::new(Method::GET, Url::parse("https://test.example/tickets")?);
//! request.headers.set("accept", "application/json");
//! let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
//! loop {
//!     let mut exchange = client.exchange(&request, deadline).await;
//!     println!("{:?} {:?}", exchange.timings, exchange.traffic);
//!     match &mut exchange.result {
//!         Err(error) => println!("{} {error}", error.code()),
//!         Ok(response) => {
//!             response.decode_body(shared.options().limits.body_bytes)?;
//!             jar.receive(&request.url, response);
//!             if let Some(next) = redirect::next(&request, response) {
//!                 request = next?;
//!                 continue;
//!             }
//!         }
//!     }
//!     break;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate knows no JavaScript and no metric, writes no log line and takes no lock on the way of a request.
//!
//! | module | subject |
//! |---|---|
//! | `client` | [`Client`], [`Exchange`]: the life of one exchange |
//! | `shared` | [`Shared`], [`Options`]: what all clients of a worker have in common |
//! | `http` | [`Url`], [`Request`], [`Response`], [`redirect`], [`CookieJar`], logins, codings, HTTP/1, 2 |
//! | `pool`, `lines` | connections that are kept: HTTP/1.1, one exchange at a time, and HTTP/2, shared |
//! | `connection`, `connect` | one connection, and how a new one is made |
//! | `stream` | [`ByteStream`]: the same connections for other protocols |
//! | [`websocket`] | [`websocket::WebSocket`]: handshake, frames, compression |
//! | [`engineio`] | [`engineio::Engine`]: sessions of Engine.IO, packets of Socket.IO |
//! | [`event_stream`] | [`event_stream::EventStream`]: server-sent events, read while they come |
//! | [`sql`] | [`sql::Database`]: PostgreSQL, MySQL, SQLite |
//! | `dns`, `hosts`, `ip_range` | names to addresses: cache, policy, overrides, what must not be dialed |
//! | `proxy`, `local_addresses` | by which way a server is reached |
//! | `tls` | rustls set-up, verification, session facts |
//! | `timings` | the phases of an exchange |
//! | `error`, `error_code` | what can go wrong, with k6's numbers |

mod arrival;
mod client;
mod connect;
mod connection;
mod dns;
pub mod engineio;
mod error;
mod error_code;
pub mod event_stream;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hosts;
mod http;
mod ip_range;
mod lines;
mod local_addresses;
mod options;
mod pool;
mod proxy;
mod shared;
pub mod sql;
mod stream;
mod timings;
mod tls;
pub mod websocket;

pub use client::{Client, Exchange, Held};
pub use dns::{DnsOptions, DnsPolicy, DnsSelect};
pub use error::{NetError, Operation};
pub use error_code::ErrorCode;
pub use hosts::{HostOverrides, HostnamePatterns, InvalidHostPattern, InvalidOverride};
pub use http::auth::{Credentials, digest, ntlm};
pub use http::body::Body;
pub use http::cookie_date;
pub use http::cookies::{Cookie, CookieJar};
pub use http::encode::{UnknownCoding, encode};
pub use http::redirect;
pub use http::request::{HttpVersion, Method, Request};
pub use http::request_headers::RequestHeaders;
pub use http::response::{Headers, Protocol, Response};
pub use http::url::{Origin, Scheme, Url};
pub use ip_range::{InvalidIpRange, IpRange};
pub use local_addresses::{InvalidLocalAddresses, LocalAddresses};
pub use options::{Limits, Options};
pub use proxy::{InvalidProxy, Proxies};
pub use shared::Shared;
pub use stream::{ByteStream, StreamTls, Verification};
pub use timings::{Timings, Traffic};
pub use tls::{
    CipherSuites, ClientIdentity, HostIdentity, InvalidIdentity, Ocsp, OcspStatus, RevocationReason, TlsInfo,
    TlsOptions, TlsVersion, TrustedRoots, UnusableSuite,
};
