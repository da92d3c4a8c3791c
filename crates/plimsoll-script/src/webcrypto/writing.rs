//! Writing keys down: `exportKey`, and the first half of `wrapKey`.

use super::algorithm::{Details, Purpose};
use super::curve25519;
use super::failure::Failure;
use super::jwk::{Jwk, encode, name_of};
use super::key::{Key, Kind, Material};
use super::reading::Format;

/// A key that was written down.
pub(super) enum Written {
    Bytes(Vec<u8>),
    Jwk(Box<Jwk>),
}

impl Written {
    /// Its bytes; those of a JSON web key are its JSON text.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Written::Bytes(bytes) => bytes,
            Written::Jwk(jwk) => serde_json::to_vec(&jwk).expect("strings, lists and flags can be JSON"),
        }
    }
}

/// Writes a key down.
pub(super) fn write(format: Format, key: &Key) -> Result<Written, Failure> {
    let name = key.algorithm.name;
    if !name.serves(Purpose::Export) {
        return Err(Failure::not_supported(format!("keys of {} are never written down", name.text())));
    }
    if !key.extractable {
        return Err(Failure::access("the key is not extractable"));
    }
    let bytes = match format {
        Format::Jwk => return Ok(Written::Jwk(Box::new(jwk(key)))),
        Format::Raw => raw(key)?,
        Format::Spki => spki(key)?,
        Format::Pkcs8 => pkcs8(key)?,
    };
    Ok(Written::Bytes(bytes))
}

fn raw(key: &Key) -> Result<Vec<u8>, Failure> {
    match &key.material {
        Material::Secret(secret) => Ok(secret.clone()),
        Material::CurvePublic(public) => Ok(public.point.clone()),
        Material::Curve25519Public(public) => Ok(public.clone()),
        Material::RsaPublic(_) | Material::RsaPrivate(_) => Err(Format::Raw.unsupported(key.algorithm.name)),
        Material::CurvePrivate(_) | Material::Curve25519Private(_) => Err(key.wrong_kind("public")),
    }
}

fn spki(key: &Key) -> Result<Vec<u8>, Failure> {
    match &key.material {
        Material::RsaPublic(public) => public.to_spki(),
        Material::CurvePublic(public) => public.to_spki(),
        Material::Curve25519Public(public) => Ok(key.algorithm.name.curve25519().to_spki(public)),
        Material::Secret(_) => Err(Format::Spki.unsupported(key.algorithm.name)),
        _ => Err(key.wrong_kind("public")),
    }
}

fn pkcs8(key: &Key) -> Result<Vec<u8>, Failure> {
    match &key.material {
        Material::RsaPrivate(private) => Ok(private.pkcs8().to_vec()),
        Material::CurvePrivate(private) => private.to_pkcs8(),
        Material::Curve25519Private(private) => Ok(key.algorithm.name.curve25519().to_pkcs8(private)),
        Material::Secret(_) => Err(Format::Pkcs8.unsupported(key.algorithm.name)),
        _ => Err(key.wrong_kind("private")),
    }
}

fn jwk(key: &Key) -> Jwk {
    let operations = key.usages.names().into_iter().map(str::to_owned).collect();
    let mut jwk = Jwk {
        key_ops: Some(operations),
        ext: Some(key.extractable),
        alg: name_of(&key.algorithm),
        ..Jwk::default()
    };
    let is_private = key.material.kind() == Kind::Private;
    match &key.material {
        Material::Secret(secret) => {
            jwk.kty = Some("oct".to_owned());
            jwk.k = encode(secret);
        }
        Material::RsaPublic(public) => rsa(&mut jwk, &[public.modulus(), public.exponent()]),
        Material::RsaPrivate(private) => {
            rsa(&mut jwk, &private.numbers.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        Material::CurvePublic(public) => curve(&mut jwk, &key.algorithm.details, &public.point),
        Material::CurvePrivate(private) => {
            curve(&mut jwk, &key.algorithm.details, private.point());
            jwk.d = encode(&private.scalar);
        }
        Material::Curve25519Public(public) => curve25519(&mut jwk, key.algorithm.name.curve25519(), public),
        Material::Curve25519Private(private) => {
            curve25519(&mut jwk, key.algorithm.name.curve25519(), &private.public);
            jwk.d = encode(&private.seed);
        }
    }
    debug_assert_eq!(jwk.d.is_some(), is_private, "private keys, and they alone, have a 'd'");
    jwk
}

/// Sets n and e, and as far as they are given d, p, q, dp, dq and qi.
fn rsa(jwk: &mut Jwk, numbers: &[&[u8]]) {
    jwk.kty = Some("RSA".to_owned());
    let fields =
        [&mut jwk.n, &mut jwk.e, &mut jwk.d, &mut jwk.p, &mut jwk.q, &mut jwk.dp, &mut jwk.dq, &mut jwk.qi];
    for (field, number) in fields.into_iter().zip(numbers) {
        *field = encode(number);
    }
}

fn curve(jwk: &mut Jwk, details: &Details, point: &[u8]) {
    let Details::Curve(curve) = details else { return };
    let (x, y) = point[1..].split_at(curve.length());
    jwk.kty = Some("EC".to_owned());
    jwk.crv = Some(curve.name().to_owned());
    (jwk.x, jwk.y) = (encode(x), encode(y));
}

fn curve25519(jwk: &mut Jwk, usage: curve25519::Use, public: &[u8]) {
    jwk.kty = Some("OKP".to_owned());
    jwk.crv = Some(usage.name().to_owned());
    jwk.x = encode(public);
}
