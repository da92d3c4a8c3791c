//! What is done with keys: encrypting, signing, deriving. Knows no JavaScript; parameters are read already.

use std::sync::Arc;

use super::aes::{self, Block};
use super::algorithm::{Details, Name};
use super::failure::Failure;
use super::gcm::Gcm;
use super::hash::Hash;
use super::key::{Key, Material};
use super::making::cut;
use super::rsa::Padding;
use super::{curve25519, derivation};

/// How to encrypt.
pub(super) enum Cipher {
    Cbc {
        iv: Vec<u8>,
    },
    /// The lowest `bits` of the counter count.
    Ctr {
        counter: Vec<u8>,
        bits: u32,
    },
    Gcm {
        iv: Vec<u8>,
        additional: Vec<u8>,
        tag_bits: u32,
    },
    Oaep {
        label: Vec<u8>,
    },
    Kw,
}

impl Cipher {
    pub(super) fn name(&self) -> Name {
        match self {
            Cipher::Cbc { .. } => Name::AesCbc,
            Cipher::Ctr { .. } => Name::AesCtr,
            Cipher::Gcm { .. } => Name::AesGcm,
            Cipher::Oaep { .. } => Name::RsaOaep,
            Cipher::Kw => Name::AesKw,
        }
    }

    pub(super) fn encrypt(&self, key: &Key, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        match self {
            Cipher::Cbc { iv } => aes::encrypt_cbc(key.secret()?, block("iv", iv)?, data),
            Cipher::Ctr { counter, bits } => {
                aes::ctr(key.secret()?, block("counter", counter)?, counter_bits(*bits)?, data)
            }
            Cipher::Gcm { iv, additional, tag_bits } => {
                gcm(iv, additional, *tag_bits)?.seal(key.secret()?, data)
            }
            Cipher::Oaep { label } => match (&key.material, &key.algorithm.details) {
                (Material::RsaPublic(public), Details::Rsa { hash, .. }) => {
                    public.encrypt(*hash, label, &data)
                }
                _ => Err(key.wrong_kind("public")),
            },
            Cipher::Kw => aes::wrap(key.secret()?, &data),
        }
    }

    pub(super) fn decrypt(&self, key: &Key, data: Vec<u8>) -> Result<Vec<u8>, Failure> {
        match self {
            Cipher::Cbc { iv } => aes::decrypt_cbc(key.secret()?, block("iv", iv)?, data),
            Cipher::Ctr { .. } => self.encrypt(key, data),
            Cipher::Gcm { iv, additional, tag_bits } => {
                gcm(iv, additional, *tag_bits)?.open(key.secret()?, data)
            }
            Cipher::Oaep { label } => match (&key.material, &key.algorithm.details) {
                (Material::RsaPrivate(private), Details::Rsa { hash, .. }) => {
                    private.decrypt(*hash, label, &data)
                }
                _ => Err(key.wrong_kind("private")),
            },
            Cipher::Kw => aes::unwrap(key.secret()?, &data),
        }
    }
}

fn block(what: &str, bytes: &[u8]) -> Result<Block, Failure> {
    bytes.try_into().map_err(|_| {
        Failure::operation(format!("'{what}' must have {} bytes, not {}", aes::BLOCK, bytes.len()))
    })
}

fn counter_bits(bits: u32) -> Result<u32, Failure> {
    if (1..=128).contains(&bits) {
        return Ok(bits);
    }
    Err(Failure::operation(format!("the counter's 'length' must be 1 to 128 bits, not {bits}")))
}

fn gcm(iv: &[u8], additional: &[u8], tag_bits: u32) -> Result<Gcm, Failure> {
    if !matches!(tag_bits, 32 | 64 | 96 | 104 | 112 | 120 | 128) {
        let message = format!("'tagLength' must be 32, 64, 96, 104, 112, 120 or 128 bits, not {tag_bits}");
        return Err(Failure::operation(message));
    }
    if iv.is_empty() {
        return Err(Failure::operation("'iv' must not be empty"));
    }
    Ok(Gcm { iv: iv.to_vec(), additional: additional.to_vec(), tag: tag_bits as usize / 8 })
}

/// How to sign.
pub(super) enum Signing {
    Hmac,
    Pkcs1,
    Pss { salt: u32 },
    Ecdsa { hash: Hash },
    Ed25519,
}

impl Signing {
    pub(super) fn name(&self) -> Name {
        match self {
            Signing::Hmac => Name::Hmac,
            Signing::Pkcs1 => Name::RsaPkcs1,
            Signing::Pss { .. } => Name::RsaPss,
            Signing::Ecdsa { .. } => Name::Ecdsa,
            Signing::Ed25519 => Name::Ed25519,
        }
    }

    fn padding(&self) -> Padding {
        match self {
            Signing::Pss { salt } => Padding::Pss(*salt),
            _ => Padding::Pkcs1,
        }
    }

    pub(super) fn sign(&self, key: &Key, data: &[u8]) -> Result<Vec<u8>, Failure> {
        match (&key.material, &key.algorithm.details, self) {
            (Material::Secret(secret), Details::Hmac { hash, .. }, _) => Ok(hash.mac(secret, data)),
            (Material::RsaPrivate(key), Details::Rsa { hash, .. }, _) => {
                key.sign(self.padding(), *hash, data)
            }
            (Material::CurvePrivate(key), Details::Curve(curve), Signing::Ecdsa { hash }) => {
                curve.sign(key, *hash, data)
            }
            (Material::Curve25519Private(key), ..) => key.sign(data),
            _ => Err(key.wrong_kind("private")),
        }
    }

    /// Whether it is a signature of the data.
    pub(super) fn verify(&self, key: &Key, data: &[u8], signature: &[u8]) -> Result<bool, Failure> {
        match (&key.material, &key.algorithm.details, self) {
            (Material::Secret(secret), Details::Hmac { hash, .. }, _) => {
                Ok(hash.verify_mac(secret, data, signature))
            }
            (Material::RsaPublic(key), Details::Rsa { hash, .. }, _) => {
                key.verify(self.padding(), *hash, data, signature)
            }
            (Material::CurvePublic(key), Details::Curve(curve), Signing::Ecdsa { hash }) => {
                curve.verify(key, *hash, data, signature)
            }
            (Material::Curve25519Public(key), ..) => Ok(curve25519::verify(key, data, signature)),
            _ => Err(key.wrong_kind("public")),
        }
    }
}

/// How to derive bits.
pub(super) enum Derivation {
    /// ECDH or X25519 with another's key.
    Agreement {
        name: Name,
        public: Arc<Key>,
    },
    Pbkdf2 {
        hash: Hash,
        salt: Vec<u8>,
        iterations: u32,
    },
    Hkdf {
        hash: Hash,
        salt: Vec<u8>,
        info: Vec<u8>,
    },
}

impl Derivation {
    pub(super) fn name(&self) -> Name {
        match self {
            Derivation::Agreement { name, .. } => *name,
            Derivation::Pbkdf2 { .. } => Name::Pbkdf2,
            Derivation::Hkdf { .. } => Name::Hkdf,
        }
    }

    /// Derives that many bits, or as many as there are.
    pub(super) fn derive(&self, key: &Key, bits: Option<u32>) -> Result<Vec<u8>, Failure> {
        match self {
            Derivation::Agreement { public, .. } => {
                let mut secret = agree(key, public)?;
                let all = secret.len() * 8;
                let bits = bits.unwrap_or(u32::try_from(all).expect("a coordinate is short"));
                if bits as usize > all {
                    let message = format!("there are {all} bits to derive, and not {bits}");
                    return Err(Failure::operation(message));
                }
                cut(&mut secret, bits);
                Ok(secret)
            }
            Derivation::Pbkdf2 { hash, salt, iterations } => {
                derivation::pbkdf2(*hash, key.secret()?, salt, *iterations, whole_bytes(bits)?)
            }
            Derivation::Hkdf { hash, salt, info } => {
                derivation::hkdf(*hash, key.secret()?, salt, info, whole_bytes(bits)?)
            }
        }
    }
}

fn whole_bytes(bits: Option<u32>) -> Result<usize, Failure> {
    match bits {
        Some(bits) if bits.is_multiple_of(8) => Ok(bits as usize / 8),
        Some(bits) => Err(Failure::operation(format!("the length must be a multiple of 8 bits, not {bits}"))),
        None => Err(Failure::operation("the length must be given")),
    }
}

fn agree(key: &Key, public: &Key) -> Result<Vec<u8>, Failure> {
    if public.algorithm != key.algorithm {
        return Err(Failure::access("'public' is a key of another algorithm or curve than the private key"));
    }
    match (&key.material, &public.material, &key.algorithm.details) {
        (Material::CurvePrivate(own), Material::CurvePublic(peer), Details::Curve(curve)) => {
            curve.agree(own, peer)
        }
        (Material::Curve25519Private(own), Material::Curve25519Public(peer), _) => own.agree(peer),
        (Material::CurvePrivate(_) | Material::Curve25519Private(_), ..) => {
            Err(Failure::access("'public' must be a public key"))
        }
        _ => Err(key.wrong_kind("private")),
    }
}
