//! JSON web keys, RFC 7517 and 7518: the fields, and what they have to agree with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::algorithm::{Algorithm, Details, Name};
use super::failure::Failure;
use super::key::Usages;

/// A JSON web key. All numbers are in Base64 for URLs.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Jwk {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kty: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub(super) intended: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ext: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) p: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dq: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qi: Option<String>,
    /// More primes, which nobody supports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) oth: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) k: Option<String>,
}

/// Fields that are strings; the others are `key_ops`, `ext` and `oth`.
pub(super) const TEXTS: [&str; 16] =
    ["kty", "use", "alg", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "k", "kid"];

impl Jwk {
    /// Reads the JSON text of a key that was wrapped.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Failure> {
        let jwk: Option<Jwk> = serde_json::from_slice(text).ok();
        jwk.filter(|jwk| jwk.kty.is_some())
            .ok_or_else(|| Failure::data("what was unwrapped is not the JSON of a JSON web key"))
    }

    /// That type, use, operations and extractability agree with the key that is wanted.
    pub(super) fn check(
        &self,
        kty: &str,
        name: Name,
        extractable: bool,
        usages: Usages,
    ) -> Result<(), Failure> {
        let is = |field: &Option<String>, wanted: &str| field.as_deref() == Some(wanted);
        if !is(&self.kty, kty) {
            return Err(mismatch("kty", self.kty.as_deref(), kty));
        }
        let intended = match name {
            Name::Hmac | Name::RsaPss | Name::RsaPkcs1 | Name::Ecdsa | Name::Ed25519 => "sig",
            _ => "enc",
        };
        if !usages.is_empty() && self.intended.is_some() && !is(&self.intended, intended) {
            return Err(mismatch("use", self.intended.as_deref(), intended));
        }
        if extractable && self.ext == Some(false) {
            return Err(Failure::data("the JWK says 'ext': false, so the key cannot be extractable"));
        }
        self.check_operations(usages)
    }

    fn check_operations(&self, usages: Usages) -> Result<(), Failure> {
        let Some(operations) = &self.key_ops else { return Ok(()) };
        let repeated = |(at, operation): (usize, &String)| operations[..at].contains(operation);
        if operations.iter().enumerate().any(repeated) {
            return Err(Failure::data("the JWK's 'key_ops' names an operation twice"));
        }
        let missing = usages.names().into_iter().find(|usage| !operations.iter().any(|known| known == usage));
        missing.map_or(Ok(()), |usage| Err(Failure::data(format!("the JWK's 'key_ops' lacks '{usage}'"))))
    }

    /// That `alg`, if it is there, is the key's.
    pub(super) fn check_algorithm(&self, algorithm: &Algorithm) -> Result<(), Failure> {
        let own = match (&algorithm.details, algorithm.name) {
            (Details::Curve(curve), Name::Ecdsa) => Some(curve.jwk_algorithm().to_owned()),
            // The name that RFC 8037 gave to all such signatures.
            (_, Name::Ed25519) if self.alg.as_deref() == Some("EdDSA") => None,
            _ => name_of(algorithm),
        };
        match (&self.alg, own) {
            (Some(given), Some(own)) if *given != own => Err(mismatch("alg", Some(given), &own)),
            _ => Ok(()),
        }
    }

    /// That `crv` is this curve.
    pub(super) fn check_curve(&self, curve: &str) -> Result<(), Failure> {
        if self.crv.as_deref() == Some(curve) {
            return Ok(());
        }
        Err(mismatch("crv", self.crv.as_deref(), curve))
    }
}

fn mismatch(field: &str, given: Option<&str>, wanted: &str) -> Failure {
    let given = given.map_or_else(|| "missing".to_owned(), |given| format!("'{given}'"));
    Failure::data(format!("the JWK's '{field}' must be '{wanted}', and is {given}"))
}

/// The bytes of a field.
pub(super) fn decode(name: &str, field: Option<&String>) -> Result<Vec<u8>, Failure> {
    let text = field.ok_or_else(|| Failure::data(format!("the JWK has no '{name}'")))?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Failure::data(format!("the JWK's '{name}' is not Base64 for URLs, without padding")))
}

pub(super) fn encode(bytes: &[u8]) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// What `alg` says of keys that are written; `None` where it says nothing.
pub(super) fn name_of(algorithm: &Algorithm) -> Option<String> {
    let name = match (&algorithm.details, algorithm.name) {
        (Details::Aes { bits }, name) => format!("A{bits}{}", &name.text()[4..]),
        (Details::Hmac { hash, .. }, _) => format!("HS{}", hash.digits()),
        (Details::Rsa { hash, .. }, Name::RsaPss) => format!("PS{}", hash.digits()),
        (Details::Rsa { hash, .. }, Name::RsaPkcs1) => format!("RS{}", hash.digits()),
        (Details::Rsa { hash, .. }, _) if hash.digits() == "1" => "RSA-OAEP".to_owned(),
        (Details::Rsa { hash, .. }, _) => format!("RSA-OAEP-{}", hash.digits()),
        (_, Name::Ed25519) => "Ed25519".to_owned(),
        _ => return None,
    };
    Some(name)
}
