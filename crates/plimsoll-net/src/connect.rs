//! Making a connection: rules, name, TCP, TLS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::connection::{Connection, Socket};
use crate::error::{NetError, Operation};
use crate::http::url::Origin;
use crate::options::Options;
use crate::proxy::Proxy;
use crate::shared::Shared;
use crate::timings::{Stopwatch, Traffic};
use crate::tls::{self, Alpn, ClientIdentity, Ocsp, Stapled};

/// How long a connection may be silent before the system probes it.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(30);

/// How a connection reaches its server.
#[derive(Clone, Copy, Default)]
pub(crate) struct Route<'a> {
    /// The address of this machine that it comes from; the system's choice when `None`.
    pub(crate) local: Option<IpAddr>,
    /// The proxy that it goes through.
    pub(crate) proxy: Option<&'a Arc<Proxy>>,
    /// Whether the proxy must lead through to the server, instead of being given whole requests.
    pub(crate) tunnels: bool,
}

impl<'a> Route<'a> {
    /// The way that the run's options say.
    pub(crate) fn of(options: &'a Options, origin: &Origin, local: Option<IpAddr>) -> Self {
        Route { local, proxy: options.proxies.find(origin), tunnels: false }
    }

    /// The proxy that is given whole requests.
    fn forwarder(&self, origin: &Origin) -> Option<&'a Arc<Proxy>> {
        self.proxy.filter(|proxy| !self.tunnels && proxy.forwards(origin))
    }
}

/// Opens a connection to `origin` as the client that the options, or else `identity`, say. Notes in `watch`
/// how long each step took. What a failed TLS handshake cost is added to `traffic`; that of a successful one
/// is still on the connection.
pub(crate) async fn connect(
    shared: &Shared,
    origin: &Origin,
    identity: Option<&ClientIdentity>,
    alpn: Alpn,
    local: Option<IpAddr>,
    watch: &mut Stopwatch,
    traffic: &mut Traffic,
) -> Result<Connection, NetError> {
    // A proxy passes requests on in a version of its own choice, so HTTP/2 goes through it.
    let route = Route { tunnels: alpn == Alpn::Http2, ..Route::of(shared.options(), origin, local) };
    let tls = || shared.tls(&origin.host, identity, alpn);
    let mut connection = connect_with(shared, origin, route, tls, watch, traffic).await?;
    connection.identity = identity.cloned();
    Ok(connection)
}

/// The same by a route, and with a TLS configuration, of its own.
pub(crate) async fn connect_with(
    shared: &Shared,
    origin: &Origin,
    route: Route<'_>,
    tls: impl FnOnce() -> Result<TlsConnector, NetError>,
    watch: &mut Stopwatch,
    traffic: &mut Traffic,
) -> Result<Connection, NetError> {
    let options = shared.options();
    refuse_blocked(options, origin)?;
    let dialed = route.proxy.map_or(origin, |proxy| &proxy.origin);
    let address = find_address(shared, dialed, watch).await?;
    refuse_blacklisted(options, address)?;
    let started = Instant::now();
    let reached = timeout(options.dial_timeout, reach(address, origin, route));
    let socket = reached.await.map_err(|_| NetError::DialTimeout)??;
    watch.connecting = started.elapsed();
    if !origin.secure {
        let mut connection = Connection::plain(socket, address);
        connection.via = route.forwarder(origin).map(Arc::clone);
        return Ok(connection);
    }
    let started = Instant::now();
    let (stream, ocsp) = shake_hands(&tls()?, origin, socket, traffic).await?;
    watch.tls_handshaking = started.elapsed();
    Ok(Connection::tls(stream, ocsp, address))
}

/// Begins TLS on a socket.
pub(crate) async fn shake_hands(
    tls: &TlsConnector,
    origin: &Origin,
    socket: Socket,
    traffic: &mut Traffic,
) -> Result<(TlsStream<Socket>, Option<Ocsp>), NetError> {
    let name = ServerName::try_from(&*origin.host)
        .map_err(|_| NetError::Tls(format!("invalid server name {:?}", origin.host).into()))?
        .to_owned();
    let (stream, ocsp) = Stapled::new(tls.connect(name, socket).into_fallible()).await;
    let stream = stream.map_err(|(error, mut socket)| {
        traffic.add(socket.take_traffic());
        tls::stream_error(Operation::Read, &error)
    })?;
    Ok((stream, ocsp))
}

async fn find_address(
    shared: &Shared,
    origin: &Origin,
    watch: &mut Stopwatch,
) -> Result<SocketAddr, NetError> {
    let options = shared.options();
    let port = u16::try_from(origin.port).map_err(|_| NetError::InvalidPort(origin.port))?;
    refuse_blocked(options, origin)?;
    if let Some(address) = options.everywhere {
        return Ok(address);
    }
    if let Ok(address) = origin.host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, port));
    }
    if let Some(address) = options.hosts.find(&origin.host, port) {
        return Ok(address);
    }
    let started = Instant::now();
    let address = shared.resolver().resolve(&origin.host).await?;
    watch.looking_up = started.elapsed();
    Ok(SocketAddr::new(address, port))
}

/// Where a server is, under the run's rules for names and addresses, for clients that dial by themselves.
pub(crate) async fn address_of(shared: &Shared, host: &str, port: u16) -> Result<SocketAddr, NetError> {
    let origin = Origin { secure: false, host: host.to_ascii_lowercase().into(), port: port.into() };
    let address = find_address(shared, &origin, &mut Stopwatch::start()).await?;
    refuse_blacklisted(shared.options(), address)?;
    Ok(address)
}

fn refuse_blacklisted(options: &Options, address: SocketAddr) -> Result<(), NetError> {
    if options.blacklisted_ips.iter().any(|range| range.contains(address.ip())) {
        return Err(NetError::BlacklistedIp(address.ip()));
    }
    Ok(())
}

fn refuse_blocked(options: &Options, origin: &Origin) -> Result<(), NetError> {
    if options.blocked_hostnames.matches(&origin.host) {
        return Err(NetError::BlockedHostname(origin.host.clone()));
    }
    Ok(())
}

/// A socket whose other end is the server's, or that of a proxy that is given whole requests.
async fn reach(address: SocketAddr, origin: &Origin, route: Route<'_>) -> Result<Socket, NetError> {
    let tcp = dial(route.local, address).await.map_err(|error| NetError::io(Operation::Dial, &error))?;
    let socket = Socket::new(tcp);
    match route.proxy.filter(|_| route.forwarder(origin).is_none()) {
        Some(proxy) => proxy.tunnel(socket, origin).await,
        None => Ok(socket),
    }
}

async fn dial(local: Option<IpAddr>, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(local) = local {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))?;
    socket.connect(address).await
}
