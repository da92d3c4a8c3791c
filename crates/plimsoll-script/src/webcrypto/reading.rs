//! Reading keys that come from elsewhere: `importKey`, and the second half of `unwrapKey`.

use super::algorithm::{Algorithm, Details, Name, Wanted, Wishes, aes_bits};
use super::curve::Curve;
use super::failure::Failure;
use super::jwk::{Jwk, decode};
use super::key::{Key, Kind, Material, Usages};
use super::making::{check_usages, cut, no_usages, secret_details};
use super::rsa;

/// Forms of key data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Raw,
    Spki,
    Pkcs8,
    Jwk,
}

impl Format {
    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        match name {
            "raw" => Ok(Format::Raw),
            "spki" => Ok(Format::Spki),
            "pkcs8" => Ok(Format::Pkcs8),
            "jwk" => Ok(Format::Jwk),
            _ => {
                Err(Failure::type_error(format!("the format must be raw, spki, pkcs8 or jwk, not '{name}'")))
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Spki => "spki",
            Format::Pkcs8 => "pkcs8",
            Format::Jwk => "jwk",
        }
    }

    /// What is said of keys that do not have the form.
    pub(super) fn unsupported(self, name: Name) -> Failure {
        Failure::not_supported(format!("keys of {} are not written as '{}'", name.text(), self.name()))
    }
}

/// Key data in one of the forms.
pub(super) enum KeyData {
    Raw(Vec<u8>),
    Spki(Vec<u8>),
    Pkcs8(Vec<u8>),
    Jwk(Box<Jwk>),
}

impl KeyData {
    /// Bytes in a form.
    pub(super) fn of(format: Format, bytes: Vec<u8>) -> Result<Self, Failure> {
        Ok(match format {
            Format::Raw => KeyData::Raw(bytes),
            Format::Spki => KeyData::Spki(bytes),
            Format::Pkcs8 => KeyData::Pkcs8(bytes),
            Format::Jwk => KeyData::Jwk(Box::new(Jwk::parse(&bytes)?)),
        })
    }

    fn format(&self) -> Format {
        match self {
            KeyData::Raw(_) => Format::Raw,
            KeyData::Spki(_) => Format::Spki,
            KeyData::Pkcs8(_) => Format::Pkcs8,
            KeyData::Jwk(_) => Format::Jwk,
        }
    }

    /// The kind of key that the data hold.
    fn kind(&self, name: Name) -> Kind {
        match self {
            _ if name.is_aes() || matches!(name, Name::Hmac | Name::Pbkdf2 | Name::Hkdf) => Kind::Secret,
            KeyData::Pkcs8(_) => Kind::Private,
            KeyData::Jwk(jwk) if jwk.d.is_some() => Kind::Private,
            _ => Kind::Public,
        }
    }
}

/// Reads a key.
pub(super) fn read(
    data: &KeyData,
    wanted: &Wanted,
    extractable: bool,
    usages: Usages,
) -> Result<Key, Failure> {
    let name = wanted.name;
    let kind = data.kind(name);
    check_usages(name, usages, Usages::possible(name, kind))?;
    if extractable && matches!(name, Name::Pbkdf2 | Name::Hkdf) {
        return Err(Failure::syntax(format!("keys of {} are never extractable", name.text())));
    }
    if let KeyData::Jwk(jwk) = data {
        let kty = match &wanted.details {
            Wishes::Rsa { .. } => "RSA",
            Wishes::Curve(_) => "EC",
            _ if kind == Kind::Secret => "oct",
            _ => "OKP",
        };
        jwk.check(kty, name, extractable, usages)?;
    }
    let (material, details) = match &wanted.details {
        Wishes::Rsa { hash, .. } => {
            let (material, bits, exponent) = read_rsa(data, name)?;
            (material, Details::Rsa { hash: *hash, bits, exponent })
        }
        Wishes::Curve(curve) => (read_curve(data, name, *curve)?, Details::Curve(*curve)),
        _ if kind == Kind::Secret => read_secret(data, wanted)?,
        _ => (read_curve25519(data, name)?, Details::None),
    };
    let algorithm = Algorithm { name, details };
    if let KeyData::Jwk(jwk) = data {
        jwk.check_algorithm(&algorithm)?;
    }
    if usages.is_empty() && kind != Kind::Public {
        return Err(no_usages());
    }
    Ok(Key { algorithm, extractable, usages, material })
}

fn read_secret(data: &KeyData, wanted: &Wanted) -> Result<(Material, Details), Failure> {
    let mut secret = match data {
        KeyData::Raw(secret) => secret.clone(),
        KeyData::Jwk(jwk) if !matches!(wanted.name, Name::Pbkdf2 | Name::Hkdf) => {
            decode("k", jwk.k.as_ref())?
        }
        _ => return Err(data.format().unsupported(wanted.name)),
    };
    let bits = u32::try_from(secret.len() as u64 * 8)
        .map_err(|_| Failure::data("a secret of more than half a gigabyte"))?;
    let bits = match &wanted.details {
        Wishes::Aes { .. } => aes_bits(bits).map_err(|failure| Failure::data(failure.message))?,
        Wishes::Hmac { bits: wish, .. } => hmac_bits(bits, *wish)?,
        _ => bits,
    };
    cut(&mut secret, bits);
    Ok((Material::Secret(secret), secret_details(wanted, bits)))
}

/// The bits of an HMAC key: all, or a few less.
fn hmac_bits(bits: u32, wish: Option<u32>) -> Result<u32, Failure> {
    if bits == 0 {
        return Err(Failure::data("an HMAC key is not empty"));
    }
    match wish {
        Some(wish) if wish > bits || wish + 8 <= bits => {
            Err(Failure::data(format!("a key of {bits} bits cannot be one of {wish}")))
        }
        wish => Ok(wish.unwrap_or(bits)),
    }
}

fn read_rsa(data: &KeyData, name: Name) -> Result<(Material, u32, Vec<u8>), Failure> {
    let decrypts = name == Name::RsaOaep;
    let private = match data {
        KeyData::Raw(_) => return Err(data.format().unsupported(name)),
        KeyData::Pkcs8(pkcs8) => rsa::Private::from_pkcs8(pkcs8, decrypts)?,
        KeyData::Jwk(jwk) if jwk.d.is_some() => rsa::Private::from_numbers(&rsa_numbers(jwk)?, decrypts)?,
        KeyData::Spki(spki) => return Ok(public_rsa(rsa::Public::from_spki(spki)?)),
        KeyData::Jwk(jwk) => {
            let (n, e) = (decode("n", jwk.n.as_ref())?, decode("e", jwk.e.as_ref())?);
            return Ok(public_rsa(rsa::Public::new(&n, &e)?));
        }
    };
    let (bits, exponent) = (private.bits(), private.exponent().to_vec());
    Ok((Material::RsaPrivate(private), bits, exponent))
}

fn public_rsa(public: rsa::Public) -> (Material, u32, Vec<u8>) {
    let (bits, exponent) = (public.bits(), public.exponent().to_vec());
    (Material::RsaPublic(public), bits, exponent)
}

fn rsa_numbers(jwk: &Jwk) -> Result<[Vec<u8>; 8], Failure> {
    if jwk.oth.is_some() {
        return Err(Failure::not_supported("RSA keys with more than two primes ('oth') are not supported"));
    }
    let number = |name, field: &Option<String>| decode(name, field.as_ref());
    Ok([
        number("n", &jwk.n)?,
        number("e", &jwk.e)?,
        number("d", &jwk.d)?,
        number("p", &jwk.p)?,
        number("q", &jwk.q)?,
        number("dp", &jwk.dp)?,
        number("dq", &jwk.dq)?,
        number("qi", &jwk.qi)?,
    ])
}

fn read_curve(data: &KeyData, name: Name, curve: Curve) -> Result<Material, Failure> {
    let jwk = match data {
        KeyData::Raw(point) => return Ok(Material::CurvePublic(curve.public_from_point(point)?)),
        KeyData::Spki(spki) => return Ok(Material::CurvePublic(curve.public_from_spki(spki)?)),
        KeyData::Pkcs8(pkcs8) => return Ok(Material::CurvePrivate(curve.private_from_pkcs8(pkcs8)?)),
        KeyData::Jwk(jwk) => jwk,
    };
    jwk.check_curve(curve.name())?;
    let (x, y) = (decode("x", jwk.x.as_ref())?, decode("y", jwk.y.as_ref())?);
    if x.len() != curve.length() || y.len() != curve.length() {
        let message = format!("coordinates on {} have {} bytes each", curve.name(), curve.length());
        return Err(Failure::data(message));
    }
    jwk.check_algorithm(&Algorithm { name, details: Details::Curve(curve) })?;
    let point = [&[4], x.as_slice(), &y].concat();
    if jwk.d.is_none() {
        return Ok(Material::CurvePublic(curve.public_from_point(&point)?));
    }
    let scalar = decode("d", jwk.d.as_ref())?;
    Ok(Material::CurvePrivate(curve.private_from_parts(&scalar, &point)?))
}

fn read_curve25519(data: &KeyData, name: Name) -> Result<Material, Failure> {
    let curve = name.curve25519();
    let jwk = match data {
        KeyData::Raw(key) => return Ok(Material::Curve25519Public(curve.public(key)?)),
        KeyData::Spki(spki) => return Ok(Material::Curve25519Public(curve.public_from_spki(spki)?)),
        KeyData::Pkcs8(pkcs8) => return Ok(Material::Curve25519Private(curve.private_from_pkcs8(pkcs8)?)),
        KeyData::Jwk(jwk) => jwk,
    };
    jwk.check_curve(curve.name())?;
    let public = curve.public(&decode("x", jwk.x.as_ref())?)?;
    if jwk.d.is_none() {
        return Ok(Material::Curve25519Public(public));
    }
    let private = curve.private(&decode("d", jwk.d.as_ref())?)?;
    if private.public != public {
        return Err(Failure::data("the JWK's 'x' is not the public key of its 'd'"));
    }
    Ok(Material::Curve25519Private(private))
}
