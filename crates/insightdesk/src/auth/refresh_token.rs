//! Refresh tokens: 256 random bits that mean nothing by themselves.
//!
//! Only their SHA-256 is stored, so a copy of the database logs nobody in. A fast hash is enough here: unlike
//! a password, a random token cannot be guessed. Start with [`RefreshToken`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::storage::TokenHash;

/// A token as the client holds it.
pub(crate) struct RefreshToken([u8; 32]);

impl RefreshToken {
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// Reads a token; `None` when it has not the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }

    pub(crate) fn into_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_the_same_token() {
        let token = RefreshToken::random();
        let hash = token.hash();
        let read = RefreshToken::parse(&token.into_text()).expect("our own text");
        assert_eq!(read.hash(), hash);
    }

    #[test]
    fn anything_else_is_no_token() {
        for text in ["", "abc", "%%%", &"A".repeat(44)] {
            assert!(RefreshToken::parse(text).is_none(), "{text:?}");
        }
    }
}
