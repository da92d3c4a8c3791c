//! What the run's options say about the network.

use std::net::SocketAddr;
use std::time::Duration;

use crate::dns::DnsOptions;
use crate::hosts::{HostOverrides, HostnamePatterns};
use crate::http::request::HttpVersion;
use crate::ip_range::IpRange;
use crate::local_addresses::LocalAddresses;
use crate::proxy::Proxies;
use crate::tls::TlsOptions;

/// Settings for all clients of a run. [`Options::default`] is what k6 does without any option set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The `User-Agent` of requests that set none; empty sends none.
    pub user_agent: Box<str>,
    /// How names are resolved.
    pub dns: DnsOptions,
    /// Names that live elsewhere (`hosts`).
    pub hosts: HostOverrides,
    /// Where every connection goes instead, whatever its name or address is.
    pub everywhere: Option<SocketAddr>,
    /// Names that must not be contacted (`blockHostnames`).
    pub blocked_hostnames: HostnamePatterns,
    /// Addresses that must not be contacted (`blacklistIPs`).
    pub blacklisted_ips: Vec<IpRange>,
    /// Which version of HTTP is spoken.
    pub http_version: HttpVersion,
    /// How servers are verified.
    pub tls: TlsOptions,
    /// Whether connections are kept for the next request (the opposite of `noConnectionReuse`).
    pub reuse_connections: bool,
    /// How many idle connections a client keeps per origin (`batchPerHost`).
    pub max_idle_per_origin: usize,
    /// How many idle connections a client keeps altogether (`batch`).
    pub max_idle: usize,
    /// How long opening a TCP connection may take.
    pub dial_timeout: Duration,
    /// The addresses of this machine that clients connect from; the system's choice when there are none.
    pub local_addresses: LocalAddresses,
    /// The proxies that lead to servers.
    pub proxies: Proxies,
    /// Bounds on what a server may send.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
            dns: DnsOptions::default(),
            hosts: HostOverrides::default(),
            everywhere: None,
            blocked_hostnames: HostnamePatterns::default(),
            blacklisted_ips: Vec::new(),
            http_version: HttpVersion::default(),
            tls: TlsOptions::default(),
            reuse_connections: true,
            max_idle_per_origin: 6,
            max_idle: 20,
            dial_timeout: Duration::from_secs(30),
            local_addresses: LocalAddresses::default(),
            proxies: Proxies::default(),
            limits: Limits::default(),
        }
    }
}

/// Bounds on what a server may send. Exceeding one fails the exchange and closes the connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a response head, and of the trailers after a chunked body.
    pub head_bytes: usize,
    /// Bytes of a body that is kept. Discarded bodies are unbounded: they take no memory.
    pub body_bytes: usize,
}

impl Default for Limits {
    /// 256 KiB of head and 1 GiB of body.
    fn default() -> Self {
        Self { head_bytes: 256 * 1024, body_bytes: 1024 * 1024 * 1024 }
    }
}
