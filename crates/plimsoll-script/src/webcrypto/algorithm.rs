//! Which algorithms there are, by which names, and what a key says of its own.

use super::curve::Curve;
use super::curve25519;
use super::failure::Failure;
use super::hash::Hash;

/// A name that scripts write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    AesCbc,
    AesCtr,
    AesGcm,
    AesKw,
    Hmac,
    RsaOaep,
    RsaPss,
    RsaPkcs1,
    Ecdsa,
    Ecdh,
    Ed25519,
    X25519,
    Pbkdf2,
    Hkdf,
}

use Name::{
    AesCbc, AesCtr, AesGcm, AesKw, Ecdh, Ecdsa, Ed25519, Hkdf, Hmac, Pbkdf2, RsaOaep, RsaPkcs1, RsaPss,
    X25519,
};

/// What is done with an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Encrypt,
    Sign,
    Wrap,
    Generate,
    Import,
    Export,
    Derive,
    /// Being what a derived or generated secret is for: its length is known.
    KeyLength,
}

impl Name {
    const ALL: [Name; 14] = [
        AesCbc, AesCtr, AesGcm, AesKw, Hmac, RsaOaep, RsaPss, RsaPkcs1, Ecdsa, Ecdh, Ed25519, X25519, Pbkdf2,
        Hkdf,
    ];

    pub(super) fn text(self) -> &'static str {
        match self {
            AesCbc => "AES-CBC",
            AesCtr => "AES-CTR",
            AesGcm => "AES-GCM",
            AesKw => "AES-KW",
            Hmac => "HMAC",
            RsaOaep => "RSA-OAEP",
            RsaPss => "RSA-PSS",
            RsaPkcs1 => "RSASSA-PKCS1-v1_5",
            Ecdsa => "ECDSA",
            Ecdh => "ECDH",
            Ed25519 => "Ed25519",
            X25519 => "X25519",
            Pbkdf2 => "PBKDF2",
            Hkdf => "HKDF",
        }
    }

    /// What it is there for.
    pub(super) fn serves(self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Encrypt => matches!(self, AesCbc | AesCtr | AesGcm | RsaOaep),
            Purpose::Sign => matches!(self, Hmac | RsaPss | RsaPkcs1 | Ecdsa | Ed25519),
            Purpose::Wrap => self == AesKw || self.serves(Purpose::Encrypt),
            Purpose::Generate | Purpose::Export => !matches!(self, Pbkdf2 | Hkdf),
            Purpose::Import => true,
            Purpose::Derive => matches!(self, Ecdh | X25519 | Pbkdf2 | Hkdf),
            Purpose::KeyLength => matches!(self, AesCbc | AesCtr | AesGcm | AesKw | Hmac | Pbkdf2 | Hkdf),
        }
    }

    /// The algorithm of that name, in any case, that serves the purpose.
    pub(super) fn named(name: &str, purpose: Purpose) -> Result<Self, Failure> {
        let serving = || Name::ALL.into_iter().filter(|known| known.serves(purpose));
        serving().find(|known| known.text().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known: Vec<&str> = serving().map(Name::text).collect();
            let message =
                format!("'{name}' is not an algorithm for this operation; there are {}", known.join(", "));
            Failure::not_supported(message)
        })
    }

    pub(super) fn is_aes(self) -> bool {
        matches!(self, AesCbc | AesCtr | AesGcm | AesKw)
    }

    pub(super) fn is_rsa(self) -> bool {
        matches!(self, RsaOaep | RsaPss | RsaPkcs1)
    }

    pub(super) fn curve25519(self) -> curve25519::Use {
        if self == X25519 { curve25519::Use::Agreement } else { curve25519::Use::Signing }
    }
}

/// What a key says of itself in `algorithm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) name: Name,
    pub(super) details: Details,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Details {
    None,
    Aes { bits: u32 },
    Hmac { hash: Hash, bits: u32 },
    Rsa { hash: Hash, bits: u32, exponent: Vec<u8> },
    Curve(Curve),
}

/// What is to be made or read: the algorithm and what a script says of it, before there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: Name,
    pub(super) details: Wishes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wishes {
    None,
    /// AES keys: their bits, when they are to be made.
    Aes {
        bits: u32,
    },
    Hmac {
        hash: Hash,
        bits: Option<u32>,
    },
    Rsa {
        hash: Hash,
        bits: u32,
        exponent: Vec<u8>,
    },
    Curve(Curve),
}

impl Wanted {
    /// The bits of the secret that such a key is made of; `None` where all of what is derived is taken.
    pub(super) fn key_bits(&self) -> Result<Option<u32>, Failure> {
        match &self.details {
            Wishes::Aes { bits } => aes_bits(*bits).map(Some),
            Wishes::Hmac { bits: Some(0), .. } => Err(Failure::operation("an HMAC key has at least one bit")),
            Wishes::Hmac { hash, bits } => Ok(Some(bits.unwrap_or_else(|| hash.block_bits()))),
            _ => Ok(None),
        }
    }
}

/// The bits, if they are those of an AES key.
pub(super) fn aes_bits(bits: u32) -> Result<u32, Failure> {
    if matches!(bits, 128 | 192 | 256) {
        Ok(bits)
    } else {
        Err(Failure::operation(format!("AES keys have 128, 192 or 256 bits, not {bits}")))
    }
}
