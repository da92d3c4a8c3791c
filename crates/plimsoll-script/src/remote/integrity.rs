//! Digests in the form of Subresource Integrity (<https://www.w3.org/TR/SRI/>): `sha256-BASE64`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What a text must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Integrity {
    algorithm: Algorithm,
    digest: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

const ALGORITHMS: [(Algorithm, &str, usize); 3] =
    [(Algorithm::Sha256, "sha256", 32), (Algorithm::Sha384, "sha384", 48), (Algorithm::Sha512, "sha512", 64)];

impl Integrity {
    /// That of these bytes, as lock files are written.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::by(Algorithm::Sha256, bytes)
    }

    /// That of these bytes by the algorithm of another one.
    pub(super) fn like(other: &Self, bytes: &[u8]) -> Self {
        Self::by(other.algorithm, bytes)
    }

    fn by(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let digest = match algorithm {
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
            Algorithm::Sha384 => Sha384::digest(bytes).to_vec(),
            Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
        };
        Integrity { algorithm, digest }
    }

    /// `None` when it is not of this form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, digest) = text.split_once('-')?;
        let (algorithm, _, length) = ALGORITHMS.into_iter().find(|(_, known, _)| *known == name)?;
        let digest = STANDARD.decode(digest).ok().filter(|digest| digest.len() == length)?;
        Some(Integrity { algorithm, digest })
    }

    /// Whether the bytes are those that were meant.
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        Self::like(self, bytes) == *self
    }

    /// A name for a file with this content; `None` when the cache does not go by this algorithm.
    pub(super) fn file_name(&self) -> Option<String> {
        let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        (self.algorithm == Algorithm::Sha256).then(|| hex(&self.digest))
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.algorithm {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
        };
        write!(f, "{name}-{}", STANDARD.encode(&self.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_that_of_web_pages() {
        // From the specification's own example.
        let text = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        let integrity = Integrity::parse(text).expect("well-formed");
        assert!(integrity.holds(b"alert('Hello, world.');") && !integrity.holds(b"alert('Hello!');"));
        assert_eq!(integrity.to_string(), text);
        assert_eq!(integrity.file_name(), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let integrity = Integrity::of(b"");
        assert_eq!(integrity.to_string(), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(Integrity::parse(&integrity.to_string()), Some(integrity));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "sha256", "sha256-", "sha256-AAAA", "md5-1B2M2Y8AsgTpgAmY7PhCfg==", "sha256-!"] {
            assert_eq!(Integrity::parse(text), None, "{text}");
        }
    }
}
