//! Making a connection: rules, name, TCP, TLS.

use std::net::{IpAddr, SocketAddr};

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
use crate::shared::Shared;
use crate::timings::{Stopwatch, Traffic};
use crate::tls;

/// How long a connection may be silent before the system probes it.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(30);

/// Opens a connection to `origin`, noting in `watch` how long each step took. What a failed TLS handshake
/// cost is added to `traffic`; that of a successful one is still on the connection.
pub(crate) async fn connect(
    shared: &Shared,
    origin: &Origin,
    watch: &mut Stopwatch,
    traffic: &mut Traffic,
) -> Result<Connection, NetError> {
    connect_with(shared, origin, || shared.tls(), watch, traffic).await
}

/// The same with a TLS configuration of its own.
pub(crate) async fn connect_with<'a>(
    shared: &Shared,
    origin: &Origin,
    tls: impl FnOnce() -> Result<&'a TlsConnector, NetError>,
    watch: &mut Stopwatch,
    traffic: &mut Traffic,
) -> Result<Connection, NetError> {
    let options = shared.options();
    let address = find_address(shared, origin, watch).await?;
    if options.blacklisted_ips.iter().any(|range| range.contains(address.ip())) {
        return Err(NetError::BlacklistedIp(address.ip()));
    }
    let started = Instant::now();
    let tcp = timeout(options.dial_timeout, dial(options, address))
        .await
        .map_err(|_| NetError::DialTimeout)?
        .map_err(|error| NetError::io(Operation::Dial, &error))?;
    watch.connecting = started.elapsed();
    let socket = Socket::new(tcp);
    if !origin.secure {
        return Ok(Connection::plain(socket, address));
    }
    let started = Instant::now();
    let stream = shake_hands(tls()?, origin, socket, traffic).await?;
    watch.tls_handshaking = started.elapsed();
    Ok(Connection::tls(stream, address))
}

async fn shake_hands(
    tls: &TlsConnector,
    origin: &Origin,
    socket: Socket,
    traffic: &mut Traffic,
) -> Result<TlsStream<Socket>, NetError> {
    let name = ServerName::try_from(&*origin.host)
        .map_err(|_| NetError::Tls(format!("invalid server name {:?}", origin.host).into()))?
        .to_owned();
    tls.connect(name, socket).into_fallible().await.map_err(|(error, mut socket)| {
        traffic.add(socket.take_traffic());
        tls::stream_error(Operation::Read, &error)
    })
}

async fn find_address(
    shared: &Shared,
    origin: &Origin,
    watch: &mut Stopwatch,
) -> Result<SocketAddr, NetError> {
    let options = shared.options();
    let port = u16::try_from(origin.port).map_err(|_| NetError::InvalidPort(origin.port))?;
    if options.blocked_hostnames.matches(&origin.host) {
        return Err(NetError::BlockedHostname(origin.host.clone()));
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

async fn dial(options: &Options, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(local) = options.local_address {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE))?;
    socket.connect(address).await
}
