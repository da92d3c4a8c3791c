//! TLS of outputs: the system's authorities, client certificates, and trust in anybody where it is asked for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, version};

use crate::error::OutputError;
use crate::settings::{Key, Reader};

/// How to speak TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TlsSettings {
    /// Whether any certificate will do.
    pub(crate) is_insecure: bool,
    /// Whether TLS 1.2 is too old.
    pub(crate) only_1_3: bool,
    /// An authority to trust besides the system's.
    pub(crate) authority: Option<PathBuf>,
    /// A certificate and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

impl TlsSettings {
    /// The files of an identity, of which both must be given or none.
    pub(crate) fn identity(
        reader: &mut Reader<'_>,
        certificate: Key,
        key: Key,
    ) -> Option<(PathBuf, PathBuf)> {
        let missing = match (reader.text(certificate), reader.text(key)) {
            (Some(certificate), Some(key)) => return Some((certificate.into(), key.into())),
            (None, None) => return None,
            (Some(_), None) => key,
            (None, Some(_)) => certificate,
        };
        reader.complain(missing.variable, "", "a file, since the other half of the identity is given");
        None
    }

    /// # Errors
    /// A file cannot be read, or does not hold what it should.
    pub(crate) fn config(&self, http2: bool) -> Result<Arc<ClientConfig>, OutputError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions: &[_] =
            if self.only_1_3 { &[&version::TLS13] } else { &[&version::TLS13, &version::TLS12] };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(|error| OutputError::Tls {
                what: "these versions of TLS".to_owned(),
                source: error.into(),
            })?;
        let builder = if self.is_insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        } else {
            builder.with_webpki_verifier(self.verifier(provider)?)
        };
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = read(certificate, || {
                    CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()
                })?;
                let secret = read(key, || PrivateKeyDer::from_pem_file(key))?;
                let wrong = |error: rustls::Error| unusable(certificate, error);
                builder.with_client_auth_cert(chain, secret).map_err(wrong)?
            }
        };
        config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        Ok(Arc::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, OutputError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        if let Some(file) = &self.authority {
            let more = read(file, || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>())?;
            roots.add_parsable_certificates(more);
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        verifier
            .map_err(|error| OutputError::Tls { what: "the authorities".to_owned(), source: error.into() })
    }
}

fn read<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, rustls::pki_types::pem::Error>,
) -> Result<T, OutputError> {
    read().map_err(|error| match error {
        rustls::pki_types::pem::Error::Io(error) => unusable(path, error),
        error => unusable(path, io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
    })
}

fn unusable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OutputError {
    OutputError::Tls { what: format!("'{}'", path.display()), source: error.into() }
}

/// Accepts every certificate, and still wants proof of its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
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
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
