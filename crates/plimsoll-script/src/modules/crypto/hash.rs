//! The hashes of `k6/crypto`, and HMAC over each.

use hmac::{KeyInit, Mac, SimpleHmac};
use md4::Md4;
use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

/// A hash that is being computed.
pub(super) trait Running {
    fn update(&mut self, bytes: &[u8]);

    /// The hash of all bytes so far; more may follow.
    fn result(&self) -> Vec<u8>;
}

struct Plain<D>(D);

impl<D: Digest + Clone> Running for Plain<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn result(&self) -> Vec<u8> {
        self.0.clone().finalize().to_vec()
    }
}

struct Keyed<M>(M);

impl<M: Mac + Clone> Running for Keyed<M> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn result(&self) -> Vec<u8> {
        self.0.clone().finalize().into_bytes().to_vec()
    }
}

macro_rules! algorithms {
    ($($name:literal => $digest:ty,)+) => {
        /// The names of the algorithms.
        pub(super) const NAMES: &[&str] = &[$($name),+];

        /// Begins a hash; `None` for an unknown algorithm.
        pub(super) fn hash(algorithm: &str) -> Option<Box<dyn Running>> {
            Some(match algorithm {
                $($name => Box::new(Plain(<$digest>::new())),)+
                _ => return None,
            })
        }

        /// Begins an HMAC; `None` for an unknown algorithm.
        pub(super) fn hmac(algorithm: &str, key: &[u8]) -> Option<Box<dyn Running>> {
            let any = "HMAC takes keys of any length";
            Some(match algorithm {
                $($name => Box::new(Keyed(SimpleHmac::<$digest>::new_from_slice(key).expect(any))),)+
                _ => return None,
            })
        }
    };
}

algorithms! {
    "md4" => Md4,
    "md5" => Md5,
    "sha1" => Sha1,
    "sha256" => Sha256,
    "sha384" => Sha384,
    "sha512" => Sha512,
    "sha512_224" => Sha512_224,
    "sha512_256" => Sha512_256,
    "ripemd160" => Ripemd160,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::hex;

    /// The published vectors for "abc": RFC 1320, RFC 1321, FIPS 180-4 with its examples, and the page of
    /// RIPEMD-160.
    const ABC: [(&str, &str); 9] = [
        ("md4", "a448017aaf21d8525fc10ae87aa6729d"),
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "sha384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
            8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
            2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("sha512_224", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
        ("sha512_256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        ("ripemd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
    ];

    /// HMAC of "what do ya want for nothing?" under "Jefe": RFC 2104, RFC 2286, RFC 2202, RFC 4231.
    const JEFE: [(&str, &str); 6] = [
        ("md5", "750c783e6ab0b503eaa86e310a5db738"),
        ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            "sha384",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
            8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
            9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
        ("ripemd160", "dda6c0213a485a9e24f4742064a7f033b43c4069"),
    ];

    #[test]
    fn hashes_are_those_of_their_specifications() {
        assert_eq!(ABC.map(|(name, _)| name), NAMES);
        for (name, expected) in ABC {
            let mut running = hash(name).expect("a known algorithm");
            running.update(b"a");
            running.update(b"bc");
            assert_eq!(hex(&running.result()), expected, "{name}");
            assert_eq!(hex(&running.result()), expected, "{name} once more");
        }
        assert!(hash("sha3").is_none() && hmac("sha3", b"").is_none());
    }

    #[test]
    fn macs_are_those_of_their_specifications() {
        for (name, expected) in JEFE {
            let mut running = hmac(name, b"Jefe").expect("a known algorithm");
            running.update(b"what do ya want for nothing?");
            assert_eq!(hex(&running.result()), expected, "{name}");
        }
    }
}
