//! Hashes and HMAC.

use aws_lc_rs::{digest, hkdf, hmac, pbkdf2};

use super::failure::Failure;

/// A hash of Web Crypto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];

    pub(super) fn name(self) -> &'static str {
        match self {
            Hash::Sha1 => "SHA-1",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        }
    }

    /// The digits that JSON web keys call it by: `HS256`, `RS1`.
    pub(super) fn digits(self) -> &'static str {
        &self.name()[4..]
    }

    /// The hash of that name, in any case.
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        let known = Hash::ALL.into_iter().find(|hash| hash.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| {
            Failure::not_supported(format!(
                "'{name}' is not a hash; known are SHA-1, SHA-256, SHA-384 and SHA-512"
            ))
        })
    }

    /// The bits that it works on at once, which is how long a generated HMAC key is.
    pub(super) fn block_bits(self) -> u32 {
        match self {
            Hash::Sha1 | Hash::Sha256 => 512,
            Hash::Sha384 | Hash::Sha512 => 1024,
        }
    }

    /// The bytes of a digest.
    pub(super) fn length(self) -> usize {
        self.algorithm().output_len()
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        }
    }

    pub(super) fn digest(self, data: &[u8]) -> digest::Digest {
        digest::digest(self.algorithm(), data)
    }

    fn mac_key(self, key: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, key)
    }

    /// The HMAC of the data.
    pub(super) fn mac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        hmac::sign(&self.mac_key(key), data).as_ref().to_vec()
    }

    /// Whether it is the HMAC of the data, found out in a time that says nothing of where it differs.
    pub(super) fn verify_mac(self, key: &[u8], data: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.mac_key(key), data, mac).is_ok()
    }

    pub(super) fn hkdf(self) -> hkdf::Algorithm {
        match self {
            Hash::Sha1 => hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => hkdf::HKDF_SHA256,
            Hash::Sha384 => hkdf::HKDF_SHA384,
            Hash::Sha512 => hkdf::HKDF_SHA512,
        }
    }

    pub(super) fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Hash::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Hash::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Hash::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Hash::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}
