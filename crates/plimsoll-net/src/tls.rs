//! TLS: what is offered, whom to trust, and what was agreed on.
//!
//! Sessions are not resumed. Every virtual user stands for a stranger to the server, so each new connection
//! pays for its full handshake, as with k6. With `SSLKEYLOGFILE` in the environment the session secrets are
//! written there.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, CipherSuite, ClientConfig, DigitallySignedStruct, InvalidMessage, KeyLogFile,
    ProtocolVersion, RootCertStore, SignatureScheme,
};
use tokio_rustls::TlsConnector;

use crate::error::{NetError, Operation};

/// How servers are verified.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Accept any certificate (`insecureSkipTLSVerify`).
    pub skip_verification: bool,
    /// Who may vouch for a server.
    pub roots: TrustedRoots,
}

/// Who may vouch for a server.
#[derive(Clone, Debug, Default)]
pub enum TrustedRoots {
    /// The system's certificates, or Mozilla's when the system has none.
    #[default]
    System,
    /// Exactly these, DER encoded.
    Only(Vec<Vec<u8>>),
}

/// What a handshake agreed on, in k6's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `tls1.2` or `tls1.3`.
    pub version: &'static str,
    /// The suite's IANA name.
    pub cipher_suite: &'static str,
}

impl TlsInfo {
    pub(crate) fn of(connection: &rustls::ClientConnection) -> Self {
        Self {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "tls1.2",
                _ => "tls1.3",
            },
            cipher_suite: connection.negotiated_cipher_suite().map_or("", |suite| suite_name(suite.suite())),
        }
    }
}

fn suite_name(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        other => other.as_str().unwrap_or(""),
    }
}

/// A certificate with those that vouch for it, and its key.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The worker's TLS configuration.
pub(crate) fn connector(options: &TlsOptions) -> Result<TlsConnector, NetError> {
    let mut config = config(options, None)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A TLS configuration, for a client that shows who it is if it has an identity.
pub(crate) fn config(options: &TlsOptions, identity: Option<Identity>) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if options.skip_verification {
        Arc::new(AcceptAny { provider: Arc::clone(&provider) })
    } else {
        let roots = Arc::new(root_store(&options.roots)?);
        let chain = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| NetError::Tls(error.to_string().into()))?;
        Arc::new(NameBeforeChain { chain })
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| tls_error(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(|error| tls_error(&error))?,
        None => config.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.key_log = Arc::new(KeyLogFile::new());
    Ok(config)
}

fn root_store(roots: &TrustedRoots) -> Result<RootCertStore, NetError> {
    let mut store = RootCertStore::empty();
    match roots {
        TrustedRoots::System => {
            // Unreadable certificates in the system's store are the system's business; the others still
            // count.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
        }
        TrustedRoots::Only(certificates) => {
            for certificate in certificates {
                store.add(CertificateDer::from_slice(certificate)).map_err(|error| tls_error(&error))?;
            }
        }
    }
    Ok(store)
}

/// The standard verification, but the name is looked at first: a certificate that is wrong in both ways is
/// reported as being for another host, as Go does.
#[derive(Debug)]
struct NameBeforeChain {
    chain: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for NameBeforeChain {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| {
                match error {
                    // Signed with the key of somebody who only has the name of an authority we trust.
                    rustls::Error::InvalidCertificate(CertificateError::BadSignature) => {
                        CertificateError::UnknownIssuer.into()
                    }
                    other => other,
                }
            },
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// `insecureSkipTLSVerify`: any certificate will do, but the peer must still own its key.
#[derive(Debug)]
struct AcceptAny {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What an I/O error of a TLS stream really is: rustls wraps its own errors in them.
pub(crate) fn stream_error(operation: Operation, error: &io::Error) -> NetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => tls_error(tls),
        None if error.kind() == io::ErrorKind::UnexpectedEof => NetError::Eof,
        None => NetError::io(operation, error),
    }
}

fn tls_error(error: &rustls::Error) -> NetError {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(certificate) => certificate_error(certificate),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            NetError::TlsRecordHeader
        }
        Tls::AlertReceived(alert) => NetError::TlsAlert(spaced(&format!("{alert:?}")).into()),
        other => NetError::Tls(other.to_string().into()),
    }
}

fn certificate_error(error: &CertificateError) -> NetError {
    match error {
        CertificateError::UnknownIssuer => NetError::UnknownAuthority,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            NetError::HostnameMismatch
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => NetError::CertificateExpired,
        // A self-signed server certificate that calls itself an authority. It is nobody's that we trust.
        CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => {
            NetError::UnknownAuthority
        }
        other => NetError::Tls(format!("bad certificate: {other}").into()),
    }
}

/// `HandshakeFailure` as `handshake failure`.
fn spaced(camel_case: &str) -> String {
    let mut words = String::new();
    for letter in camel_case.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_named_as_the_registry_does() {
        assert_eq!(suite_name(CipherSuite::TLS13_AES_128_GCM_SHA256), "TLS_AES_128_GCM_SHA256");
        assert_eq!(
            suite_name(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        );
    }

    #[test]
    fn the_systems_roots_are_never_empty() {
        assert!(!root_store(&TrustedRoots::System).unwrap().is_empty());
    }
}
