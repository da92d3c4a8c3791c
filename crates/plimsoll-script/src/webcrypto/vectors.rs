//! The published vectors of `vectors.txt`, each done as a script would have it done.

use super::algorithm::{Name, Wanted, Wishes};
use super::curve::Curve;
use super::gcm::Gcm;
use super::hash::Hash;
use super::key::Usages;
use super::reading::{KeyData, read};
use super::rsa::{Padding, Private, Public};
use super::{aes, curve25519, derivation};
use crate::octets::hex;

fn bytes(digits: &str) -> Vec<u8> {
    let digits = digits.trim_start_matches('-');
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(digit).collect()
}

fn block(digits: &str) -> aes::Block {
    bytes(digits).try_into().expect("a block")
}

/// Works one vector out: what should come, and what came.
fn work_out(kind: &str, fields: &[&str]) -> (String, String) {
    match (kind, fields) {
        ("digest", [hash, data, digest]) => {
            ((*digest).into(), hex(named(hash).digest(&bytes(data)).as_ref()))
        }
        ("mac", [hash, key, data, mac]) => ((*mac).into(), hex(&named(hash).mac(&bytes(key), &bytes(data)))),
        ("pbkdf2" | "hkdf", fields) => derived(kind, fields),
        ("cbc" | "ctr" | "gcm" | "kw", fields) => encrypted(kind, fields),
        ("ecdsa" | "pkcs1" | "pss", fields) => verified(kind, fields),
        ("ecdh" | "x25519", fields) => agreed(kind, fields),
        ("oaep", [hash, n, e, d, p, q, dp, dq, qi, data, encrypted]) => {
            let numbers = [n, e, d, p, q, dp, dq, qi].map(|number| bytes(number));
            let key = Private::from_numbers(&numbers, true).expect("a key");
            let plain = key.decrypt(named(hash), &[], &bytes(encrypted)).expect("decrypted");
            ((*data).into(), hex(&plain))
        }
        ("ed25519", [seed, public, data, signature]) => {
            let key = curve25519::Use::Signing.private(&bytes(seed)).expect("a key");
            assert_eq!(hex(&key.public), *public);
            assert!(curve25519::verify(&key.public, &bytes(data), &bytes(signature)));
            ((*signature).into(), hex(&key.sign(&bytes(data)).expect("signed")))
        }
        _ => panic!("a vector of an unknown kind or with missing fields: {kind}"),
    }
}

fn named(hash: &str) -> Hash {
    Hash::named(hash).expect("a hash")
}

fn derived(kind: &str, fields: &[&str]) -> (String, String) {
    let [hash, secret, salt, more, expected] = fields else { panic!("five fields") };
    let (hash, secret, salt, length) = (named(hash), bytes(secret), bytes(salt), expected.len() / 2);
    let came = if kind == "hkdf" {
        derivation::hkdf(hash, &secret, &salt, &bytes(more), length)
    } else {
        derivation::pbkdf2(hash, &secret, &salt, more.parse().expect("iterations"), length)
    };
    ((*expected).into(), hex(&came.expect("derived")))
}

fn encrypted(kind: &str, fields: &[&str]) -> (String, String) {
    let key = bytes(fields[0]);
    match (kind, fields) {
        ("cbc", [_, iv, plain, expected]) => {
            let came = aes::encrypt_cbc(&key, block(iv), bytes(plain)).expect("encrypted");
            assert_eq!(hex(&aes::decrypt_cbc(&key, block(iv), came.clone()).expect("decrypted")), *plain);
            ((*expected).into(), hex(&came[..came.len() - aes::BLOCK]))
        }
        ("ctr", [_, counter, plain, expected]) => {
            ((*expected).into(), hex(&aes::ctr(&key, block(counter), 32, bytes(plain)).expect("encrypted")))
        }
        ("gcm", [_, iv, additional, plain, ciphertext, tag]) => {
            let gcm = Gcm { iv: bytes(iv), additional: bytes(additional), tag: tag.len() / 2 };
            let came = gcm.seal(&key, bytes(plain)).expect("encrypted");
            assert_eq!(hex(&gcm.open(&key, came.clone()).expect("decrypted")), *plain);
            for at in [0, came.len() - 1] {
                let mut forged = came.clone();
                forged[at] ^= 1;
                assert_eq!(gcm.open(&key, forged).map_err(|failure| failure.name), Err("OperationError"));
            }
            (format!("{ciphertext}{tag}"), hex(&came))
        }
        ("kw", [_, plain, expected]) => {
            let came = aes::wrap(&key, &bytes(plain)).expect("wrapped");
            assert_eq!(hex(&aes::unwrap(&key, &came).expect("unwrapped")), *plain);
            ((*expected).into(), hex(&came))
        }
        _ => panic!("missing fields"),
    }
}

fn verified(kind: &str, fields: &[&str]) -> (String, String) {
    let is_good = match fields {
        [curve, hash, point, data, signature, _] => {
            let curve = Curve::named(curve).expect("a curve");
            let key = curve.public_from_point(&bytes(point));
            // One of the faults is a point that is none.
            key.is_ok_and(|key| {
                curve.verify(&key, named(hash), &bytes(data), &bytes(signature)).expect("looked at")
            })
        }
        [hash, n, e, data, signature, salt, _] => {
            let key = Public::new(&bytes(n), &bytes(e)).expect("a key");
            let salt = salt.parse().expect("a length");
            let padding = if kind == "pss" { Padding::Pss(salt) } else { Padding::Pkcs1 };
            key.verify(padding, named(hash), &bytes(data), &bytes(signature)).expect("looked at")
        }
        _ => panic!("missing fields"),
    };
    let verdict = if is_good { "good" } else { "bad" };
    (fields[fields.len() - 1].into(), verdict.to_owned())
}

fn agreed(kind: &str, fields: &[&str]) -> (String, String) {
    let came = match (kind, fields) {
        ("ecdh", [curve, scalar, point, _]) => {
            let curve = Curve::named(curve).expect("a curve");
            curve.agree_with(&bytes(scalar), &bytes(point))
        }
        (_, [scalar, point, _]) => {
            curve25519::Use::Agreement.private(&bytes(scalar)).expect("a key").agree(&bytes(point))
        }
        _ => panic!("missing fields"),
    };
    (fields[fields.len() - 1].into(), hex(&came.expect("agreed")))
}

#[test]
fn published_vectors_come_out() {
    let mut kinds = std::collections::BTreeSet::new();
    let lines = include_str!("vectors.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (kind, fields) = line.split_once(' ').expect("a kind and fields");
        let fields: Vec<&str> = fields.split(' ').collect();
        let (expected, came) = work_out(kind, &fields);
        assert_eq!(came, expected, "{line}");
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 15, "some kind is missing: {kinds:?}");
}

#[test]
fn a_short_counter_overflows_into_itself_alone() {
    let key = [3; 16];
    let mut counter = [7; aes::BLOCK];
    counter[aes::BLOCK - 1] = 0xFF;
    let blocks = aes::ctr(&key, counter, 8, vec![0; 3 * aes::BLOCK]).expect("encrypted");
    for (last, block) in [0xFF, 0, 1].into_iter().zip(blocks.chunks(aes::BLOCK)) {
        counter[aes::BLOCK - 1] = last;
        assert_eq!(aes::ctr(&key, counter, 128, vec![0; aes::BLOCK]).expect("encrypted"), block);
    }
    assert!(aes::ctr(&key, counter, 1, vec![0; 3 * aes::BLOCK]).is_err(), "would repeat itself");
}

/// ECDSA is signed with each hash on each curve, under the name of the curve's own hash.
#[test]
fn every_hash_signs_on_every_curve() {
    for curve in Curve::ALL {
        let private = curve.generate().expect("a key");
        let public = curve.public_from_point(private.point()).expect("its point");
        for hash in ["SHA-1", "SHA-256", "SHA-384", "SHA-512"].map(named) {
            let signature = curve.sign(&private, hash, b"data").expect("signed");
            assert_eq!(signature.len(), 2 * curve.length());
            assert_eq!(curve.verify(&public, hash, b"data", &signature), Ok(true));
            assert_eq!(curve.verify(&public, hash, b"other", &signature), Ok(false));
        }
    }
}

proptest::proptest! {
    /// Nothing that comes from outside makes the readers of keys panic.
    #[test]
    fn no_bytes_break_the_readers(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        form in 0..3,
    ) {
        for (name, details) in [
            (Name::RsaPss, Wishes::Rsa { hash: Hash::Sha256, bits: 0, exponent: Vec::new() }),
            (Name::Ecdsa, Wishes::Curve(Curve::P256)),
            (Name::Ed25519, Wishes::None),
            (Name::X25519, Wishes::None),
            (Name::AesGcm, Wishes::Aes { bits: 0 }),
        ] {
            let data = match form {
                0 => KeyData::Raw(bytes.clone()),
                1 => KeyData::Spki(bytes.clone()),
                _ => KeyData::Pkcs8(bytes.clone()),
            };
            let _ = read(&data, &Wanted { name, details }, true, Usages::default());
        }
    }
}
