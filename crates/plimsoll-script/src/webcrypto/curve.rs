//! The curves of NIST: ECDSA and ECDH.

use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::digest::{Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _, ParsedPublicKey,
};

use super::der;
use super::failure::Failure;
use super::hash::Hash;

/// `id-ecPublicKey`.
const IDENTIFIER: &str = "1.2.840.10045.2.1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// A point, and what the library made of it.
pub(super) struct Public {
    /// A four, then both coordinates.
    pub(super) point: Vec<u8>,
    handle: ParsedPublicKey,
}

/// A key pair.
pub(super) struct Private {
    pub(super) scalar: Vec<u8>,
    pair: EcdsaKeyPair,
}

fn failed<E>(_: E) -> Failure {
    Failure::operation("the curve's operation failed")
}

impl Curve {
    pub(super) const ALL: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

    pub(super) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    /// The curve of that name; case counts, as the specification wants it.
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        let known = Curve::ALL.into_iter().find(|curve| curve.name() == name);
        known.ok_or_else(|| {
            Failure::not_supported(format!("'{name}' is not a curve; known are P-256, P-384 and P-521"))
        })
    }

    fn identifier(self) -> &'static str {
        match self {
            Curve::P256 => "1.2.840.10045.3.1.7",
            Curve::P384 => "1.3.132.0.34",
            Curve::P521 => "1.3.132.0.35",
        }
    }

    /// How a JSON web key calls ECDSA on this curve.
    pub(super) fn jwk_algorithm(self) -> &'static str {
        match self {
            Curve::P256 => "ES256",
            Curve::P384 => "ES384",
            Curve::P521 => "ES512",
        }
    }

    /// The bytes of a coordinate and of a private key.
    pub(super) fn length(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
        }
    }

    fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED,
            Curve::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }

    fn agreement(self) -> &'static agreement::Algorithm {
        match self {
            Curve::P256 => &agreement::ECDH_P256,
            Curve::P384 => &agreement::ECDH_P384,
            Curve::P521 => &agreement::ECDH_P521,
        }
    }

    /// The digest of the data under the name of the curve's own hash, which is the only one that the library
    /// signs on it. ECDSA looks at a digest as a number, of which it takes the leftmost bits that the curve
    /// has: cutting a longer one and putting zeros before a shorter one changes nothing.
    fn digest(self, hash: Hash, data: &[u8]) -> Result<Digest, Failure> {
        let own = match self {
            Curve::P256 => &SHA256,
            Curve::P384 => &SHA384,
            Curve::P521 => &SHA512,
        };
        let digest = hash.digest(data);
        let taken = &digest.as_ref()[..hash.length().min(own.output_len())];
        let mut number = vec![0; own.output_len() - taken.len()];
        number.extend_from_slice(taken);
        Digest::import_less_safe(&number, own).map_err(failed)
    }

    /// Makes a key.
    pub(super) fn generate(self) -> Result<Private, Failure> {
        Private::of_pair(EcdsaKeyPair::generate(self.signing()).map_err(failed)?)
    }

    pub(super) fn private_from_pkcs8(self, pkcs8: &[u8]) -> Result<Private, Failure> {
        let pair = EcdsaKeyPair::from_pkcs8(self.signing(), pkcs8);
        Private::of_pair(pair.map_err(|_| self.unreadable("a PrivateKeyInfo of this curve in DER"))?)
    }

    /// From a private key and its point.
    pub(super) fn private_from_parts(self, scalar: &[u8], point: &[u8]) -> Result<Private, Failure> {
        let pair = (scalar.len() == self.length())
            .then(|| EcdsaKeyPair::from_private_key_and_public_key(self.signing(), scalar, point).ok());
        Private::of_pair(pair.flatten().ok_or_else(|| self.unreadable("a private key and its point"))?)
    }

    pub(super) fn public_from_spki(self, spki: &[u8]) -> Result<Public, Failure> {
        let info = der::public_key(spki)?;
        if info.algorithm != IDENTIFIER || info.parameters.as_deref() != Some(self.identifier()) {
            return Err(self.unreadable("a public key of this curve"));
        }
        self.public_from_point(&info.key)
    }

    /// From a point, compressed or not.
    pub(super) fn public_from_point(self, point: &[u8]) -> Result<Public, Failure> {
        let unreadable = || self.unreadable("a point of this curve");
        let full = 1 + 2 * self.length();
        let is_point = match point.first() {
            Some(4) => point.len() == full,
            Some(2 | 3) => point.len() == 1 + self.length(),
            _ => false,
        };
        if !is_point {
            return Err(unreadable());
        }
        let handle = ParsedPublicKey::new(self.verification(), point).map_err(|_| unreadable())?;
        let spki: PublicKeyX509Der<'_> = handle.as_der().map_err(failed)?;
        let start = spki.as_ref().len().checked_sub(full).ok_or_else(unreadable)?;
        let point = spki.as_ref()[start..].to_vec();
        Ok(Public { point, handle })
    }

    fn unreadable(self, what: &str) -> Failure {
        Failure::data(format!("the key is not {what} ({})", self.name()))
    }

    /// What two parties agree on: the first coordinate of a point.
    pub(super) fn agree(self, private: &Private, public: &Public) -> Result<Vec<u8>, Failure> {
        self.agree_with(&private.scalar, &public.point)
    }

    pub(super) fn agree_with(self, scalar: &[u8], point: &[u8]) -> Result<Vec<u8>, Failure> {
        let own = agreement::PrivateKey::from_private_key(self.agreement(), scalar).map_err(failed)?;
        let peer = UnparsedPublicKey::new(self.agreement(), point);
        agreement::agree(&own, peer, failed(()), |secret| Ok(secret.to_vec()))
    }

    pub(super) fn sign(self, key: &Private, hash: Hash, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let signature = key.pair.sign_digest(&self.digest(hash, data)?).map_err(failed)?;
        Ok(signature.as_ref().to_vec())
    }

    pub(super) fn verify(
        self,
        key: &Public,
        hash: Hash,
        data: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failure> {
        Ok(key.handle.verify_digest_sig(&self.digest(hash, data)?, signature).is_ok())
    }
}

impl Public {
    pub(super) fn to_spki(&self) -> Result<Vec<u8>, Failure> {
        let spki: PublicKeyX509Der<'_> = self.handle.as_der().map_err(failed)?;
        Ok(spki.as_ref().to_vec())
    }
}

impl Private {
    fn of_pair(pair: EcdsaKeyPair) -> Result<Self, Failure> {
        let scalar: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(failed)?;
        Ok(Private { scalar: scalar.as_ref().to_vec(), pair })
    }

    pub(super) fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(super) fn to_pkcs8(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
    }
}
