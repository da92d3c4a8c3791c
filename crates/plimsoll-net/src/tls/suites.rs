//! Cipher suites by the names that Go, and so k6's `tlsCipherSuites`, has for them.

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::{ALL_CIPHER_SUITES, DEFAULT_CIPHER_SUITES};

use super::suite_name;

/// Go's names for two suites that the registry knows by longer ones.
const GO_NAMES: [(&str, &str); 2] = [
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
];

/// The suites that k6 offers on request and that no handshake of ours can use: RSA key exchange, CBC or RC4.
const WEAK: [&str; 16] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
];

/// The suites that a client offers, best first.
#[derive(Clone, Debug)]
pub struct CipherSuites(Vec<SupportedCipherSuite>);

impl Default for CipherSuites {
    fn default() -> Self {
        Self(DEFAULT_CIPHER_SUITES.to_vec())
    }
}

/// A name of `tlsCipherSuites` that cannot be offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableSuite {
    /// It exists, and is too weak for the library that speaks TLS here.
    #[error(
        "{0:?} cannot be offered: suites with CBC, RC4 or RSA key exchange are not implemented, \
        only AEAD suites with forward secrecy are"
    )]
    Weak(String),
    /// It does not exist.
    #[error("unknown cipher suite {name:?}{}", hint(.nearest.as_deref()))]
    Unknown {
        /// The name as given.
        name: String,
        /// A suite with nearly the same name.
        nearest: Option<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean {nearest:?}?")).unwrap_or_default()
}

impl CipherSuites {
    /// The suites of these names. As with Go, the suites of TLS 1.3 stay as they are when none of them is
    /// named.
    ///
    /// # Errors
    /// All names that cannot be offered.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<UnusableSuite>> {
        let (mut suites, mut unusable) = (Vec::new(), Vec::new());
        for name in names {
            match find(name) {
                Some(suite) => suites.push(suite),
                None => unusable.push(why_not(name)),
            }
        }
        if !unusable.is_empty() {
            return Err(unusable);
        }
        let is_13 = |suite: &SupportedCipherSuite| suite.tls13().is_some();
        if !suites.iter().any(is_13) {
            suites.extend(DEFAULT_CIPHER_SUITES.iter().filter(|suite| is_13(suite)));
        }
        Ok(Self(suites))
    }

    pub(super) fn list(&self) -> &[SupportedCipherSuite] {
        &self.0
    }

    /// Whether one of them can be used with TLS 1.2.
    pub fn has_tls12(&self) -> bool {
        self.0.iter().any(|suite| suite.tls13().is_none())
    }
}

fn find(name: &str) -> Option<SupportedCipherSuite> {
    let name = GO_NAMES.iter().find(|(go, _)| *go == name).map_or(name, |(_, registered)| registered);
    ALL_CIPHER_SUITES.iter().find(|suite| suite_name(suite.suite()) == name).copied()
}

fn why_not(name: &str) -> UnusableSuite {
    if WEAK.contains(&name) {
        return UnusableSuite::Weak(name.to_owned());
    }
    let known = ALL_CIPHER_SUITES.iter().map(|suite| suite_name(suite.suite()));
    let nearest = known.map(|known| (difference(name, known), known)).min();
    let nearest = nearest.filter(|(difference, _)| *difference <= name.len() / 4);
    UnusableSuite::Unknown { name: name.to_owned(), nearest: nearest.map(|(_, known)| known.to_owned()) }
}

/// How many letters have to be changed, added or removed to make one word of the other.
fn difference(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(suites: &CipherSuites) -> Vec<&'static str> {
        suites.list().iter().map(|suite| suite_name(suite.suite())).collect()
    }

    #[test]
    fn suites_of_tls_1_2_leave_those_of_1_3_alone() {
        let suites = CipherSuites::named(["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"]).unwrap();
        assert_eq!(names(&suites).len(), 4);
        assert_eq!(names(&suites)[0], "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
        let suites = CipherSuites::named(["TLS_AES_128_GCM_SHA256"]).unwrap();
        assert_eq!((names(&suites), suites.has_tls12()), (vec!["TLS_AES_128_GCM_SHA256"], false));
    }

    #[test]
    fn all_bad_names_are_told_with_the_nearest_good_one() {
        let names = ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_129_GCM_SHA256", "aes"];
        let unusable = CipherSuites::named(names).unwrap_err();
        let texts: Vec<String> = unusable.iter().map(ToString::to_string).collect();
        assert!(texts[0].contains("CBC, RC4 or RSA key exchange"), "{texts:?}");
        assert_eq!(
            texts[1],
            "unknown cipher suite \"TLS_AES_129_GCM_SHA256\", did you mean \"TLS_AES_128_GCM_SHA256\"?"
        );
        assert_eq!(texts[2], "unknown cipher suite \"aes\"");
    }
}
