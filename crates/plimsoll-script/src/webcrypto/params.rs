//! Reading what scripts pass: names of algorithms, their parameters, buffers, keys, usages.
//!
//! Follows the rules of Web IDL: a missing or wrong member is a `TypeError`; numbers that do not fit, too.

use std::sync::Arc;

use rquickjs::{Class, Coerced, Ctx, FromJs as _, Object, Value};

use super::algorithm::{Name, Purpose, Wanted, Wishes};
use super::curve::Curve;
use super::failure::{Failure, Rejection};
use super::hash::Hash;
use super::jwk::{self, Jwk};
use super::key::{CryptoKey, Key, Usages};
use super::operations::{Cipher, Derivation, Signing};
use super::reading::{Format, KeyData};
use crate::octets::Octets;

pub(super) type Read<T> = Result<T, Rejection>;

/// An algorithm as a script names it: a string, or an object with a `name` and more.
pub(super) struct Params<'js> {
    pub(super) name: String,
    object: Option<Object<'js>>,
    ctx: Ctx<'js>,
}

impl<'js> Params<'js> {
    pub(super) fn of(ctx: &Ctx<'js>, value: &Value<'js>) -> Read<Self> {
        let object = value.as_object().cloned();
        let name = match &object {
            Some(object) => object.get::<_, Value<'js>>("name")?,
            None => value.clone(),
        };
        if name.is_undefined() && object.is_some() {
            return Err(Failure::type_error("an algorithm is a name, or an object with a 'name'").into());
        }
        Ok(Params { name: text(ctx, name)?, object, ctx: ctx.clone() })
    }

    /// A member; `None` where it is undefined or missing.
    fn optional(&self, member: &str) -> Read<Option<Value<'js>>> {
        let Some(object) = &self.object else { return Ok(None) };
        Ok(Some(object.get::<_, Value<'js>>(member)?).filter(|value| !value.is_undefined()))
    }

    fn required(&self, member: &str) -> Read<Value<'js>> {
        let missing = || Failure::type_error(format!("{} needs '{member}'", self.name)).into();
        self.optional(member)?.ok_or_else(missing)
    }

    fn bytes(&self, member: &str) -> Read<Vec<u8>> {
        bytes(&self.ctx, &format!("'{member}'"), &self.required(member)?)
    }

    fn optional_bytes(&self, member: &str) -> Read<Option<Vec<u8>>> {
        self.optional(member)?.map(|value| bytes(&self.ctx, &format!("'{member}'"), &value)).transpose()
    }

    fn integer(&self, member: &str, most: u32) -> Read<u32> {
        integer(&self.ctx, member, self.required(member)?, most)
    }

    fn optional_integer(&self, member: &str, most: u32) -> Read<Option<u32>> {
        self.optional(member)?.map(|value| integer(&self.ctx, member, value, most)).transpose()
    }

    fn hash(&self) -> Read<Hash> {
        Ok(Hash::named(&Params::of(&self.ctx, &self.required("hash")?)?.name)?)
    }

    fn curve(&self) -> Read<Curve> {
        Ok(Curve::named(&text(&self.ctx, self.required("namedCurve")?)?)?)
    }

    pub(super) fn cipher(&self, purpose: Purpose) -> Read<Cipher> {
        Ok(match Name::named(&self.name, purpose)? {
            Name::AesCbc => Cipher::Cbc { iv: self.bytes("iv")? },
            Name::AesCtr => {
                Cipher::Ctr { counter: self.bytes("counter")?, bits: self.integer("length", 255)? }
            }
            Name::AesGcm => Cipher::Gcm {
                iv: self.bytes("iv")?,
                additional: self.optional_bytes("additionalData")?.unwrap_or_default(),
                tag_bits: self.optional_integer("tagLength", 255)?.unwrap_or(128),
            },
            Name::AesKw => Cipher::Kw,
            _ => Cipher::Oaep { label: self.optional_bytes("label")?.unwrap_or_default() },
        })
    }

    pub(super) fn signing(&self) -> Read<Signing> {
        Ok(match Name::named(&self.name, Purpose::Sign)? {
            Name::Hmac => Signing::Hmac,
            Name::RsaPss => Signing::Pss { salt: self.integer("saltLength", u32::MAX)? },
            Name::RsaPkcs1 => Signing::Pkcs1,
            Name::Ecdsa => Signing::Ecdsa { hash: self.hash()? },
            _ => Signing::Ed25519,
        })
    }

    pub(super) fn derivation(&self) -> Read<Derivation> {
        Ok(match Name::named(&self.name, Purpose::Derive)? {
            name @ (Name::Ecdh | Name::X25519) => {
                Derivation::Agreement { name, public: key("'public'", &self.required("public")?)? }
            }
            Name::Pbkdf2 => Derivation::Pbkdf2 {
                hash: self.hash()?,
                salt: self.bytes("salt")?,
                iterations: self.integer("iterations", u32::MAX)?,
            },
            _ => {
                Derivation::Hkdf { hash: self.hash()?, salt: self.bytes("salt")?, info: self.bytes("info")? }
            }
        })
    }

    /// Which key is to be made, read, or derived.
    pub(super) fn wanted(&self, purpose: Purpose) -> Read<Wanted> {
        let name = Name::named(&self.name, purpose)?;
        let is_import = purpose == Purpose::Import;
        let details = match name {
            // What is imported says itself how long it is.
            _ if name.is_aes() && is_import => Wishes::Aes { bits: 0 },
            _ if name.is_aes() => Wishes::Aes { bits: self.integer("length", u16::MAX.into())? },
            Name::Hmac => {
                Wishes::Hmac { hash: self.hash()?, bits: self.optional_integer("length", u32::MAX)? }
            }
            _ if name.is_rsa() && is_import => {
                Wishes::Rsa { hash: self.hash()?, bits: 0, exponent: Vec::new() }
            }
            _ if name.is_rsa() => Wishes::Rsa {
                hash: self.hash()?,
                bits: self.integer("modulusLength", u32::MAX)?,
                exponent: self.bytes("publicExponent")?,
            },
            Name::Ecdsa | Name::Ecdh => Wishes::Curve(self.curve()?),
            _ => Wishes::None,
        };
        Ok(Wanted { name, details })
    }
}

fn text<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Read<String> {
    Ok(Coerced::<String>::from_js(ctx, value)?.0)
}

/// A copy of the bytes of a buffer or a view.
pub(super) fn bytes<'js>(ctx: &Ctx<'js>, what: &str, value: &Value<'js>) -> Read<Vec<u8>> {
    let octets = Octets::of_buffer(ctx, value).ok_or_else(|| {
        let given = value.type_name();
        Failure::type_error(format!("{what} must be an ArrayBuffer or a view of one, not {given}"))
    })?;
    Ok(octets.as_slice().to_vec())
}

/// A whole number from 0 on.
fn integer<'js>(ctx: &Ctx<'js>, what: &str, value: Value<'js>, most: u32) -> Read<u32> {
    let number = Coerced::<f64>::from_js(ctx, value)?.0.trunc();
    if (0.0..=f64::from(most)).contains(&number) {
        return Ok(number as u32);
    }
    Err(Failure::type_error(format!("'{what}' must be a number from 0 to {most}, not {number}")).into())
}

/// A number of bits as Web IDL reads it where no range is enforced: what is none counts as 0.
pub(super) fn bits<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Read<u32> {
    let number = Coerced::<f64>::from_js(ctx, value)?.0.trunc().rem_euclid(f64::from(u32::MAX) + 1.0);
    Ok(number as u32)
}

/// The key that a `CryptoKey` guards.
pub(super) fn key(what: &str, value: &Value<'_>) -> Read<Arc<Key>> {
    let class = value.as_object().and_then(Class::<CryptoKey>::from_object).ok_or_else(|| {
        Failure::type_error(format!("{what} must be a CryptoKey, not {}", value.type_name()))
    })?;
    let key = Arc::clone(&class.borrow().0);
    Ok(key)
}

/// The usages that a list names.
pub(super) fn usages<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Read<Usages> {
    let list = value.as_array().cloned();
    let list = list.ok_or_else(|| {
        Failure::type_error(format!("the usages must be an array of strings, not {}", value.type_name()))
    })?;
    let mut usages = Usages::default();
    for name in list.iter::<Value<'js>>() {
        let name = text(ctx, name?)?;
        let unknown = || Failure::type_error(format!("'{name}' is not a usage of keys"));
        usages = usages.with(Usages::named(&name).ok_or_else(unknown)?);
    }
    Ok(usages)
}

/// The name of a form of keys.
pub(super) fn format<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Read<Format> {
    Ok(Format::named(&text(ctx, value.clone())?)?)
}

/// Key data: an object for JSON web keys, bytes for the other forms.
pub(super) fn key_data<'js>(ctx: &Ctx<'js>, format: Format, value: &Value<'js>) -> Read<KeyData> {
    if format != Format::Jwk {
        return Ok(KeyData::of(format, bytes(ctx, "the key data", value)?)?);
    }
    let object = value.as_object().filter(|_| Octets::of_buffer(ctx, value).is_none()).ok_or_else(|| {
        Failure::type_error(format!("a JSON web key is an object, not {}", value.type_name()))
    })?;
    Ok(KeyData::Jwk(Box::new(read_jwk(ctx, object)?)))
}

fn read_jwk<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> Read<Jwk> {
    let member = |name: &str| -> Read<Option<Value<'js>>> {
        Ok(Some(object.get::<_, Value<'js>>(name)?).filter(|value| !value.is_undefined()))
    };
    let mut fields = serde_json::Map::new();
    for name in jwk::TEXTS {
        if let Some(value) = member(name)? {
            fields.insert(name.to_owned(), text(ctx, value)?.into());
        }
    }
    if let Some(value) = member("ext")? {
        fields.insert("ext".to_owned(), Coerced::<bool>::from_js(ctx, value)?.0.into());
    }
    if member("oth")?.is_some() {
        fields.insert("oth".to_owned(), true.into());
    }
    if let Some(value) = member("key_ops")? {
        let list = value.as_array().cloned();
        let list = list.ok_or_else(|| Failure::type_error("a JWK's 'key_ops' is an array"))?;
        let names = list.iter::<Value<'js>>().map(|name| text(ctx, name?));
        fields.insert("key_ops".to_owned(), names.collect::<Read<Vec<String>>>()?.into());
    }
    let jwk = serde_json::from_value(fields.into());
    Ok(jwk.map_err(|error| Failure::data(format!("the JWK cannot be read: {error}")))?)
}
