//! What a failure of TLS means: from rustls' errors to the numbered ones.

use std::io;

use rustls::{CertificateError, InvalidMessage};

use crate::error::{NetError, Operation};

/// What an I/O error of a TLS stream really is: rustls wraps its own errors in them.
pub(crate) fn stream_error(operation: Operation, error: &io::Error) -> NetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(tls) => tls_error(tls),
        None if error.kind() == io::ErrorKind::UnexpectedEof => NetError::Eof,
        None => NetError::io(operation, error),
    }
}

pub(super) fn tls_error(error: &rustls::Error) -> NetError {
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
