//! Digest authentication, RFC 7616: MD5 and SHA-256, with and without `-sess`; quality of protection `auth`,
//! or none, as RFC 2069 had it.
//!
//! Start from [`Challenge::strongest`].

use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};

use super::{Credentials, hex, random};
use crate::http::response::Response;

/// What a server wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Whether the server named the algorithm.
    names_algorithm: bool,
    session: bool,
    /// Whether the answer says `qop=auth`.
    protects: bool,
}

/// Weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha512Of256,
    Sha256,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        match name {
            "MD5" => Some(Self::Md5),
            "SHA-256" => Some(Self::Sha256),
            "SHA-512-256" => Some(Self::Sha512Of256),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512Of256 => "SHA-512-256",
        }
    }

    /// The digest of parts joined by colons.
    fn of(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512Of256 => hex(&Sha512_256::digest(text)),
        }
    }
}

impl Challenge {
    /// The strongest challenge of a response that can be answered.
    pub fn strongest(response: &Response) -> Option<Self> {
        let fields = response.headers.get_all("WWW-Authenticate").map(String::from_utf8_lossy);
        let challenges: Vec<Self> = fields.flat_map(|field| Self::all_of(&field)).collect();
        // Of equals the first.
        challenges.into_iter().rev().max_by_key(|challenge| challenge.algorithm)
    }

    /// The challenges of one header field that can be answered.
    fn all_of(field: &str) -> Vec<Self> {
        let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for item in items(field) {
            let (name, value) =
                item.split_once('=').map_or((&*item, None), |(name, value)| (name, Some(value)));
            let (scheme, name) = match name.trim().rsplit_once([' ', '\t']) {
                Some((scheme, name)) => (Some(scheme.trim()), name),
                None if value.is_none() => (Some(name.trim()), ""),
                None => (None, name.trim()),
            };
            if let Some(scheme) = scheme {
                found.push((scheme.to_ascii_lowercase(), Vec::new()));
            }
            if let (Some((_, parameters)), Some(value)) = (found.last_mut(), value) {
                parameters.push((name.to_ascii_lowercase(), unquoted(value.trim())));
            }
        }
        let digests = found.into_iter().filter(|(scheme, _)| scheme == "digest");
        digests.filter_map(|(_, parameters)| Self::of(&parameters)).collect()
    }

    fn of(parameters: &[(String, String)]) -> Option<Self> {
        let get =
            |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let algorithm = get("algorithm").map(|name| name.to_ascii_uppercase());
        let name = algorithm.as_deref().unwrap_or("MD5");
        let (name, session) = name.strip_suffix("-SESS").map_or((name, false), |name| (name, true));
        let protects = match get("qop") {
            None => false,
            Some(qop) => qop.split(',').any(|qop| qop.trim() == "auth").then_some(true)?,
        };
        Some(Self {
            realm: get("realm").unwrap_or_default(),
            nonce: get("nonce")?,
            opaque: get("opaque"),
            algorithm: Algorithm::named(name)?,
            names_algorithm: algorithm.is_some(),
            session,
            protects,
        })
    }

    /// The value of the `Authorization` header for a request.
    pub fn answer(&self, credentials: &Credentials, method: &str, target: &str) -> String {
        self.answer_with(credentials, method, target, &hex(&random::<16>()))
    }

    fn answer_with(&self, credentials: &Credentials, method: &str, target: &str, cnonce: &str) -> String {
        let digest = |parts: &[&str]| self.algorithm.of(parts);
        let mut user = digest(&[&credentials.user, &self.realm, &credentials.password]);
        if self.session {
            user = digest(&[&user, &self.nonce, cnonce]);
        }
        let what = digest(&[method, target]);
        let response = if self.protects {
            digest(&[&user, &self.nonce, "00000001", cnonce, "auth", &what])
        } else {
            digest(&[&user, &self.nonce, &what])
        };
        let mut answer = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(&credentials.user),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(target),
        );
        if self.names_algorithm {
            let session = if self.session { "-sess" } else { "" };
            answer += &format!(", algorithm={}{session}", self.algorithm.name());
        }
        if let Some(opaque) = &self.opaque {
            answer += &format!(", opaque={}", quoted(opaque));
        }
        if self.protects {
            answer += &format!(", qop=auth, nc=00000001, cnonce=\"{cnonce}\"");
        } else if self.session {
            answer += &format!(", cnonce=\"{cnonce}\"");
        }
        answer
    }
}

/// What stands between the commas that are not inside of quotes.
fn items(field: &str) -> Vec<String> {
    let (mut items, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for character in field.chars() {
        match character {
            ',' if !quoted => {
                items.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
        items.last_mut().expect("there is always an item").push(character);
    }
    items
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn mufasa() -> Credentials {
        Credentials { user: "Mufasa".into(), password: "Circle of Life".into() }
    }

    fn response_of(answer: &str) -> &str {
        answer.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    #[test]
    fn the_examples_of_rfc_7616() {
        let field = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"{NONCE}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = Challenge::all_of(&field(algorithm)).remove(0);
            let answer = challenge.answer_with(&mufasa(), "GET", "/dir/index.html", CNONCE);
            assert_eq!(response_of(&answer), response);
            assert!(
                answer.starts_with("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=")
            );
            assert!(answer.contains(&format!("algorithm={algorithm}, opaque=\"FQhe")), "{answer}");
            assert!(answer.ends_with(&format!("qop=auth, nc=00000001, cnonce=\"{CNONCE}\"")), "{answer}");
        }
    }

    #[test]
    fn without_quality_of_protection_the_answer_is_rfc_2069s() {
        // The example of RFC 2069, with the response that its errata give.
        let field = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let credentials = Credentials { user: "Mufasa".into(), password: "CircleOfLife".into() };
        let challenge = Challenge::all_of(field).remove(0);
        let answer = challenge.answer_with(&credentials, "GET", "/dir/index.html", "x");
        assert_eq!(response_of(&answer), "1949323746fe6a43ef61f9606e7febea");
        assert!(!answer.contains("cnonce") && !answer.contains("algorithm"), "{answer}");
    }

    #[test]
    fn sessions_hash_the_nonces_in() {
        let field = format!("Digest realm=r, qop=auth, algorithm=MD5-sess, nonce=\"{NONCE}\"");
        let challenge = Challenge::all_of(&field).remove(0);
        let answer = challenge.answer_with(&mufasa(), "GET", "/", "c");
        let user = Algorithm::Md5.of(&["Mufasa", "r", "Circle of Life"]);
        let user = Algorithm::Md5.of(&[&user, NONCE, "c"]);
        let what = Algorithm::Md5.of(&["GET", "/"]);
        assert_eq!(response_of(&answer), Algorithm::Md5.of(&[&user, NONCE, "00000001", "c", "auth", &what]));
        assert!(answer.contains("algorithm=MD5-sess"), "{answer}");
    }

    #[test]
    fn several_challenges_are_told_apart() {
        let field = "Basic realm=\"a, b\", Digest realm=\"q\\\"d\", nonce=n1, algorithm=md5, NTLM, \
                     Digest nonce=\"n2\", algorithm=SHA-256, qop=\"auth-int\", Digest nonce=n3, algorithm=X";
        let challenges = Challenge::all_of(field);
        assert_eq!(challenges.len(), 1, "auth-int alone and unknown algorithms cannot be answered");
        assert_eq!((&*challenges[0].realm, &*challenges[0].nonce), ("q\"d", "n1"));
        for nonsense in ["", ",,,", "Digest", "Digest nonce", "=", "\"", "Digest \\"] {
            assert_eq!(Challenge::all_of(nonsense), [], "{nonsense}");
        }
    }
}
