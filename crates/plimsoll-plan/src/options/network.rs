//! Options of the network client: name resolution and TLS.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    keyword::{DnsPolicy, DnsSelect, TlsVersion},
    value::{Expected, OptionValue},
};
use crate::nearest::did_you_mean;

/// How names are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dns {
    /// How long an answer is kept.
    pub ttl: DnsTtl,
    /// Which address is dialled.
    pub select: DnsSelect,
    /// Which families count.
    pub policy: DnsPolicy,
}

/// How long an answer of the resolver is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsTtl {
    /// This long; zero resolves every time.
    For(Duration),
    /// For ever.
    Infinite,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            ttl: DnsTtl::For(Duration::from_secs(300)),
            select: DnsSelect::Random,
            policy: DnsPolicy::PreferIpv4,
        }
    }
}

impl Dns {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Expected> {
        let named = |expected| format!("`{key}` {expected}");
        match key {
            "ttl" => self.ttl = DnsTtl::from_json(value).map_err(named)?,
            "select" => self.select = DnsSelect::from_json(value).map_err(named)?,
            "policy" => self.policy = DnsPolicy::from_json(value).map_err(named)?,
            _ => return Err(unknown_key(key, &["ttl", "select", "policy"])),
        }
        Ok(())
    }
}

fn unknown_key(key: &str, known: &[&str]) -> Expected {
    let hint = did_you_mean(key, known.iter().copied()).map(|hint| format!(", {hint}")).unwrap_or_default();
    format!("has the unknown key `{key}`{hint} (keys are {})", known.join(", "))
}

impl OptionValue for Dns {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or("must be an object with ttl, select and policy")?;
        let mut dns = Self::default();
        // Consolidated options, as archives have them, write null for what nobody set.
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            dns.set(key, value)?;
        }
        Ok(dns)
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        let mut dns = Self::default();
        for pair in text.split(',') {
            let (key, value) =
                pair.split_once('=').ok_or("must look like ttl=5m,select=random,policy=any")?;
            dns.set(key.trim(), &Value::from(value.trim()))?;
        }
        Ok(dns)
    }

    fn to_json(&self) -> Value {
        json!({ "ttl": self.ttl.to_json(), "select": self.select.to_json(), "policy": self.policy.to_json() })
    }
}

impl OptionValue for DnsTtl {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        match value.as_str() {
            Some("inf") => Ok(Self::Infinite),
            _ => Duration::from_json(value).map(Self::For).map_err(|expected| format!("{expected}, or inf")),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::For(ttl) => ttl.to_json(),
            Self::Infinite => Value::from("inf"),
        }
    }
}

/// The versions of TLS that may be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsVersions {
    /// The oldest.
    pub min: TlsVersion,
    /// The newest.
    pub max: TlsVersion,
}

impl Default for TlsVersions {
    fn default() -> Self {
        Self { min: TlsVersion::Tls12, max: TlsVersion::Tls13 }
    }
}

impl OptionValue for TlsVersions {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let Some(object) = value.as_object() else {
            return TlsVersion::from_json(value).map(|version| Self { min: version, max: version });
        };
        let end = |key: &str, default| match object.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) if value.as_str() == Some("") => Ok(default),
            Some(value) => TlsVersion::from_json(value).map_err(|expected| format!("`{key}` {expected}")),
        };
        let default = Self::default();
        let versions = Self { min: end("min", default.min)?, max: end("max", default.max)? };
        if versions.min as u8 > versions.max as u8 {
            return Err("`min` can't be newer than `max`".to_owned());
        }
        Ok(versions)
    }

    fn to_json(&self) -> Value {
        json!({ "min": self.min.as_str(), "max": self.max.as_str() })
    }
}

/// A client certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsAuth {
    /// The certificate, PEM.
    pub cert: String,
    /// The private key, PEM.
    pub key: String,
    /// What the key is encrypted with; empty when it is not.
    pub password: String,
    /// The hosts it is for; empty means all.
    pub domains: Vec<String>,
}

/// Shows neither the key nor the password.
impl std::fmt::Debug for TlsAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsAuth").field("domains", &self.domains).finish_non_exhaustive()
    }
}

impl OptionValue for TlsAuth {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or("must be an object with cert and key")?;
        let text = |key: &str| read_or_default::<String>(object, key);
        let auth = Self {
            cert: text("cert")?,
            key: text("key")?,
            password: text("password")?,
            domains: read_or_default(object, "domains")?,
        };
        if auth.cert.is_empty() || auth.key.is_empty() {
            return Err("needs both cert and key".to_owned());
        }
        Ok(auth)
    }

    fn to_json(&self) -> Value {
        json!({ "cert": self.cert, "key": self.key, "password": self.password, "domains": self.domains })
    }
}

fn read_or_default<T: OptionValue + Default>(object: &Map<String, Value>, key: &str) -> Result<T, Expected> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::from_json(value).map_err(|expected| format!("`{key}` {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_reads_text_and_json() {
        let dns = Dns::from_text("ttl=inf,select=first,policy=any");
        let expected = Dns { ttl: DnsTtl::Infinite, select: DnsSelect::First, policy: DnsPolicy::Any };
        assert_eq!(dns, Ok(expected));
        let dns = Dns::from_json(&json!({ "ttl": "0" })).expect("valid");
        assert_eq!(dns.ttl, DnsTtl::For(Duration::ZERO));
        assert!(
            Dns::from_json(&json!({ "tll": "0" })).is_err_and(|text| text.contains("did you mean `ttl`"))
        );
    }

    #[test]
    fn tls_versions_are_one_or_a_range() {
        let one = TlsVersions::from_json(&json!("tls1.2")).expect("valid");
        assert_eq!(one.max, TlsVersion::Tls12);
        let range = TlsVersions::from_json(&json!({ "max": "tls1.2" })).expect("valid");
        assert_eq!((range.min, range.max), (TlsVersion::Tls12, TlsVersion::Tls12));
        assert!(TlsVersions::from_json(&json!({ "min": "tls1.3", "max": "tls1.2" })).is_err());
        assert!(TlsVersions::from_json(&json!("ssl3")).is_err());
    }
}
