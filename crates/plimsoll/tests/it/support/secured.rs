//! TLS as `localhost`, and TLS in front of a server that does not speak it.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Who vouches for others.
struct Authority {
    root: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("valid");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).expect("a certificate");
        Authority { root, issuer: Issuer::new(params, key) }
    }

    fn vouch_for(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("valid");
        (params.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    /// Accepts connections as `localhost`; if `asks`, only of clients that this authority vouches for.
    fn acceptor(&self, asks: bool) -> TlsAcceptor {
        let (certificate, key) = self.vouch_for("localhost");
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().expect("supported");
        let config = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(self.root.der().clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            config.with_client_cert_verifier(verifier.expect("an authority"))
        } else {
            config.with_no_client_auth()
        };
        let config = config.with_single_cert(vec![certificate.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.expect("a certificate with its key")))
    }
}

/// Who accepts connections as `localhost`, and the certificate of who vouches for it, as PEM.
pub(crate) fn acceptor() -> (TlsAcceptor, String) {
    let authority = Authority::new();
    (authority.acceptor(false), authority.root.pem())
}

/// Where the server on this port is spoken to in TLS, and the certificate of who vouches for that.
pub(crate) async fn in_front_of(port: u16) -> (SocketAddr, String) {
    let (acceptor, root) = acceptor();
    (listen(acceptor, port).await, root)
}

/// What a server needs that speaks TLS itself, as `localhost`: certificate and key, and who vouches for it.
pub(crate) struct Papers {
    pub(crate) root: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Papers {
    pub(crate) fn of_localhost() -> Self {
        let authority = Authority::new();
        let (certificate, key) = authority.vouch_for("localhost");
        Papers { root: authority.root.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// TLS for clients that are known: all that a client needs to be one, as PEM.
pub(crate) struct Guarded {
    pub(crate) address: SocketAddr,
    pub(crate) root: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The same, for clients that show a certificate.
pub(crate) async fn guarding(port: u16) -> Guarded {
    let authority = Authority::new();
    let (certificate, key) = authority.vouch_for("client");
    Guarded {
        address: listen(authority.acceptor(true), port).await,
        root: authority.root.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

async fn listen(acceptor: TlsAcceptor, port: u16) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever goes away in the middle is no failure.
                if let (Ok(mut from), Ok(mut to)) =
                    (acceptor.accept(stream).await, TcpStream::connect(("127.0.0.1", port)).await)
                {
                    let _ = copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    });
    address
}
