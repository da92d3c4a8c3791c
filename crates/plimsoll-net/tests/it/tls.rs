//! TLS: what is agreed on, whom the client believes, and how it fails.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_net::{
    CipherSuites, Client, ClientIdentity, Exchange, HostIdentity, HostnamePatterns, OcspStatus, Options,
    TlsInfo, TlsOptions, TlsVersion, TrustedRoots, Url,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::support::{HELLO, Server, client_with, get, outcome, pause, read_head, request, soon};

/// A certificate authority and what it signed for one server.
pub(crate) struct Identity {
    root: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

pub(crate) fn identity(name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Identity {
    let root_key = KeyPair::generate().unwrap();
    let mut root_params = CertificateParams::new(Vec::new()).unwrap();
    root_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Authorities of the same name and different keys are among the cases below.
    root_params.distinguished_name.push(DnType::CommonName, format!("authority for {name}"));
    let root = root_params.self_signed(&root_key).unwrap().der().clone();
    let issuer = Issuer::new(root_params, root_key);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    adjust(&mut params);
    let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
    Identity { root, certificate, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
}

pub(crate) fn server_config(
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    Arc::new(config)
}

/// Answers every request with `length` bytes, after a pause before each handshake.
pub(crate) fn tls_server(config: Arc<ServerConfig>, length: usize, handshake_delay: u64) -> Server {
    Server::start(move |_, stream: TcpStream| {
        pause(handshake_delay);
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        while read_head(&mut stream).is_some() {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(&[head.into_bytes(), vec![b'x'; length]].concat());
            let _ = stream.flush();
        }
    })
}

pub(crate) fn trusting(identity: &Identity) -> Client {
    let roots = TrustedRoots::Only(vec![identity.root.to_vec()]);
    client_with(Options { tls: TlsOptions { roots, ..TlsOptions::default() }, ..Options::default() })
}

async fn get_https(client: &Client, server: &Server, host: &str) -> Exchange {
    get(client, Url::parse(&format!("https://{host}:{}/", server.address.port())).unwrap()).await
}

#[tokio::test]
async fn a_trusted_server_is_talked_to_and_kept() {
    let identity = identity("localhost", |_| ());
    let server = tls_server(server_config(&identity, rustls::ALL_VERSIONS), 5, 30);
    let client = trusting(&identity);
    let first = get_https(&client, &server, "localhost").await;
    assert_eq!(outcome(&first), "200 xxxxx");
    assert_eq!(
        first.tls,
        Some(TlsInfo { version: "tls1.3", cipher_suite: "TLS_AES_256_GCM_SHA384", ocsp: None })
    );
    assert!(first.timings.tls_handshaking >= Duration::from_millis(30));
    assert!(first.timings.blocked >= first.timings.connecting + first.timings.tls_handshaking);
    assert!(
        first.traffic.received > 500 && first.traffic.sent > 200,
        "the handshake counts: {:?}",
        first.traffic
    );
    let second = get_https(&client, &server, "localhost").await;
    assert_eq!((outcome(&second), second.reused_connection), ("200 xxxxx".into(), true));
    assert_eq!((second.tls, second.timings.tls_handshaking), (first.tls, Duration::ZERO));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_says_goodbye_is_not_used_again() {
    let identity = identity("localhost", |_| ());
    let config = server_config(&identity, rustls::ALL_VERSIONS);
    let server = Server::start(move |_, stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        read_head(&mut stream);
        stream.write_all(HELLO.as_bytes()).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        let _ = stream.sock.read_to_end(&mut Vec::new());
    });
    let client = trusting(&identity);
    for round in 1..=2 {
        let exchange = get_https(&client, &server, "localhost").await;
        assert_eq!((outcome(&exchange), exchange.reused_connection), ("200 hello".into(), false));
        assert_eq!(server.connections(), round);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn tls_1_2_and_addresses_work_too() {
    let identity = identity("127.0.0.1", |_| ());
    let server = tls_server(server_config(&identity, &[&rustls::version::TLS12]), 1, 0);
    let exchange = get_https(&trusting(&identity), &server, "127.0.0.1").await;
    assert_eq!(outcome(&exchange), "200 x");
    let expected =
        TlsInfo { version: "tls1.2", cipher_suite: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ocsp: None };
    assert_eq!(exchange.tls, Some(expected));
}

#[tokio::test]
async fn large_bodies_pass_through_tls() {
    let identity = identity("localhost", |_| ());
    let server = tls_server(server_config(&identity, rustls::ALL_VERSIONS), 3_000_000, 0);
    let response = get_https(&trusting(&identity), &server, "localhost").await.result.unwrap();
    assert!(response.body.len() == 3_000_000 && response.body.iter().all(|&byte| byte == b'x'));
}

#[tokio::test]
async fn certificates_are_verified_unless_asked_not_to() {
    let localhost = identity("localhost", |_| ());
    let other_name = identity("other.test", |_| ());
    let expired = identity("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    let own_authority =
        identity("localhost", |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let cases = [
        (&localhost, &localhost, "200 x"),
        (&localhost, &other_name, "1310 x509: unknown authority"),
        (&localhost, &own_authority, "1310 x509: unknown authority"),
        (&own_authority, &localhost, "1310 x509: unknown authority"),
        (&other_name, &other_name, "1311 x509: certificate doesn't match hostname"),
        (&other_name, &localhost, "1311 x509: certificate doesn't match hostname"),
        (&expired, &expired, "1000 x509: certificate has expired or is not yet valid"),
    ];
    for (shown, trusted, expected) in cases {
        let server = tls_server(server_config(shown, rustls::ALL_VERSIONS), 1, 0);
        let exchange = get_https(&trusting(trusted), &server, "localhost").await;
        assert_eq!(outcome(&exchange), expected);
        assert!(!exchange.timings.connecting.is_zero(), "TCP had been connected");
        assert!(exchange.traffic.received > 500, "a failed handshake counts, too: {:?}", exchange.traffic);
        let careless = TlsOptions { skip_verification: true, ..TlsOptions::default() };
        let careless = client_with(Options { tls: careless, ..Options::default() });
        assert_eq!(outcome(&get_https(&careless, &server, "localhost").await), "200 x");
    }
}

#[tokio::test]
async fn peers_that_do_not_speak_tls_are_told_apart() {
    let cases: [(&[u8], &str); 4] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "1301 tls: first record does not look like a TLS handshake"),
        // An alert record: fatal, handshake_failure.
        (&[0x15, 3, 3, 0, 2, 2, 40], "1010 remote error: tls: handshake failure"),
        // A handshake record with a message of an unexpected type.
        (&[0x16, 3, 3, 0, 4, 20, 0, 0, 0], "1300 tls: "),
        (b"", "1000 EOF"),
    ];
    for (bytes, expected) in cases {
        let server = Server::start(move |_, mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(bytes).unwrap();
            crate::support::close(&mut stream);
        });
        let identity = identity("localhost", |_| ());
        let outcome = outcome(&get_https(&trusting(&identity), &server, "localhost").await);
        assert!(outcome.starts_with(expected), "{outcome} for {bytes:?}");
    }
}

const CLIENT_CERTIFICATE: &str = include_str!("../keys/client.crt");
const CLIENT_KEY: &str = include_str!("../keys/client.key");

fn client_identity() -> ClientIdentity {
    ClientIdentity::from_pem(CLIENT_CERTIFICATE, CLIENT_KEY, "").unwrap()
}

/// A server that wants to know its clients, and lets only those of the test in.
fn strict_server(identity: &Identity) -> Server {
    let mut clients = RootCertStore::empty();
    let certificate = TrustedRoots::read_pem(CLIENT_CERTIFICATE).unwrap().remove(0);
    clients.add(CertificateDer::from(certificate)).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    tls_server(Arc::new(config), 1, 0)
}

#[tokio::test]
async fn client_certificates_go_to_their_hosts_only() {
    let server_identity = identity("localhost", |_| ());
    let server = strict_server(&server_identity);
    let cases = [
        (None, "200 x"),
        (Some("localhost"), "200 x"),
        (Some("*host"), "200 x"),
        (Some("other.test"), "1010 remote error: tls: certificate required"),
    ];
    for (pattern, expected) in cases {
        let hosts = pattern.map(|pattern| {
            let mut hosts = HostnamePatterns::default();
            hosts.insert(pattern).unwrap();
            hosts
        });
        let tls = TlsOptions {
            roots: TrustedRoots::Only(vec![server_identity.root.to_vec()]),
            identities: vec![HostIdentity { identity: client_identity(), hosts }],
            ..TlsOptions::default()
        };
        let client = client_with(Options { tls, ..Options::default() });
        let outcome = outcome(&get_https(&client, &server, "localhost").await);
        // The alert may be overtaken by the end of the connection.
        let refused = ["1010 remote error: tls: ", "1201 ", "1220 "];
        let is_refused = refused.iter().any(|start| outcome.starts_with(start));
        assert!(outcome == expected || expected.starts_with("1010") && is_refused, "{pattern:?}: {outcome}");
    }
}

#[tokio::test]
async fn a_request_may_be_somebody_elses() {
    let server_identity = identity("localhost", |_| ());
    let server = strict_server(&server_identity);
    let client = trusting(&server_identity);
    let mut own =
        request("GET", Url::parse(&format!("https://localhost:{}/", server.address.port())).unwrap());
    own.identity = Some(client_identity());
    for (round, reused) in [(1, false), (2, true)] {
        let exchange = client.exchange(&own, soon()).await;
        assert_eq!((outcome(&exchange), exchange.reused_connection), ("200 x".into(), reused), "{round}");
    }
    own.identity = Some(client_identity());
    let exchange = client.exchange(&own, soon()).await;
    assert!(!exchange.reused_connection, "another client does not use the connection of the first");
    own.identity = None;
    assert!(client.exchange(&own, soon()).await.result.is_err(), "nobody knows who this is");
}

#[tokio::test]
async fn versions_and_suites_are_what_the_options_say() {
    let identity = identity("localhost", |_| ());
    let server = tls_server(server_config(&identity, rustls::ALL_VERSIONS), 1, 0);
    let cases = [
        (TlsVersion::Tls12, true, vec!["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"], "tls1.2"),
        (TlsVersion::Tls13, false, vec!["TLS_CHACHA20_POLY1305_SHA256"], "tls1.3"),
    ];
    for (min_version, only_tls12, names, version) in cases {
        let tls = TlsOptions {
            roots: TrustedRoots::Only(vec![identity.root.to_vec()]),
            min_version,
            only_tls12,
            cipher_suites: CipherSuites::named(names.iter().copied()).unwrap(),
            ..TlsOptions::default()
        };
        let client = client_with(Options { tls, ..Options::default() });
        let agreed = get_https(&client, &server, "localhost").await.tls.unwrap();
        assert_eq!(agreed.version, version);
        assert!(agreed.cipher_suite.contains("CHACHA20_POLY1305"), "{agreed:?}");
    }
    let old = tls_server(server_config(&identity, &[&rustls::version::TLS12]), 1, 0);
    let tls = TlsOptions { min_version: TlsVersion::Tls13, ..TlsOptions::default() };
    let client = client_with(Options { tls, ..Options::default() });
    assert_eq!(
        outcome(&get_https(&client, &old, "localhost").await),
        "1010 remote error: tls: protocol version"
    );
}

#[tokio::test]
async fn a_stapled_answer_is_shown() {
    let identity = identity("localhost", |_| ());
    // An OCSPResponse with the responseStatus internalError.
    let staple = vec![0x30, 3, 10, 1, 2];
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert_with_ocsp(
                vec![identity.certificate.clone()],
                identity.key.clone_key(),
                staple.clone(),
            )
            .unwrap();
        let server = tls_server(Arc::new(config), 1, 0);
        let exchange = get_https(&trusting(&identity), &server, "localhost").await;
        let ocsp = exchange.tls.and_then(|tls| tls.ocsp);
        assert_eq!(ocsp.map(|ocsp| ocsp.status), Some(OcspStatus::ServerFailed));
    }
}
