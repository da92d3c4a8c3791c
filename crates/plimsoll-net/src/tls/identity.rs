//! Who a client is: a certificate, those that vouch for it, and its key, from PEM.
//!
//! Keys may be encrypted in either of two ways: PKCS#8 (`BEGIN ENCRYPTED PRIVATE KEY`), and the older one
//! with a `DEK-Info` header, which is the one that k6 knows.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use md5::{Digest as _, Md5};
use pem::Pem;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

/// A client's certificate and key, ready for use. Cloning shares it, and equal means the same.
#[derive(Clone)]
pub struct ClientIdentity(Arc<CertifiedKey>);

/// A certificate and a key that make no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// There is no certificate in the text.
    #[error("cert: no certificate in PEM")]
    NoCertificate,
    /// The certificate does not parse.
    #[error("cert: {0}")]
    Certificate(String),
    /// There is no private key in the text.
    #[error("key: no private key in PEM")]
    NoKey,
    /// The key is encrypted, and there is no password.
    #[error("key: it is encrypted, and no password is given")]
    NoPassword,
    /// The key does not decrypt.
    #[error("key: it cannot be decrypted: is the password right?")]
    WrongPassword,
    /// The key is encrypted in a way that is not known.
    #[error("key: the cipher {0} of its encryption is not supported (convert it: openssl pkcs8 -topk8)")]
    Cipher(String),
    /// Key and certificate are not usable together.
    #[error("cert and key: {0}")]
    Pair(String),
}

impl ClientIdentity {
    /// From a chain of certificates and a key, both in PEM. `password` is empty for a key that is not
    /// encrypted.
    ///
    /// # Errors
    /// What is wrong with the texts.
    pub fn from_pem(chain: &str, key: &str, password: &str) -> Result<Self, InvalidIdentity> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = chain.map_err(|error| InvalidIdentity::Certificate(broken_pem(&error)))?;
        if chain.is_empty() {
            return Err(InvalidIdentity::NoCertificate);
        }
        let key = private_key(key, password)?;
        let pair = CertifiedKey::from_der(chain, key, &default_provider());
        pair.map(|pair| Self(Arc::new(pair))).map_err(|error| InvalidIdentity::Pair(error.to_string()))
    }

    fn is_vouched_for_by(&self, authority: &[u8]) -> bool {
        let issuers = self.0.cert.iter().map(|certificate| parse_x509_certificate(certificate));
        issuers.flatten().any(|(_, certificate)| certificate.issuer().as_raw() == authority)
    }
}

impl PartialEq for ClientIdentity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ClientIdentity {}

/// Shows no key.
impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").finish_non_exhaustive()
    }
}

/// Chooses among a client's identities: the first that an authority of the server's choice vouches for, else
/// the first whose key the server can check.
#[derive(Debug)]
pub(super) struct Identities(pub(super) Vec<ClientIdentity>);

impl ResolvesClientCert for Identities {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = || self.0.iter().filter(|identity| identity.0.key.choose_scheme(schemes).is_some());
        let vouched_for = usable()
            .find(|identity| authorities.iter().any(|authority| identity.is_vouched_for_by(authority)));
        vouched_for.or_else(|| usable().next()).map(|identity| Arc::clone(&identity.0))
    }

    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

/// What is wrong with a text in PEM, as text.
pub(super) fn broken_pem(error: &PemError) -> String {
    match error {
        PemError::MissingSectionEnd { end_marker } => {
            format!("the line \"-----END {}-----\" is missing", String::from_utf8_lossy(end_marker))
        }
        PemError::IllegalSectionStart { line } => {
            format!("the line {:?} is no beginning", String::from_utf8_lossy(line))
        }
        other => other.to_string(),
    }
}

fn private_key(text: &str, password: &str) -> Result<PrivateKeyDer<'static>, InvalidIdentity> {
    let blocks = pem::parse_many(text).map_err(|_| InvalidIdentity::NoKey)?;
    let block = blocks.iter().find(|block| block.tag().ends_with("PRIVATE KEY"));
    let block = block.ok_or(InvalidIdentity::NoKey)?;
    let is_pkcs8 = block.tag() == "ENCRYPTED PRIVATE KEY";
    let cipher = block.headers().get("DEK-Info");
    if (is_pkcs8 || cipher.is_some()) && password.is_empty() {
        return Err(InvalidIdentity::NoPassword);
    }
    match cipher {
        _ if is_pkcs8 => decrypt_pkcs8(block, password),
        Some(cipher) => {
            let der = decrypt_traditional(block.contents(), cipher, password)?;
            PrivateKeyDer::try_from(der).map_err(|_| InvalidIdentity::WrongPassword)
        }
        None => PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| InvalidIdentity::NoKey),
    }
}

fn decrypt_pkcs8(block: &Pem, password: &str) -> Result<PrivateKeyDer<'static>, InvalidIdentity> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(block.contents());
    let encrypted = encrypted.map_err(|_| InvalidIdentity::Cipher("(unknown)".to_owned()))?;
    let decrypted = encrypted.decrypt(password).map_err(|_| InvalidIdentity::WrongPassword)?;
    Ok(PrivatePkcs8KeyDer::from(decrypted.as_bytes().to_vec()).into())
}

/// What OpenSSL wrote before PKCS#8: the key of the cipher is the MD5 sum of password and salt, repeated.
fn decrypt_traditional(encrypted: &[u8], cipher: &str, password: &str) -> Result<Vec<u8>, InvalidIdentity> {
    let unsupported = || InvalidIdentity::Cipher(cipher.split(',').next().unwrap_or_default().to_owned());
    let (name, iv) = cipher.split_once(',').ok_or_else(unsupported)?;
    let (algorithm, length) = match name {
        "AES-128-CBC" => (&AES_128, 16),
        "AES-192-CBC" => (&AES_192, 24),
        "AES-256-CBC" => (&AES_256, 32),
        _ => return Err(unsupported()),
    };
    let iv = u128::from_str_radix(iv.trim(), 16).map_err(|_| unsupported())?.to_be_bytes();
    let mut key = Vec::new();
    while key.len() < length {
        let previous = key.len().saturating_sub(16);
        let sum = Md5::new().chain_update(&key[previous..]).chain_update(password).chain_update(&iv[..8]);
        let sum = sum.finalize();
        key.extend_from_slice(&sum);
    }
    let key = UnboundCipherKey::new(algorithm, &key[..length]).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let mut bytes = encrypted.to_vec();
    let decrypted = key.and_then(|key| {
        key.decrypt(&mut bytes, DecryptionContext::Iv128((&iv).into())).map(|plain| plain.to_vec())
    });
    decrypted.map_err(|_| InvalidIdentity::WrongPassword)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const CERTIFICATE: &str = include_str!("../../tests/keys/client.crt");
    const KEY: &str = include_str!("../../tests/keys/client.key");

    pub(in crate::tls) fn identity() -> ClientIdentity {
        ClientIdentity::from_pem(CERTIFICATE, KEY, "").unwrap()
    }

    #[test]
    fn keys_may_be_encrypted() {
        let keys = [
            include_str!("../../tests/keys/client-aes-pkcs8.key"),
            include_str!("../../tests/keys/client-3des-pkcs8.key"),
            include_str!("../../tests/keys/client-aes128.key"),
            include_str!("../../tests/keys/client-aes256.key"),
        ];
        for key in keys {
            ClientIdentity::from_pem(CERTIFICATE, key, "secret").unwrap();
            let wrong = |password| ClientIdentity::from_pem(CERTIFICATE, key, password).unwrap_err();
            assert_eq!(wrong(""), InvalidIdentity::NoPassword);
            assert_eq!(wrong("guess"), InvalidIdentity::WrongPassword);
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong = |chain, key| ClientIdentity::from_pem(chain, key, "x").unwrap_err().to_string();
        assert_eq!(wrong("", KEY), "cert: no certificate in PEM");
        assert_eq!(wrong(CERTIFICATE, CERTIFICATE), "key: no private key in PEM");
        assert_eq!(wrong(CERTIFICATE, ""), "key: no private key in PEM");
        let other = rcgen::KeyPair::generate().unwrap().serialize_der();
        let other = pem::encode(&Pem::new("PRIVATE KEY", other));
        assert!(wrong(CERTIFICATE, &other).starts_with("cert and key: "));
        let des = include_str!("../../tests/keys/client-des3.key");
        assert!(wrong(CERTIFICATE, des).contains("DES-EDE3-CBC"), "{}", wrong(CERTIFICATE, des));
        assert_eq!(format!("{:?}", identity()), "ClientIdentity { .. }");
    }
}
