//! Connections for protocols other than HTTP: the same names, rules and counted bytes.
//!
//! It knows no protocol. Start from [`ByteStream::open`].

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::ReadBuf;
use tokio_rustls::TlsConnector;

use crate::connect::{Route, connect_with, shake_hands};
use crate::connection::Connection;
use crate::error::NetError;
use crate::http::url::Origin;
use crate::shared::Shared;
use crate::timings::{Stopwatch, Traffic};
use crate::tls::{self, Alpn, ClientIdentity, TlsOptions, TrustedRoots};

/// How much of a server's certificate has to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Somebody trusted vouches for it, and it is for the server's name.
    Full,
    /// Somebody trusted vouches for it.
    Authority,
    /// Nothing.
    None,
}

/// Whom a stream trusts, and who it says it is.
#[derive(Clone)]
pub struct StreamTls(TlsConnector);

impl StreamTls {
    /// From texts in PEM: who may vouch for the server (the system's authorities if nobody is named), and
    /// certificate and key of the client.
    ///
    /// # Errors
    /// What is wrong with the texts.
    pub fn new(
        authorities: &[String],
        identity: Option<(&str, &str)>,
        verification: Verification,
    ) -> Result<Self, String> {
        let mut trusted = Vec::new();
        for text in authorities {
            trusted.extend(TrustedRoots::read_pem(text).map_err(|why| format!("ca: {why}"))?);
        }
        let roots = if authorities.is_empty() { TrustedRoots::System } else { TrustedRoots::Only(trusted) };
        let identity = identity.map(|(chain, key)| ClientIdentity::from_pem(chain, key, ""));
        let identity = identity.transpose().map_err(|error| error.to_string())?;
        let options = TlsOptions {
            skip_verification: verification == Verification::None,
            skip_name: verification != Verification::Full,
            roots,
            ..TlsOptions::default()
        };
        let config = tls::client_config(&options, identity.into_iter().collect());
        config
            .map(|config| StreamTls(TlsConnector::from(Arc::new(config))))
            .map_err(|error| error.to_string())
    }
}

/// An open connection.
#[derive(Debug)]
pub struct ByteStream(Connection);

impl ByteStream {
    /// Connects, under the run's rules for names and addresses.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn open(
        shared: &Shared,
        host: &str,
        port: u16,
        tls: Option<&StreamTls>,
    ) -> Result<Self, NetError> {
        let origin =
            Origin { secure: tls.is_some(), host: host.to_ascii_lowercase().into(), port: port.into() };
        let connector = || match tls {
            Some(tls) => Ok(tls.0.clone()),
            None => shared.tls(&origin.host, None, Alpn::Http11),
        };
        let (mut watch, mut traffic) = (Stopwatch::start(), Traffic::default());
        connect_with(shared, &origin, Route::default(), connector, &mut watch, &mut traffic)
            .await
            .map(ByteStream)
    }

    /// Begins TLS on a connection that has none yet, for protocols that agree on it first.
    pub(crate) async fn secure(self, host: &str, tls: &StreamTls) -> Result<Self, NetError> {
        let remote = self.0.remote;
        let origin =
            Origin { secure: true, host: host.to_ascii_lowercase().into(), port: remote.port().into() };
        let socket = self.0.into_socket().ok_or_else(|| NetError::Tls("there is TLS already".into()))?;
        let (stream, ocsp) = shake_hands(&tls.0, &origin, socket, &mut Traffic::default()).await?;
        Ok(ByteStream(Connection::tls(stream, ocsp, remote)))
    }

    /// The address of the other end.
    pub(crate) fn remote(&self) -> SocketAddr {
        self.0.remote
    }

    /// Reads what there is, at least one byte; none at the end of the stream.
    ///
    /// # Errors
    /// What the system or TLS says.
    pub async fn read(&mut self, into: &mut [u8]) -> Result<usize, NetError> {
        let mut buffer = ReadBuf::new(into);
        poll_fn(|cx| self.0.poll_read(cx, &mut buffer)).await?;
        Ok(buffer.filled().len())
    }

    /// Writes everything.
    ///
    /// # Errors
    /// What the system or TLS says.
    pub async fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), NetError> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.0.poll_write(cx, bytes)).await?;
            if written == 0 {
                return Err(NetError::UnexpectedEof);
            }
            bytes = &bytes[written..];
        }
        poll_fn(|cx| self.0.poll_flush(cx)).await
    }

    /// Whether nothing has come that nobody asked for, the stream's end included.
    pub fn is_quiet(&mut self) -> bool {
        self.0.is_quiet()
    }

    /// The bytes that crossed the socket since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        self.0.take_traffic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_told() {
        let wrong = |authorities: &[&str], identity| {
            let authorities: Vec<String> = authorities.iter().map(ToString::to_string).collect();
            StreamTls::new(&authorities, identity, Verification::Full).err().unwrap_or_default()
        };
        assert_eq!(wrong(&["nonsense"], None), "ca: no certificate in PEM");
        assert_eq!(wrong(&[], Some(("nonsense", "nonsense"))), "cert: no certificate in PEM");
        assert_eq!(wrong(&[], None), "");
    }
}
