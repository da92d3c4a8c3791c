//! The options of TLS, and the rustls configurations made from them.
//!
//! One configuration is made from the options; each kind of connection (who the client is, which protocols
//! are offered) shares everything in it, and is made once.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, KeyLogFile, RootCertStore, SupportedProtocolVersion};
use tokio_rustls::TlsConnector;

use super::failure::tls_error;
use super::identity::{ClientIdentity, Identities, broken_pem};
use super::suites::CipherSuites;
use super::verify::{AcceptAny, NameBeforeChain};
use crate::error::NetError;
use crate::hosts::HostnamePatterns;

/// How servers are verified, and what they are offered.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Accept any certificate (`insecureSkipTLSVerify`).
    pub skip_verification: bool,
    /// Accept a certificate that is for another host, if somebody trusted vouches for it.
    pub skip_name: bool,
    /// Who may vouch for a server.
    pub roots: TrustedRoots,
    /// The oldest version that is offered.
    pub min_version: TlsVersion,
    /// Whether TLS 1.2 is the newest version that is offered.
    pub only_tls12: bool,
    /// The cipher suites that are offered.
    pub cipher_suites: CipherSuites,
    /// Who clients are (`tlsAuth`).
    pub identities: Vec<HostIdentity>,
}

/// A version of TLS that can be spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2
    #[default]
    Tls12,
    /// TLS 1.3
    Tls13,
}

/// Who may vouch for a server.
#[derive(Clone, Debug, Default)]
pub enum TrustedRoots {
    /// The system's certificates (or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name), or Mozilla's when
    /// the system has none.
    #[default]
    System,
    /// The system's, and these, DER encoded.
    SystemAnd(Vec<Vec<u8>>),
    /// Exactly these, DER encoded.
    Only(Vec<Vec<u8>>),
}

impl TrustedRoots {
    /// All certificates of a text in PEM, DER encoded.
    ///
    /// # Errors
    /// Why there are none.
    pub fn read_pem(text: &str) -> Result<Vec<Vec<u8>>, String> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        match read {
            Ok(certificates) if certificates.is_empty() => Err("no certificate in PEM".to_owned()),
            Ok(certificates) => Ok(certificates.iter().map(|certificate| certificate.to_vec()).collect()),
            Err(error) => Err(broken_pem(&error)),
        }
    }
}

/// Who a client is to some servers.
#[derive(Clone, Debug)]
pub struct HostIdentity {
    /// Its certificate.
    pub identity: ClientIdentity,
    /// The servers that are shown it; all if `None`.
    pub hosts: Option<HostnamePatterns>,
}

/// The protocols that a handshake offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// HTTP/2, or else HTTP/1.1.
    Any,
    /// HTTP/1.1 alone.
    Http11,
    /// HTTP/2 alone.
    Http2,
}

impl Alpn {
    fn names(self) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match self {
            Self::Any => &[b"h2", b"http/1.1"],
            Self::Http11 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }
}

/// The TLS configurations of one worker, by what they are for.
#[derive(Default)]
pub(crate) struct Connectors {
    base: OnceCell<Result<ClientConfig, NetError>>,
    made: RefCell<Vec<(Purpose, TlsConnector)>>,
}

/// What tells connections apart that share everything else.
#[derive(PartialEq)]
struct Purpose {
    identities: Vec<ClientIdentity>,
    alpn: Alpn,
}

/// Configurations kept. A worker whose users all have certificates of their own starts over with an empty
/// list, which costs each a configuration (not another reading of its certificate).
const KEPT: usize = 256;

impl Connectors {
    /// The configuration for connections to `host`, with the client's identity to it: its `own`, or those of
    /// the options.
    pub(crate) fn get(
        &self,
        options: &TlsOptions,
        host: &str,
        own: Option<&ClientIdentity>,
        alpn: Alpn,
    ) -> Result<TlsConnector, NetError> {
        let identities = match own {
            Some(own) => vec![own.clone()],
            None => options.identities_for(host),
        };
        let purpose = Purpose { identities, alpn };
        let mut made = self.made.borrow_mut();
        if let Some((_, connector)) = made.iter().find(|(made_for, _)| *made_for == purpose) {
            return Ok(connector.clone());
        }
        let base = self.base.get_or_init(|| client_config(options, Vec::new()));
        let mut config = base.as_ref().map_err(Clone::clone)?.clone();
        config.alpn_protocols = alpn.names();
        config.client_auth_cert_resolver = Arc::new(Identities(purpose.identities.clone()));
        let connector = TlsConnector::from(Arc::new(config));
        if made.len() >= KEPT {
            made.clear();
        }
        made.push((purpose, connector.clone()));
        Ok(connector)
    }
}

impl TlsOptions {
    fn identities_for(&self, host: &str) -> Vec<ClientIdentity> {
        let to_host =
            |identity: &&HostIdentity| identity.hosts.as_ref().is_none_or(|hosts| hosts.matches(host));
        self.identities.iter().filter(to_host).map(|identity| identity.identity.clone()).collect()
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let mut versions = Vec::new();
        if !self.only_tls12 {
            versions.push(&rustls::version::TLS13);
        }
        if self.min_version == TlsVersion::Tls12 {
            versions.push(&rustls::version::TLS12);
        }
        versions
    }
}

/// A TLS configuration, for a client that shows who it is if it has an identity.
pub(crate) fn client_config(
    options: &TlsOptions,
    identities: Vec<ClientIdentity>,
) -> Result<ClientConfig, NetError> {
    let provider = aws_lc_rs::default_provider();
    let provider =
        Arc::new(CryptoProvider { cipher_suites: options.cipher_suites.list().to_vec(), ..provider });
    let verifier: Arc<dyn ServerCertVerifier> = if options.skip_verification {
        Arc::new(AcceptAny { provider: Arc::clone(&provider) })
    } else {
        let roots = Arc::new(root_store(&options.roots)?);
        let chain = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| NetError::Tls(error.to_string().into()))?;
        Arc::new(NameBeforeChain { chain, skips_name: options.skip_name })
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&options.versions())
        .map_err(|error| tls_error(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(Identities(identities)));
    config.resumption = Resumption::disabled();
    config.key_log = Arc::new(KeyLogFile::new());
    Ok(config)
}

/// Who vouches for others on this system.
pub(crate) fn system_authorities() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

fn root_store(roots: &TrustedRoots) -> Result<RootCertStore, NetError> {
    let mut store = RootCertStore::empty();
    let own: &[Vec<u8>] = match roots {
        TrustedRoots::System => &[],
        TrustedRoots::SystemAnd(own) | TrustedRoots::Only(own) => own,
    };
    for certificate in own {
        store.add(CertificateDer::from_slice(certificate)).map_err(|error| tls_error(&error))?;
    }
    if !matches!(roots, TrustedRoots::Only(_)) {
        // Unreadable certificates in the system's store are the system's business; the others still count.
        let (added, _) = store.add_parsable_certificates(system_authorities());
        if added == 0 {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_roots_are_never_empty() {
        assert!(!root_store(&TrustedRoots::System).unwrap().is_empty());
    }

    #[test]
    fn configurations_are_made_once_for_each_purpose() {
        let (connectors, mut options) = (Connectors::default(), TlsOptions::default());
        let mut hosts = HostnamePatterns::default();
        hosts.insert("*.own.test").unwrap();
        let identity = super::super::identity::tests::identity();
        options.identities.push(HostIdentity { identity, hosts: Some(hosts) });
        for host in ["h.test", "a.own.test", "b.own.test", "own.test"] {
            connectors.get(&options, host, None, Alpn::Http11).unwrap();
        }
        assert_eq!(connectors.made.borrow().len(), 2);
    }
}
