//! RSA: OAEP, PSS and PKCS #1 v1.5.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, KeyPairComponents, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
    OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaParameters, RsaPssSaltLength, RsaSignatureEncoding,
};

use super::der;
use super::failure::Failure;
use super::hash::Hash;

/// `rsaEncryption`.
pub(super) const IDENTIFIER: &str = "1.2.840.113549.1.1.1";

/// The exponent of every key that is generated.
const EXPONENT: u64 = 65_537;

/// What signatures are made or verified with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Padding {
    Pkcs1,
    /// With a salt of that many bytes.
    Pss(u32),
}

/// A public key: modulus and exponent, without leading zeros.
pub(super) struct Public {
    numbers: PublicKeyComponents<Vec<u8>>,
}

/// A private key: its numbers, and what the library made of them for the one use that the key has.
pub(super) struct Private {
    pkcs8: Vec<u8>,
    /// n, e, d, p, q, dp, dq and qi.
    pub(super) numbers: Vec<Vec<u8>>,
    handle: Handle,
}

enum Handle {
    Signs(KeyPair),
    Decrypts(OaepPrivateDecryptingKey),
}

fn unusable<E>(_: E) -> Failure {
    Failure::data("the numbers do not make an RSA key of 2048 to 8192 bits")
}

fn failed<E>(_: E) -> Failure {
    Failure::operation("RSA cannot process the data with this key and these parameters")
}

fn bits(modulus: &[u8]) -> u32 {
    let zeros = modulus.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(modulus.len()).unwrap_or(u32::MAX / 8) * 8 - zeros
}

impl Public {
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, Failure> {
        let (n, e) = (der::without_zeros(modulus).to_vec(), der::without_zeros(exponent).to_vec());
        let numbers = PublicKeyComponents { n, e };
        let public = Public { numbers };
        if !(2048..=8192).contains(&public.bits()) {
            let message = format!("RSA keys have 2048 to 8192 bits here, not {}", public.bits());
            return Err(Failure::not_supported(message));
        }
        let _: PublicEncryptingKey = public.numbers.clone().try_into().map_err(unusable)?;
        Ok(public)
    }

    /// Reads a `SubjectPublicKeyInfo`.
    pub(super) fn from_spki(spki: &[u8]) -> Result<Self, Failure> {
        let info = der::public_key(spki)?;
        if info.algorithm != IDENTIFIER {
            return Err(Failure::data("the key is not one of RSA"));
        }
        match der::numbers(&info.key).as_deref() {
            Some([modulus, exponent]) => Public::new(modulus, exponent),
            _ => Err(Failure::data("the key does not hold an RSAPublicKey")),
        }
    }

    pub(super) fn to_spki(&self) -> Result<Vec<u8>, Failure> {
        let spki: PublicKeyX509Der<'_> = self.numbers.as_der().map_err(failed)?;
        Ok(spki.as_ref().to_vec())
    }

    pub(super) fn bits(&self) -> u32 {
        bits(&self.numbers.n)
    }

    pub(super) fn modulus(&self) -> &[u8] {
        &self.numbers.n
    }

    pub(super) fn exponent(&self) -> &[u8] {
        &self.numbers.e
    }

    pub(super) fn encrypt(&self, hash: Hash, label: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
        let key: PublicEncryptingKey = self.numbers.clone().try_into().map_err(unusable)?;
        let key = OaepPublicEncryptingKey::new(key).map_err(failed)?;
        let most = self.numbers.n.len().saturating_sub(2 * hash.length() + 2);
        if data.len() > most {
            let message = format!("this key encrypts at most {most} bytes, not {}", data.len());
            return Err(Failure::operation(message));
        }
        let mut encrypted = vec![0; key.ciphertext_size()];
        let label = Some(label).filter(|label| !label.is_empty());
        let length = key.encrypt(oaep(hash), data, &mut encrypted, label).map_err(failed)?.len();
        encrypted.truncate(length);
        Ok(encrypted)
    }

    /// Whether it is a signature of the data.
    pub(super) fn verify(
        &self,
        padding: Padding,
        hash: Hash,
        data: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failure> {
        let parameters = verification(padding, hash)?;
        Ok(self.numbers.verify(&parameters, data, signature).is_ok())
    }
}

impl Private {
    /// Reads a PKCS #8 `PrivateKeyInfo`.
    pub(super) fn from_pkcs8(pkcs8: &[u8], decrypts: bool) -> Result<Self, Failure> {
        let (algorithm, key) = der::private_key(pkcs8)?;
        if algorithm != IDENTIFIER {
            return Err(Failure::data("the key is not one of RSA"));
        }
        let mut numbers = der::numbers(&key)
            .filter(|numbers| numbers.len() == 9)
            .ok_or_else(|| Failure::data("the key does not hold an RSAPrivateKey of two primes"))?;
        numbers.remove(0); // the version
        Public::new(&numbers[0], &numbers[1])?;
        let handle = if decrypts {
            let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(unusable)?;
            Handle::Decrypts(OaepPrivateDecryptingKey::new(key).map_err(unusable)?)
        } else {
            Handle::Signs(KeyPair::from_pkcs8(pkcs8).map_err(unusable)?)
        };
        Ok(Private { pkcs8: pkcs8.to_vec(), numbers, handle })
    }

    /// From n, e, d, p, q, dp, dq and qi.
    pub(super) fn from_numbers(numbers: &[Vec<u8>; 8], decrypts: bool) -> Result<Self, Failure> {
        let [n, e, d, p, q, dp, dq, qi] = numbers;
        Public::new(n, e)?;
        let public_key = PublicKeyComponents { n: der::without_zeros(n), e: der::without_zeros(e) };
        let parts = KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi };
        let pair = KeyPair::from_components(&parts).map_err(unusable)?;
        Self::of_pair(&pair, decrypts)
    }

    /// Makes a key. Takes from tenths of a second to many seconds.
    pub(super) fn generate(bits: u32, exponent: &[u8], decrypts: bool) -> Result<Self, Failure> {
        let size = key_size(bits, exponent)?;
        let pair =
            KeyPair::generate(size).map_err(|_| Failure::operation("no RSA key could be generated"))?;
        Self::of_pair(&pair, decrypts)
    }

    fn of_pair(pair: &KeyPair, decrypts: bool) -> Result<Self, Failure> {
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
        Self::from_pkcs8(pkcs8.as_ref(), decrypts)
    }

    pub(super) fn public(&self) -> Result<Public, Failure> {
        Public::new(&self.numbers[0], &self.numbers[1])
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(super) fn bits(&self) -> u32 {
        bits(&self.numbers[0])
    }

    pub(super) fn exponent(&self) -> &[u8] {
        &self.numbers[1]
    }

    pub(super) fn sign(&self, padding: Padding, hash: Hash, data: &[u8]) -> Result<Vec<u8>, Failure> {
        let Handle::Signs(pair) = &self.handle else { return Err(failed(())) };
        if let Padding::Pss(salt) = padding {
            let most = (self.bits().div_ceil(8) as usize).saturating_sub(hash.length() + 2);
            if salt as usize > most {
                let message = format!("a salt of {salt} bytes is too long for this key: {most} at most");
                return Err(Failure::operation(message));
            }
        }
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(signing(padding, hash)?, &SystemRandom::new(), data, &mut signature).map_err(failed)?;
        Ok(signature)
    }

    pub(super) fn decrypt(&self, hash: Hash, label: &[u8], data: &[u8]) -> Result<Vec<u8>, Failure> {
        let Handle::Decrypts(key) = &self.handle else { return Err(failed(())) };
        let mut plain = vec![0; key.min_output_size()];
        let label = Some(label).filter(|label| !label.is_empty());
        let length = key.decrypt(oaep(hash), data, &mut plain, label).map_err(failed)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

/// The size of a key to be generated.
///
/// # Errors
/// When the library makes no such keys.
pub(super) fn key_size(bits: u32, exponent: &[u8]) -> Result<KeySize, Failure> {
    if der::without_zeros(exponent) != &EXPONENT.to_be_bytes()[5..] {
        let message = format!("RSA keys are generated with the public exponent {EXPONENT} alone");
        return Err(Failure::not_supported(message));
    }
    match bits {
        2048 => Ok(KeySize::Rsa2048),
        3072 => Ok(KeySize::Rsa3072),
        4096 => Ok(KeySize::Rsa4096),
        8192 => Ok(KeySize::Rsa8192),
        _ => Err(Failure::not_supported(format!(
            "RSA keys are generated with 2048, 3072, 4096 or 8192 bits, not {bits}"
        ))),
    }
}

fn oaep(hash: Hash) -> &'static OaepAlgorithm {
    match hash {
        Hash::Sha1 => &OAEP_SHA1_MGF1SHA1,
        Hash::Sha256 => &OAEP_SHA256_MGF1SHA256,
        Hash::Sha384 => &OAEP_SHA384_MGF1SHA384,
        Hash::Sha512 => &OAEP_SHA512_MGF1SHA512,
    }
}

fn verification(padding: Padding, hash: Hash) -> Result<RsaParameters, Failure> {
    let parameters = match (padding, hash) {
        (Padding::Pkcs1, Hash::Sha1) => return Ok(RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        (Padding::Pkcs1, Hash::Sha256) => return Ok(RSA_PKCS1_2048_8192_SHA256),
        (Padding::Pkcs1, Hash::Sha384) => return Ok(RSA_PKCS1_2048_8192_SHA384),
        (Padding::Pkcs1, Hash::Sha512) => return Ok(RSA_PKCS1_2048_8192_SHA512),
        (Padding::Pss(_), Hash::Sha1) => return Err(broken_hash("RSA-PSS knows no signatures")),
        (Padding::Pss(_), Hash::Sha256) => RSA_PSS_2048_8192_SHA256,
        (Padding::Pss(_), Hash::Sha384) => RSA_PSS_2048_8192_SHA384,
        (Padding::Pss(_), Hash::Sha512) => RSA_PSS_2048_8192_SHA512,
    };
    Ok(parameters.with_pss_salt_length(salt_length(padding)))
}

fn broken_hash(what: &str) -> Failure {
    Failure::not_supported(format!("{what} over SHA-1, which is broken: use SHA-256 or longer"))
}

fn salt_length(padding: Padding) -> RsaPssSaltLength {
    match padding {
        Padding::Pkcs1 => RsaPssSaltLength::Digest,
        Padding::Pss(salt) => RsaPssSaltLength::Custom(u16::try_from(salt).unwrap_or(u16::MAX)),
    }
}

/// How to sign. The library wants encodings that live for ever: one is made for each length of salt that
/// scripts use, of which there are about a thousand for each hash.
fn signing(padding: Padding, hash: Hash) -> Result<&'static RsaSignatureEncoding, Failure> {
    static SALTED: Mutex<BTreeMap<(&str, u32), &RsaSignatureEncoding>> = Mutex::new(BTreeMap::new());
    let (pkcs1, pss) = match hash {
        Hash::Sha1 => return Err(broken_hash("RSA makes no signatures")),
        Hash::Sha256 => (&RSA_PKCS1_SHA256, RSA_PSS_SHA256),
        Hash::Sha384 => (&RSA_PKCS1_SHA384, RSA_PSS_SHA384),
        Hash::Sha512 => (&RSA_PKCS1_SHA512, RSA_PSS_SHA512),
    };
    let Padding::Pss(salt) = padding else { return Ok(pkcs1) };
    let mut salted = SALTED.lock().unwrap_or_else(PoisonError::into_inner);
    let encoding = salted
        .entry((hash.name(), salt))
        .or_insert_with(|| Box::leak(Box::new(pss.with_pss_salt_length(salt_length(padding)))));
    Ok(encoding)
}
