//! The little of ASN.1 that keys need: taking PKCS#8 and SubjectPublicKeyInfo apart.

use x509_parser::asn1_rs::{FromDer as _, Integer, OctetString, Oid, Sequence};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::failure::Failure;

/// A public key: its algorithm, the parameters of that when they are an identifier, and the key's own bytes.
pub(super) struct PublicKey {
    pub(super) algorithm: String,
    pub(super) parameters: Option<String>,
    pub(super) key: Vec<u8>,
}

/// Reads a `SubjectPublicKeyInfo`.
pub(super) fn public_key(der: &[u8]) -> Result<PublicKey, Failure> {
    let unreadable = || Failure::data("the key is not a SubjectPublicKeyInfo in DER");
    let (rest, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| unreadable())?;
    if !rest.is_empty() {
        return Err(unreadable());
    }
    let parameters = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
    Ok(PublicKey {
        algorithm: info.algorithm.algorithm.to_id_string(),
        parameters: parameters.map(|identifier| identifier.to_id_string()),
        key: info.subject_public_key.data.to_vec(),
    })
}

/// Reads a `PrivateKeyInfo`: its algorithm, and the key's own bytes.
pub(super) fn private_key(der: &[u8]) -> Result<(String, Vec<u8>), Failure> {
    let read = || {
        let (rest, info) = Sequence::from_der(der).ok()?;
        let (content, _version) = Integer::from_der(&info.content).ok()?;
        let (content, algorithm) = Sequence::from_der(content).ok()?;
        let (_, identifier) = Oid::from_der(&algorithm.content).ok()?;
        let (_, key) = OctetString::from_der(content).ok()?;
        rest.is_empty().then(|| (identifier.to_id_string(), key.as_ref().to_vec()))
    };
    read().ok_or_else(|| Failure::data("the key is not a PrivateKeyInfo in DER"))
}

/// The bytes of an octet string.
pub(super) fn octets(der: &[u8]) -> Option<Vec<u8>> {
    OctetString::from_der(der).ok().map(|(_, octets)| octets.as_ref().to_vec())
}

/// The numbers of a sequence of integers, without the zeros that they begin with.
pub(super) fn numbers(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (_, sequence) = Sequence::from_der(der).ok()?;
    let mut rest: &[u8] = &sequence.content;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (after, number) = Integer::from_der(rest).ok()?;
        numbers.push(without_zeros(number.as_ref()).to_vec());
        rest = after;
    }
    Some(numbers)
}

/// A number without the zeros that it begins with.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}
