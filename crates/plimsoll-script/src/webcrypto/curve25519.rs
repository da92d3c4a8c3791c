//! Curve25519: signatures with Ed25519, agreement with X25519. Both have keys of 32 bytes.

use aws_lc_rs::agreement::{self, UnparsedPublicKey, X25519};
use aws_lc_rs::signature::{self, ED25519, Ed25519KeyPair, KeyPair as _};

use super::der;
use super::failure::Failure;

/// The bytes of a key.
pub(super) const LENGTH: usize = 32;

/// What the curve is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Signing,
    Agreement,
}

/// A private key, with its public one.
pub(super) struct Private {
    pub(super) seed: Vec<u8>,
    pub(super) public: Vec<u8>,
    handle: Handle,
}

enum Handle {
    Signs(Ed25519KeyPair),
    Agrees(agreement::PrivateKey),
}

fn failed<E>(_: E) -> Failure {
    Failure::operation("the curve's operation failed")
}

impl Use {
    pub(super) fn name(self) -> &'static str {
        match self {
            Use::Signing => "Ed25519",
            Use::Agreement => "X25519",
        }
    }

    fn identifier(self) -> &'static str {
        match self {
            Use::Signing => "1.3.101.112",
            Use::Agreement => "1.3.101.110",
        }
    }

    /// The last byte of the identifier in DER.
    fn last_byte(self) -> u8 {
        match self {
            Use::Signing => 112,
            Use::Agreement => 110,
        }
    }

    fn unreadable(self) -> Failure {
        Failure::data(format!("the key is not one of {}, which has {LENGTH} bytes", self.name()))
    }

    pub(super) fn generate(self) -> Result<Private, Failure> {
        let mut seed = [0; LENGTH];
        aws_lc_rs::rand::fill(&mut seed).map_err(failed)?;
        self.private(&seed)
    }

    pub(super) fn private(self, seed: &[u8]) -> Result<Private, Failure> {
        if seed.len() != LENGTH {
            return Err(self.unreadable());
        }
        let (handle, public) = match self {
            Use::Signing => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(failed)?;
                let public = pair.public_key().as_ref().to_vec();
                (Handle::Signs(pair), public)
            }
            Use::Agreement => {
                let key = agreement::PrivateKey::from_private_key(&X25519, seed).map_err(failed)?;
                let public = key.compute_public_key().map_err(failed)?.as_ref().to_vec();
                (Handle::Agrees(key), public)
            }
        };
        Ok(Private { seed: seed.to_vec(), public, handle })
    }

    pub(super) fn private_from_pkcs8(self, pkcs8: &[u8]) -> Result<Private, Failure> {
        let (algorithm, key) = der::private_key(pkcs8)?;
        if algorithm != self.identifier() {
            return Err(self.unreadable());
        }
        self.private(&der::octets(&key).ok_or_else(|| self.unreadable())?)
    }

    pub(super) fn public(self, key: &[u8]) -> Result<Vec<u8>, Failure> {
        if key.len() == LENGTH { Ok(key.to_vec()) } else { Err(self.unreadable()) }
    }

    pub(super) fn public_from_spki(self, spki: &[u8]) -> Result<Vec<u8>, Failure> {
        let info = der::public_key(spki)?;
        if info.algorithm != self.identifier() {
            return Err(self.unreadable());
        }
        self.public(&info.key)
    }

    /// The `SubjectPublicKeyInfo` of RFC 8410.
    pub(super) fn to_spki(self, public: &[u8]) -> Vec<u8> {
        let mut spki =
            vec![0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, self.last_byte(), 0x03, 0x21, 0x00];
        spki.extend_from_slice(public);
        spki
    }

    /// The `PrivateKeyInfo` of RFC 8410.
    pub(super) fn to_pkcs8(self, private: &Private) -> Vec<u8> {
        let (head, octets) = ([0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06], [0x04, 0x22, 0x04, 0x20]);
        let identifier = [0x03, 0x2B, 0x65, self.last_byte()];
        [&head[..], &identifier, &octets, &private.seed].concat()
    }
}

impl Private {
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let Handle::Signs(pair) = &self.handle else { return Err(failed(())) };
        Ok(pair.try_sign(data).map_err(failed)?.as_ref().to_vec())
    }

    /// What two parties agree on. A public key that leads to zeros is refused.
    pub(super) fn agree(&self, public: &[u8]) -> Result<Vec<u8>, Failure> {
        let Handle::Agrees(key) = &self.handle else { return Err(failed(())) };
        let peer = UnparsedPublicKey::new(&X25519, public);
        agreement::agree(key, peer, failed(()), |secret| Ok(secret.to_vec()))
    }
}

/// Whether it is a signature of the data.
pub(super) fn verify(public: &[u8], data: &[u8], signature: &[u8]) -> bool {
    signature::UnparsedPublicKey::new(&ED25519, public).verify(data, signature).is_ok()
}
