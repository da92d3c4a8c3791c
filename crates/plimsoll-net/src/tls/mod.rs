//! TLS: what is offered, whom to trust, who the client is, and what was agreed on.
//!
//! Sessions are not resumed. Every virtual user stands for a stranger to the server, so each new connection
//! pays for its full handshake, as with k6. With `SSLKEYLOGFILE` in the environment the session secrets are
//! written there.
//!
//! | module | subject |
//! |---|---|
//! | `settings` | [`TlsOptions`]: versions, roots, certificates, made into configurations of rustls |
//! | `suites` | [`CipherSuites`] by the names that k6 scripts use |
//! | `identity` | [`ClientIdentity`]: a client's certificate and key, from PEM |
//! | `verify` | whom a client believes |
//! | `staple`, `ocsp` | the answer of an OCSP server that comes with the handshake |
//! | `failure` | what went wrong, in the crate's own errors |

mod failure;
mod identity;
mod ocsp;
mod settings;
mod staple;
mod suites;
mod verify;

use rustls::{CipherSuite, ProtocolVersion};

pub(crate) use self::failure::stream_error;
pub use self::identity::{ClientIdentity, InvalidIdentity};
pub use self::ocsp::{Ocsp, OcspStatus, RevocationReason};
pub(crate) use self::settings::{Alpn, Connectors, client_config, system_authorities};
pub use self::settings::{HostIdentity, TlsOptions, TlsVersion, TrustedRoots};
pub(crate) use self::staple::Stapled;
pub use self::suites::{CipherSuites, UnusableSuite};

/// What a handshake agreed on, in k6's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `tls1.2` or `tls1.3`.
    pub version: &'static str,
    /// The suite's IANA name.
    pub cipher_suite: &'static str,
    /// What the server sent along about its certificate.
    pub ocsp: Option<Ocsp>,
}

impl TlsInfo {
    pub(crate) fn of(connection: &rustls::ClientConnection, ocsp: Option<Ocsp>) -> Self {
        Self {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "tls1.2",
                _ => "tls1.3",
            },
            cipher_suite: connection.negotiated_cipher_suite().map_or("", |suite| suite_name(suite.suite())),
            ocsp,
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
}
