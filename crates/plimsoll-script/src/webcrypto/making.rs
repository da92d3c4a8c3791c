//! Making keys: `generateKey`.

use super::algorithm::{Algorithm, Details, Name, Wanted, Wishes};
use super::failure::Failure;
use super::key::{Key, Kind, Material, Usages};
use super::{curve25519, random, rsa};

/// One key, or two.
pub(super) enum Made {
    Secret(Key),
    Pair { public: Key, private: Key },
}

/// Makes keys.
pub(super) fn make(wanted: &Wanted, extractable: bool, usages: Usages) -> Result<Made, Failure> {
    if let Some(bits) = wanted.key_bits()? {
        let mut secret = random::bytes(bits.div_ceil(8) as usize)?;
        cut(&mut secret, bits);
        let algorithm = Algorithm { name: wanted.name, details: secret_details(wanted, bits) };
        return Ok(Made::Secret(Key { algorithm, extractable, usages, material: Material::Secret(secret) }));
    }
    let (public, private, details) = pair(wanted)?;
    let key = |material: Material, extractable| Key {
        algorithm: Algorithm { name: wanted.name, details: details.clone() },
        extractable,
        usages: usages.common(Usages::possible(wanted.name, material.kind())),
        material,
    };
    Ok(Made::Pair { public: key(public, true), private: key(private, extractable) })
}

/// That the usages are some that the keys can have.
pub(super) fn check(wanted: &Wanted, usages: Usages) -> Result<(), Failure> {
    let is_secret = matches!(wanted.details, Wishes::Aes { .. } | Wishes::Hmac { .. });
    let possible = if is_secret {
        Usages::possible(wanted.name, Kind::Secret)
    } else {
        let private = Usages::possible(wanted.name, Kind::Private);
        private.with(Usages::possible(wanted.name, Kind::Public))
    };
    check_usages(wanted.name, usages, possible)?;
    let used = if is_secret { usages } else { usages.common(Usages::possible(wanted.name, Kind::Private)) };
    if let Wishes::Rsa { bits, exponent, .. } = &wanted.details {
        rsa::key_size(*bits, exponent)?;
    }
    wanted.key_bits()?;
    if used.is_empty() { Err(no_usages()) } else { Ok(()) }
}

/// That all usages are among the possible ones.
pub(super) fn check_usages(name: Name, usages: Usages, possible: Usages) -> Result<(), Failure> {
    if possible.contains(usages) {
        return Ok(());
    }
    let (given, possible) = (usages.names().join(", "), possible.names().join(", "));
    let name = name.text();
    Err(Failure::syntax(format!("a key of {name} like this has usages among [{possible}], not [{given}]")))
}

pub(super) fn no_usages() -> Failure {
    Failure::syntax("a secret or private key that is used for nothing: its usages are empty")
}

/// What a secret of that many bits says of itself.
pub(super) fn secret_details(wanted: &Wanted, bits: u32) -> Details {
    match &wanted.details {
        Wishes::Aes { .. } => Details::Aes { bits },
        Wishes::Hmac { hash, .. } => Details::Hmac { hash: *hash, bits },
        _ => Details::None,
    }
}

/// Sets the bits of the last byte to zero that are more than `bits` in all.
pub(super) fn cut(bytes: &mut Vec<u8>, bits: u32) {
    bytes.truncate(bits.div_ceil(8) as usize);
    if let Some(last) = bytes.last_mut().filter(|_| !bits.is_multiple_of(8)) {
        *last &= 0xFF << (8 - bits % 8);
    }
}

fn pair(wanted: &Wanted) -> Result<(Material, Material, Details), Failure> {
    match &wanted.details {
        Wishes::Rsa { hash, bits, exponent } => {
            let private = rsa::Private::generate(*bits, exponent, wanted.name == Name::RsaOaep)?;
            let public = private.public()?;
            let details =
                Details::Rsa { hash: *hash, bits: public.bits(), exponent: public.exponent().to_vec() };
            Ok((Material::RsaPublic(public), Material::RsaPrivate(private), details))
        }
        Wishes::Curve(curve) => {
            let private = curve.generate()?;
            let public = curve.public_from_point(private.point())?;
            let details = Details::Curve(*curve);
            Ok((Material::CurvePublic(public), Material::CurvePrivate(private), details))
        }
        _ => {
            let private: curve25519::Private = wanted.name.curve25519().generate()?;
            let public = Material::Curve25519Public(private.public.clone());
            Ok((public, Material::Curve25519Private(private), Details::None))
        }
    }
}
